// Sends what waits, exactly once and in order for each conversation, however often the connection breaks.
import { PytalkError, type ErrorCode } from '../protocol/errors.js';
import type { LogEvent } from '../protocol/shapes.js';
import { tryLock, type Lock } from './lock.js';
import type { OutboxStore, Waiting } from './outbox-store.js';
import type { Timers } from './timers.js';

/** Messages on their way at once. */
const maxInFlight = 64;
/** How often to look whether another process of this home has put something in, or has gone. */
const pollMs = 1000;
const retryMs = 1000;

/** What passes: the same message may be taken later. Everything else is refused for good. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'disconnected',
  'timeout',
  'offline',
  'unreachable',
  'closed',
  'stopping',
  'disk-full',
  'storage-failed',
  'rate-limited',
  'server-full',
  'too-many-transfers',
  'too-slow',
  'not-logged-in',
  'session-ended',
  'account-disabled',
]);

export interface OutboxParts {
  store: OutboxStore;
  lockPath: string;
  timers: Timers;
  isOnline(): boolean;
  /** Makes a message ready: its file goes to the server. Gives its conversation, at once when nothing has to be done. */
  prepare(message: Waiting): Promise<number> | number;
  /** Stores it; the same message again is stored once. */
  send(message: Waiting, conv: number): Promise<LogEvent>;
  /** It is stored: resolves when the copy has it. */
  onStored(message: Waiting, event: LogEvent): Promise<void>;
  onRefused(message: Waiting): void;
  /** The server has no such conversation: returns whether `prepare` can find another one for this message. */
  isOpenedAnew(message: Waiting, conv: number): boolean;
}

/** The messages of one conversation, in order. */
interface Lane {
  messages: Waiting[];
  /** How many from the front are on their way. */
  sent: number;
  /** A message could not be sent: nothing more goes before what is on its way has come back. */
  stalled: boolean;
  preparing: boolean;
}

/**
 * One process of a home at a time sends (a lock file says which); others put their messages into the file, and the
 * sender finds them there. Should two ever send, nothing is stored twice: the server knows each id.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #lanes = new Map<string, Lane>();
  /** Ids in the lanes. */
  readonly #known = new Set<string>();
  /** Messages this process put in while another one sends. */
  readonly #handedOver = new Map<string, Waiting>();
  #lock: Lock | null = null;
  #inFlight = 0;
  /** How many may be on their way: fewer after a loss, one after a rate limit, one more with each that passes. */
  #window = maxInFlight;
  #version = -1;
  #stopPoll: () => void = () => undefined;
  #stopRetry: (() => void) | null = null;
  #polling: Promise<void> | null = null;
  #waiters: (() => void)[] = [];
  #closed = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Takes the lock, if it is free, and what waits. */
  async open(): Promise<void> {
    await this.#look();
    this.#schedulePoll();
  }

  get store(): OutboxStore {
    return this.#parts.store;
  }

  /** Resolves once the message is on disk. */
  async add(message: Waiting): Promise<void> {
    await this.store.add(message);
    if (this.#closed) return;
    if (this.#lock) {
      this.#enqueue(message);
      this.#pump();
    } else {
      this.#handedOver.set(message.id, message);
    }
  }

  /** Sends a refused message once more. */
  async retry(message: Waiting): Promise<void> {
    await this.store.retry(message.id);
    const again = { ...message, error: null };
    if (this.#lock) this.#enqueue(again);
    else this.#handedOver.set(message.id, again);
    this.#pump();
  }

  /** Takes a message out, unless it is on its way: then nothing is done. */
  async discard(id: string): Promise<boolean> {
    for (const lane of this.#lanes.values()) {
      const index = lane.messages.findIndex((message) => message.id === id);
      if (index < 0) continue;
      if (index < lane.sent || (index === 0 && lane.preparing)) return false;
      lane.messages.splice(index, 1);
      this.#known.delete(id);
    }
    this.#handedOver.delete(id);
    this.store.remove(id);
    await this.store.flushed();
    this.#settled();
    return true;
  }

  /** What the server's numbers mean has changed: whom waiting messages are for is found out again by name. */
  async forgetIds(): Promise<void> {
    for (const { messages } of this.#lanes.values()) {
      for (const message of messages) if (message.lane.startsWith('@')) message.conv = message.peer = null;
    }
    await this.store.forgetIds();
  }

  /** The connection is up: everything that was on its way and not answered goes again. */
  online(): void {
    this.#pump();
  }

  /** Resolves when nothing waits. */
  async drained(): Promise<void> {
    while (!this.#closed && (await this.store.count()) > 0) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopPoll();
    this.#stopRetry?.();
    await this.#polling;
    this.#settled();
    await this.store.close();
    await this.#lock?.release();
    this.#lock = null;
  }

  #schedulePoll(): void {
    this.#stopPoll = this.#parts.timers.after(pollMs, () => {
      if (this.#closed) return;
      this.#polling = this.#look()
        .catch(() => undefined)
        .finally(() => {
          this.#polling = null;
          if (!this.#closed) this.#schedulePoll();
        });
    });
  }

  /** Looks for messages of other processes, or takes over from one that has gone. */
  async #look(): Promise<void> {
    const owned = this.#lock !== null;
    this.#lock ??= await tryLock(this.#parts.lockPath);
    const version = await this.store.version();
    if (version === this.#version && owned === (this.#lock !== null)) return;
    this.#version = version;
    if (this.#lock) {
      for (const message of await this.store.toSend()) this.#enqueue(message);
      this.#handedOver.clear();
      this.#pump();
    } else {
      await this.#checkHandedOver();
    }
    this.#settled();
  }

  /** What another process has sent for this one, or was refused. */
  async #checkHandedOver(): Promise<void> {
    for (const [id, message] of this.#handedOver) {
      const now = await this.store.get(id);
      if (now?.error === null) continue;
      this.#handedOver.delete(id);
      // The copy gets the event from the server like any other: nothing is left to do for one that was stored.
      if (now) this.#parts.onRefused({ ...message, error: now.error });
    }
  }

  #enqueue(message: Waiting): void {
    if (this.#known.has(message.id)) return;
    this.#known.add(message.id);
    const lane = this.#lanes.get(message.lane);
    if (lane) lane.messages.push(message);
    else this.#lanes.set(message.lane, { messages: [message], sent: 0, stalled: false, preparing: false });
  }

  #pump(): void {
    if (this.#closed || !this.#lock || !this.#parts.isOnline()) return;
    for (const lane of this.#lanes.values()) {
      while (!lane.stalled && !lane.preparing && this.#inFlight < this.#window) {
        const message = lane.messages[lane.sent];
        if (!message) break;
        this.#start(lane, message);
      }
    }
  }

  #start(lane: Lane, message: Waiting): void {
    const ready = this.#parts.prepare(message);
    if (typeof ready === 'number') {
      lane.sent++;
      this.#inFlight++;
      void this.#send(lane, message, ready);
      return;
    }
    lane.preparing = true;
    void ready.then(
      (conv) => {
        lane.preparing = false;
        lane.sent++;
        this.#inFlight++;
        void this.#send(lane, message, conv);
        this.#pump();
      },
      (error: unknown) => {
        lane.preparing = false;
        lane.sent++;
        this.#inFlight++;
        void this.#sendFailed(lane, message, error);
      },
    );
  }

  async #send(lane: Lane, message: Waiting, conv: number): Promise<void> {
    let event: LogEvent;
    try {
      event = await this.#parts.send(message, conv);
    } catch (error) {
      const isGone = error instanceof PytalkError && error.code === 'conversation-not-found';
      if (isGone && this.#parts.isOpenedAnew(message, conv)) {
        for (const one of lane.messages) if (one.conv === conv) one.conv = null;
        this.#stall(lane, error);
      } else await this.#sendFailed(lane, message, error);
      return;
    }
    this.#window = Math.min(maxInFlight, this.#window + 1);
    this.#leave(lane, message);
    await this.#parts.onStored(message, event);
    this.store.remove(message.id);
    await this.store.flushed();
    this.#known.delete(message.id);
    this.#settled();
  }

  async #sendFailed(lane: Lane, message: Waiting, cause: unknown): Promise<void> {
    const error = cause instanceof PytalkError ? cause : new PytalkError('internal', { cause });
    if (passing.has(error.code)) {
      this.#stall(lane, error);
      return;
    }
    const refusal = { code: error.code, message: error.message };
    await this.store.fail(message.id, refusal).catch(() => undefined);
    this.#leave(lane, message);
    this.#known.delete(message.id);
    this.#parts.onRefused({ ...message, error: refusal });
    this.#settled();
  }

  /** The message is not of the lane any more; the next may go. */
  #leave(lane: Lane, message: Waiting): void {
    const index = lane.messages.indexOf(message);
    if (index >= 0) lane.messages.splice(index, 1);
    this.#back(lane);
  }

  #stall(lane: Lane, error: PytalkError): void {
    lane.stalled = true;
    // A line that breaks under many gets some of them through; many that fail together halve it often.
    this.#window = error.code === 'rate-limited' ? 1 : Math.max(1, Math.floor(this.#window / 2));
    this.#back(lane);
    this.#stopRetry ??= this.#parts.timers.after(error.retryAfterMs ?? retryMs, () => {
      this.#stopRetry = null;
      this.#pump();
    });
  }

  /** One less on its way. A stalled lane begins again from its front once all have come back. */
  #back(lane: Lane): void {
    this.#inFlight--;
    lane.sent--;
    if (lane.stalled && lane.sent === 0) lane.stalled = false;
    // With a retry to come, that one begins; without, it has passed while messages were still on their way.
    if (!lane.stalled && !this.#stopRetry) this.#pump();
  }

  #settled(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

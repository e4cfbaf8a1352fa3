// Appending an event to a conversation's log: who may, exactly once, in the order in which it came.
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import type { RequestBody } from '../protocol/messages.js';
import type { Item } from './committer.js';
import { presentMember, type ConversationState } from './conversation-state.js';
import { Later, type Awaiting } from './handler.js';
import type { Hub } from './hub.js';
import { StorageError, type Membership, type StoredEvent, type Unit, type Write } from './storage/storage.js';

export interface Stored {
  seq: number;
  at: number;
}

/** One event on its way to the disk. */
class EventItem extends Later<Stored> implements Item {
  readonly eventId: string;
  readonly #hub: Hub;
  readonly #state: ConversationState;
  readonly #event: StoredEvent;
  readonly #more: readonly Write[];
  #awaiting: Awaiting<Stored> | null = null;

  constructor(hub: Hub, state: ConversationState, event: StoredEvent, more: readonly Write[]) {
    super();
    this.eventId = event.id;
    this.#hub = hub;
    this.#state = state;
    this.#event = event;
    this.#more = more;
    state.busy++;
  }

  tell(awaiting: Awaiting<Stored>): void {
    this.#awaiting = awaiting;
  }

  /** Whoever has left or was removed since the request came must not appear in the log after that. */
  refusal(): PytalkError | null {
    return presentMember(this.#state, this.#event.from) ? null : new PytalkError('not-in-group');
  }

  build(): Unit {
    this.#event.seq = ++this.#state.givenSeq;
    this.#event.at = this.#hub.now();
    const write: Write = { do: 'event', event: this.#event };
    return this.#more.length === 0 ? [write] : [write, ...this.#more];
  }

  undo(): void {
    this.#state.givenSeq--;
  }

  done(): void {
    this.#state.busy--;
    this.#hub.stored(this.#state, this.#event);
    this.#awaiting?.done({ seq: this.#event.seq, at: this.#event.at });
  }

  failed(error: Error): void {
    this.#state.busy--;
    const awaiting = this.#awaiting;
    if (!awaiting) return;
    if (!(error instanceof StorageError && error.reason === 'constraint')) {
      awaiting.failed(error);
      return;
    }
    storedBefore(this.#hub, this.#event).then(
      (stored) => awaiting.done(stored),
      (reason: unknown) => awaiting.failed(reason),
    );
  }
}

type SendBody = RequestBody<'event.send'>;

/** Admissions of one sender that wait for a look-up: what comes after them must not overtake. */
const admitting = new WeakMap<Sender, Promise<unknown>>();

/** Whoever sends: one connection. */
export interface Sender {
  readonly userId: number;
}

/**
 * Appends an event, in the order in which the sender's events came. Rejects with PytalkError; an id that is
 * stored already gets its first answer.
 */
export function sendEvent(hub: Hub, sender: Sender, body: SendBody): Promise<Stored> | Later<Stored> {
  const user = sender.userId;
  checkSize(body);
  const state = hub.loaded(body.conv);
  const before = admitting.get(sender);
  if (
    state &&
    !before &&
    body.files === undefined &&
    body.erase === undefined &&
    maySendAtOnce(state, user)
  ) {
    return append(hub, state, user, body, []);
  }
  const admitted = (before ?? Promise.resolve()).then(() => admit(hub, user, body));
  const stored = admitted.then(
    (ready) =>
      new Promise<Stored>((done, failed) => {
        append(hub, ready.state, user, body, ready.more).tell({ done, failed });
      }),
  );
  const settled: Promise<void> = admitted.then(
    () => forget(sender, settled),
    () => forget(sender, settled),
  );
  admitting.set(sender, settled);
  return stored;
}

function forget(sender: Sender, settled: Promise<void>): void {
  if (admitting.get(sender) === settled) admitting.delete(sender);
}

/** True when nothing has to be looked up: the way of nearly every message. */
function maySendAtOnce(state: ConversationState, user: number): boolean {
  return presentMember(state, user) !== null && (state.row.kind === 'group' || state.blocked === false);
}

function append(
  hub: Hub,
  state: ConversationState,
  user: number,
  body: SendBody,
  more: readonly Write[],
): EventItem {
  const event: StoredEvent = {
    conv: state.row.id,
    seq: 0,
    id: body.id,
    from: user,
    at: 0,
    class: body.class ?? 'message',
    target: body.target ?? null,
    files: body.files ?? [],
    payload: body.payload,
  };
  const item = new EventItem(hub, state, event, more);
  hub.committer.add(item);
  return item;
}

function checkSize(body: SendBody): void {
  const bytes = body.payload.length > limits.maxPayloadBytes / 3 ? Buffer.byteLength(body.payload) : 0;
  if (bytes > limits.maxPayloadBytes) {
    throw new PytalkError('invalid', {
      details: { field: 'payload', reason: `over ${limits.maxPayloadBytes} bytes` },
    });
  }
  if (body.class === 'update' && body.target === undefined) {
    throw new PytalkError('invalid', { details: { field: 'target', reason: 'an update has a target' } });
  }
}

interface Admitted {
  state: ConversationState;
  /** Writes that go with the event. */
  more: Write[];
}

/** Checks what must be looked up. */
async function admit(hub: Hub, user: number, body: SendBody): Promise<Admitted> {
  const { state, member } = await hub.presentIn(body.conv, user);
  state.busy++; // the conversation stays in memory until the event is on its way
  try {
    await checkPeer(hub, state, user);
    for (const file of body.files ?? []) {
      if (!(await hub.storage.mayFetch(user, file))) throw new PytalkError('file-not-found');
    }
    return { state, more: body.erase === true ? await checkErasure(hub, state, member, body) : [] };
  } finally {
    state.busy--;
  }
}

/** Rejects unless the other one of a direct conversation can be written to. */
async function checkPeer(hub: Hub, state: ConversationState, user: number): Promise<void> {
  if (state.row.kind !== 'direct') return;
  const peer = [...state.members.keys()].find((id) => id !== user) ?? 0;
  const blocked = await hub.isBlocked(state);
  const account = await hub.storage.account(peer);
  const details = { name: account?.username ?? '' };
  if (blocked) throw new PytalkError('blocked', { details });
  if (!account || account.deleted) throw new PytalkError('user-not-found', { details });
}

/** The writes that erase the target, if this member may. */
async function checkErasure(
  hub: Hub,
  state: ConversationState,
  member: Membership,
  { id: by, class: eventClass, target: id }: SendBody,
): Promise<Write[]> {
  if (id === undefined || eventClass !== 'update') {
    throw new PytalkError('invalid', {
      details: { field: 'erase', reason: 'only an update of a target erases' },
    });
  }
  const target = await hub.storage.eventById(id);
  if (target?.conv !== state.row.id || target.class !== 'message' || target.seq < member.firstSeq) {
    throw new PytalkError('message-not-found', { details: { id } });
  }
  if (target.from !== member.user && !(state.row.kind === 'group' && member.admin))
    throw new PytalkError('not-yours');
  return [{ do: 'erase', conv: state.row.id, target: id, by }];
}

/** The answer that an event got when it was stored the first time. */
async function storedBefore(hub: Hub, { id, from, conv }: StoredEvent): Promise<Stored> {
  const event = await hub.storage.eventById(id);
  if (!event) throw new PytalkError('storage-failed', { details: { reason: 'it was refused' } });
  if (event.from === from && event.conv === conv) return { seq: event.seq, at: event.at };
  throw new PytalkError('id-taken');
}

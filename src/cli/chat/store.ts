// Holds the state and decides when it is drawn: at once for keys, at most 10 times a second for what comes from the network.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Action } from './actions.js';
import { reduce } from './reduce.js';
import type { ChatState } from './state.js';

/** A drawing costs about 20 ms of CPU: a busy group must not take the whole machine. */
const drawEveryMs = 100;

interface Painter {
  draw(state: ChatState): void;
  /** Does most of the work of drawing this state, a few milliseconds at a time. */
  prepare(state: ChatState): Iterable<void>;
}

/** Whether nothing but what is being written is another. */
function isOnlyWriting(before: ChatState, after: ChatState): boolean {
  return (Object.keys(after) as (keyof ChatState)[]).every(
    (key) => key === 'composers' || before[key] === after[key],
  );
}

export class Store {
  private drawTimer: NodeJS.Timeout | undefined;
  private lastQuietDrawMs = 0;
  private isPreparing = false;
  /** Of drawings that show all: one that was overtaken while it was prepared is given up. */
  private turn = 0;
  /** What the screen shows. */
  private shown: ChatState | null = null;
  private isStopped = false;

  constructor(
    private current: ChatState,
    private readonly painter: Painter,
    private readonly now: () => number,
  ) {}

  get state(): ChatState {
    return this.current;
  }

  /** Draws for the first time, if nothing has been drawn yet. */
  begin(): void {
    if (this.shown === null) this.drawNow();
  }

  /** Changes the state; the screen follows soon, once there has been a first drawing. */
  dispatch(action: Action): void {
    const next = reduce(this.current, action);
    if (next === this.current) return;
    this.current = next;
    this.drawSoon();
  }

  /** Draws what has changed now. */
  drawNow(): void {
    this.turn++;
    this.cancel();
    this.show(this.current);
  }

  /**
   * Draws what keys have changed since `before`, now. A letter is shown beside what is on the screen: what has come from the
   * network meanwhile follows when it is its turn.
   */
  drawKeys(before: ChatState): void {
    if (this.shown === null || !isOnlyWriting(before, this.current)) this.drawNow();
    else {
      this.show({ ...this.shown, composers: this.current.composers });
      if (!this.isBehind()) this.cancel();
    }
  }

  /** After this nothing is drawn any more. */
  stop(): void {
    this.isStopped = true;
    this.turn++;
    this.cancel();
  }

  private show(state: ChatState): void {
    if (this.isStopped) return;
    this.shown = state;
    this.painter.draw(state);
  }

  private drawSoon(): void {
    if (this.shown === null || this.drawTimer !== undefined || this.isPreparing || this.isStopped) return;
    const waitMs = Math.max(0, this.lastQuietDrawMs + drawEveryMs - this.now());
    this.drawTimer = setTimeout(() => {
      this.drawTimer = undefined;
      void this.drawQuietly();
    }, waitMs);
  }

  /** Keys are looked at in between. */
  private async drawQuietly(): Promise<void> {
    const state = this.current;
    const turn = ++this.turn;
    this.lastQuietDrawMs = this.now();
    this.isPreparing = true;
    for (const _ of this.painter.prepare(state)) {
      await nextTurn();
      if (this.turn !== turn) break;
    }
    this.isPreparing = false;
    if (this.turn === turn) this.show({ ...state, composers: this.current.composers });
    if (this.isBehind()) this.drawSoon();
  }

  /** Whether the screen does not show all that is known. */
  private isBehind(): boolean {
    const { shown, current } = this;
    return shown?.composers !== current.composers || !isOnlyWriting(shown, current);
  }

  private cancel(): void {
    if (this.drawTimer !== undefined) clearTimeout(this.drawTimer);
    this.drawTimer = undefined;
  }
}

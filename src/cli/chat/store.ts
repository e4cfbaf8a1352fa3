// Holds the state and decides when it is drawn: at once for keys, at most 10 times a second for what comes from the network.
import type { Action } from './actions.js';
import { reduce } from './reduce.js';
import type { ChatState } from './state.js';

/** A drawing costs about 20 ms of CPU: a busy group must not take the whole machine. */
const drawEveryMs = 100;

export class Store {
  private drawTimer: NodeJS.Timeout | undefined;
  private lastQuietDrawMs = 0;
  private isStopped = false;

  constructor(
    private current: ChatState,
    private readonly draw: (state: ChatState) => void,
    private readonly now: () => number,
  ) {}

  get state(): ChatState {
    return this.current;
  }

  /** Changes the state; the screen follows soon. */
  dispatch(action: Action): void {
    const next = reduce(this.current, action);
    if (next === this.current) return;
    this.current = next;
    this.drawSoon();
  }

  /** Draws what has changed now: after a key. */
  drawNow(): void {
    this.cancel();
    if (!this.isStopped) this.draw(this.current);
  }

  /** After this nothing is drawn any more. */
  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  private drawSoon(): void {
    if (this.drawTimer !== undefined || this.isStopped) return;
    const waitMs = Math.max(0, this.lastQuietDrawMs + drawEveryMs - this.now());
    this.drawTimer = setTimeout(() => {
      this.lastQuietDrawMs = this.now();
      this.drawNow();
    }, waitMs);
  }

  private cancel(): void {
    if (this.drawTimer !== undefined) clearTimeout(this.drawTimer);
    this.drawTimer = undefined;
  }
}

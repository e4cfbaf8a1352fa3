// Which pictures of a screen are worth sending: a few a second, and one that stands still now and then; pure, the time is passed in.

/** Pictures a second. */
export const maxScreenFps = 8;
/** One that has not changed is sent again after this, for whoever has come or has missed it. */
const refreshMs = 1_000;
/** Sources are not quite even. */
const slackMs = 15;

export class ScreenPace {
  #last: { jpeg: Buffer; atMs: number } | null = null;

  takes(jpeg: Buffer, nowMs: number): boolean {
    if (!this.#last) return true;
    const sinceMs = nowMs - this.#last.atMs + slackMs;
    if (sinceMs < 1000 / maxScreenFps) return false;
    return sinceMs >= refreshMs || !jpeg.equals(this.#last.jpeg);
  }

  /** It went out. */
  sent(jpeg: Buffer, nowMs: number): void {
    this.#last = { jpeg, atMs: nowMs };
  }
}

// Tells the others whether this side shows a second picture, until they know it: also when the connection was lost meanwhile.
import type { Call } from '../../client/call-api.js';

export class ScreenTeller {
  readonly #call: Pick<Call, 'self' | 'set'>;
  #told = false;
  #isTelling = false;
  /** Whether there is one. */
  shows = false;

  constructor(call: Pick<Call, 'self' | 'set'>) {
    this.#call = call;
  }

  /** Says what was not said yet; what cannot be said now is said the next time. */
  tell(): void {
    const { shows } = this;
    if (shows === this.#told || this.#isTelling || this.#call.self === null) return;
    this.#isTelling = true;
    const over = (isTold: boolean): void => {
      this.#isTelling = false;
      if (!isTold) return;
      this.#told = shows;
      this.tell();
    };
    this.#call.set({ screen: shows }).then(
      () => over(true),
      () => over(false),
    );
  }
}

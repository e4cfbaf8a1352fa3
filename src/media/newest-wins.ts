// Works on one thing at a time; of those that come meanwhile only the newest waits.

export class NewestWins<T extends object> {
  /** Must not reject. */
  readonly #work: (item: T) => Promise<void>;
  #isBusy = false;
  #waiting: T | null = null;

  constructor(work: (item: T) => Promise<void>) {
    this.#work = work;
  }

  /** Takes the place of what waits; returns whether something did. */
  push(item: T): boolean {
    const isInPlace = this.#waiting !== null;
    this.#waiting = item;
    if (!this.#isBusy) void this.#run();
    return isInPlace;
  }

  /** Gives up what waits. */
  clear(): void {
    this.#waiting = null;
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#waiting; next; next = this.#waiting) {
      this.#waiting = null;
      await this.#work(next);
    }
    this.#isBusy = false;
  }
}

// The last values of a series, also in order of size: what changes by one value at a time need not be sorted anew.

export class SortedWindow {
  readonly #size: number;
  /** In order of time, the newest last. */
  readonly #values: number[] = [];
  readonly #sorted: number[] = [];

  /** Keeps so many. */
  constructor(size: number) {
    this.#size = size;
  }

  push(value: number): void {
    const oldest = this.#values.length === this.#size ? this.#values.shift() : undefined;
    if (oldest !== undefined) this.#sorted.splice(this.#placeOf(oldest), 1);
    this.#values.push(value);
    this.#sorted.splice(this.#placeOf(value), 0, value);
  }

  /** The value above which a share of 1 - `share` is; undefined when there is none. 0 is the least. */
  at(share: number): number | undefined {
    return this.#sorted[Math.floor((this.#sorted.length - 1) * share)];
  }

  /** The least of the last `count`; Infinity when there is none. */
  leastOfLast(count: number): number {
    return Math.min(...this.#values.slice(-count));
  }

  /** Where the first value is that is not less than this one. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? Infinity) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

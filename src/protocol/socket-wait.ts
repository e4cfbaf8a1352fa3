// How long what was given to a stream socket has been waiting there, told by the socket's own word that it has taken each piece.

export class SocketWait {
  readonly #now: () => number;
  /** When the pieces that the socket still holds came, oldest first. */
  readonly #held: number[] = [];

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes a piece that came at `since` and goes to the socket now; to be called when the socket has taken it, or has closed. */
  held(since: number): () => void {
    this.#held.push(since);
    // The socket takes them in order.
    return () => void this.#held.shift();
  }

  /** How long the oldest piece has been waiting, in milliseconds; 0 when none does. */
  get ms(): number {
    const [oldest] = this.#held;
    return oldest === undefined ? 0 : Math.max(0, this.#now() - oldest);
  }
}

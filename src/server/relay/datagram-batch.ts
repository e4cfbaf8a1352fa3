// Datagrams on their way between two threads: packed into one piece of memory that is handed over, not copied.

/** Datagrams with the participants whose chat connections they come from or go to. */
export interface DatagramBatch {
  readonly usernames: readonly string[];
  /** Where each datagram ends in `bytes`; it begins where the one before it ends. */
  readonly ends: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Gathers what is sent in one turn of the event loop. */
export class Batcher {
  readonly #post: (batch: DatagramBatch) => void;
  #waiting: { username: string; bytes: Uint8Array }[] = [];

  /** `post` hands a batch over; its memory is no longer ours then. */
  constructor(post: (batch: DatagramBatch) => void) {
    this.#post = post;
  }

  /** Takes a datagram; its bytes must not change before the turn ends. */
  add(bytes: Uint8Array, username: string): void {
    this.#waiting.push({ username, bytes });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const total = waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const bytes = new Uint8Array(total);
    const ends: number[] = [];
    let pos = 0;
    for (const one of waiting) {
      bytes.set(one.bytes, pos);
      pos += one.bytes.length;
      ends.push(pos);
    }
    this.#post({ usernames: waiting.map(({ username }) => username), ends, bytes });
  }
}

/** Hands each datagram of a batch to `take`, in order. */
export function unpack(batch: DatagramBatch, take: (bytes: Buffer, username: string) => void): void {
  const all = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
  let start = 0;
  for (const [at, end] of batch.ends.entries()) {
    take(all.subarray(start, end), batch.usernames[at] ?? '');
    start = end;
  }
}

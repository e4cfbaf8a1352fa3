// Puts one picture together from its RTP/JPEG fragments (RFC 2435); complete only when no byte is missing.
import type { JpegFragment } from '../../protocol/rtp-jpeg.js';

/** More than any picture of 2040 by 2040 pixels has: a sender cannot make us keep more. */
const maxFrameBytes = 8 * 1024 * 1024;
const maxFragments = 8192;

export class FrameAssembly {
  readonly #fragments = new Map<number, JpegFragment>();
  #bytes = 0;
  #first: number | null = null;
  #last: number | null = null;
  lowest = Infinity;
  highest = -Infinity;
  captureTimeMs: number | null = null;
  /** When its newest fragment came, in milliseconds. */
  newestMs: number;

  constructor(
    /** RTP timestamp. */
    readonly timestamp: number,
    /** When its first fragment came, in milliseconds. */
    readonly sinceMs: number,
  ) {
    this.newestMs = sinceMs;
  }

  /** Sequence number (with rounds) of the first packet; null while it is not here. */
  get first(): number | null {
    return this.#first;
  }

  get last(): number | null {
    return this.#last;
  }

  get isComplete(): boolean {
    if (this.#first === null || this.#last === null) return false;
    return this.#fragments.size === this.#last - this.#first + 1;
  }

  /** Takes a fragment by its packet's number; `isLast` is the RTP marker. False when the picture is too large. */
  add(extended: number, fragment: JpegFragment, isLast: boolean): boolean {
    if (this.#fragments.has(extended)) return true;
    this.#bytes += fragment.data.length;
    if (this.#bytes > maxFrameBytes || this.#fragments.size >= maxFragments) return false;
    this.#fragments.set(extended, fragment);
    this.lowest = Math.min(this.lowest, extended);
    this.highest = Math.max(this.highest, extended);
    if (fragment.offset === 0) this.#first = extended;
    if (isLast) this.#last = extended;
    return true;
  }

  /** The first fragment, which carries the tables, and all scan bytes; null when the fragments do not fit together. */
  join(): { head: JpegFragment; scan: Buffer } | null {
    const first = this.#first;
    const head = first === null ? undefined : this.#fragments.get(first);
    if (first === null || !head || !this.isComplete) return null;
    const parts: Buffer[] = [];
    let offset = 0;
    for (let extended = first; extended <= (this.#last ?? first); extended++) {
      const fragment = this.#fragments.get(extended);
      const fits =
        fragment?.offset === offset && fragment.width === head.width && fragment.height === head.height;
      if (!fits) return null;
      parts.push(fragment.data);
      offset += fragment.data.length;
    }
    return { head, scan: Buffer.concat(parts, offset) };
  }
}

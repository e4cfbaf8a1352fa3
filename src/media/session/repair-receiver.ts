// Keeps what came of one stream and of its repair packets (RFC 8627), and works out what was lost as soon as that can be done.
import type { Repair } from '../../protocol/flexfec.js';
import { protectedBy, recover } from '../../protocol/parity-code.js';
import { sequenceOf } from '../../protocol/rtp.js';

/** Packets kept: about a second of pictures. */
const slots = 1024;
/** Blocks that lack something, and repair packets of one: a sender cannot make us keep more. */
const maxBlocks = 48;
const maxRepairs = 16;
/** Numbers come again after a while: an old block must not be taken for a new one. */
const blockLifeMs = 2_000;
/** Offsets that a mask reaches. */
const maxOffset = 109;

interface Block {
  sinceMs: number;
  repairs: Repair[];
  /** All that its repair packets protect. */
  sequences: Set<number>;
}

export class RepairReceiver {
  readonly #ssrc: number;
  readonly #packets = new Array<Buffer | null>(slots).fill(null);
  /** By base, the oldest first. */
  readonly #blocks = new Map<number, Block>();
  #lastMs = -Infinity;

  /** `ssrc`: of the stream that is protected. */
  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  /** When the last repair packet came. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Takes an RTP packet of the stream; returns those that can be worked out now. */
  packet(rtp: Buffer, nowMs: number): Buffer[] {
    const sequence = sequenceOf(rtp);
    this.#packets[sequence % slots] = rtp;
    this.#dropOld(nowMs);
    for (const [base, block] of this.#blocks) {
      if (((sequence - base) & 0xffff) <= maxOffset && block.sequences.has(sequence)) {
        return this.#solve(base, block);
      }
    }
    return [];
  }

  /** Takes a repair packet; returns what can be worked out now. */
  repair(repair: Repair, nowMs: number): Buffer[] {
    this.#lastMs = nowMs;
    this.#dropOld(nowMs);
    let block = this.#blocks.get(repair.base);
    if (!block) {
      block = { sinceMs: nowMs, repairs: [], sequences: new Set() };
      this.#blocks.set(repair.base, block);
      const [oldest] = this.#blocks.keys();
      if (this.#blocks.size > maxBlocks && oldest !== undefined) this.#blocks.delete(oldest);
    }
    if (block.repairs.length >= maxRepairs) return [];
    block.repairs.push(repair);
    for (const sequence of protectedBy(repair)) block.sequences.add(sequence);
    return this.#solve(repair.base, block);
  }

  #dropOld(nowMs: number): void {
    for (const [base, { sinceMs }] of this.#blocks) {
      if (nowMs - sinceMs < blockLifeMs) return;
      this.#blocks.delete(base);
    }
  }

  #solve(base: number, { repairs, sequences }: Block): Buffer[] {
    const lost = [...sequences].filter((sequence) => !this.#find(sequence));
    if (lost.length > repairs.length) return [];
    const recovered = recover(repairs, (sequence) => this.#find(sequence), this.#ssrc);
    for (const rtp of recovered) this.#packets[sequenceOf(rtp) % slots] = rtp;
    if (recovered.length === lost.length) this.#blocks.delete(base);
    return recovered;
  }

  #find(sequence: number): Buffer | null {
    const rtp = this.#packets[sequence % slots] ?? null;
    return rtp && sequenceOf(rtp) === sequence ? rtp : null;
  }
}

// Which packets each repair packet of a block protects, and how lost ones are worked out of them again; pure.
import { addBytes, addPacket, packetOf, parityOf, type Repair } from './flexfec.js';
import { sequenceOf } from './rtp.js';

/** Packets protected together: their masks stay short, and the search for a good code too. */
export const maxBlockPackets = 20;
export const maxBlockRepairs = 8;

/** By number of repair packets: for each protected packet in turn, the repair packets that hold it, as bits. */
const codes = new Map<number, number[]>();

function ones(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}

/**
 * Chosen one after the other so that as many packets as possible may be lost, whichever they are: among the codes of at most three
 * packets, the lightest word is as heavy as can be (a greedy code, after Gilbert and Varshamov).
 */
function codeOf(repairs: number): number[] {
  const known = codes.get(repairs);
  if (known) return known;
  const code: number[] = [];
  /** Sums of at most two packets of the code, with how many they are. */
  const sums: { bits: number; terms: number }[] = [{ bits: 0, terms: 0 }];
  /** How many packets each repair packet holds. */
  const load = new Array<number>(repairs).fill(0);
  while (code.length < maxBlockPackets) {
    let best = { bits: 1, weight: -1, load: Infinity };
    for (let bits = 1; bits < 1 << repairs; bits++) {
      let weight = Infinity;
      for (const sum of sums) {
        weight = Math.min(weight, 1 + sum.terms + ones(bits ^ sum.bits));
        if (weight < best.weight) break;
      }
      const held = load.reduce((total, one, at) => total + (bits & (1 << at) ? one + 1 : 0), 0);
      if (weight > best.weight || (weight === best.weight && held < best.load)) {
        best = { bits, weight, load: held };
      }
    }
    for (const { bits, terms } of [...sums]) {
      if (terms < 2) sums.push({ bits: bits ^ best.bits, terms: terms + 1 });
    }
    code.push(best.bits);
    for (const [at, one] of load.entries()) if (best.bits & (1 << at)) load[at] = one + 1;
  }
  codes.set(repairs, code);
  return code;
}

/** So many repair packets for at most `maxBlockPackets` RTP packets of one stream, in order. */
export function protect(packets: readonly Buffer[], repairs: number): Repair[] {
  const [first] = packets;
  if (!first) return [];
  const base = sequenceOf(first);
  const code = codeOf(Math.min(repairs, maxBlockRepairs)).slice(0, packets.length);
  return Array.from({ length: Math.min(repairs, maxBlockRepairs) }, (_, row): Repair => {
    const held = packets.filter((_packet, at) => (code[at] ?? 0) & (1 << row));
    // A block of few packets may leave one without any: then it holds the first, as a copy.
    const all = held.length === 0 ? [first] : held;
    return {
      base,
      offsets: all.map((packet) => (sequenceOf(packet) - base) & 0xffff),
      parity: parityOf(all),
    };
  });
}

/** Sequence numbers that a repair packet protects. */
export function protectedBy({ base, offsets }: Repair): number[] {
  return offsets.map((offset) => (base + offset) & 0xffff);
}

interface Equation {
  /** Packets that are not here, by number. */
  lost: Set<number>;
  parity: Buffer;
}

/**
 * Works out lost packets of the stream `ssrc` by elimination (Gauss and Jordan). `packet` gives one that is here. Repairs that do not
 * fit together give nothing, or what the caller must judge like any packet that came.
 */
export function recover(
  repairs: readonly Repair[],
  packet: (sequence: number) => Buffer | null,
  ssrc: number,
): Buffer[] {
  const equations = repairs.flatMap((repair) => equationOf(repair, packet) ?? []);
  const solved: Equation[] = [];
  for (const equation of equations) {
    for (const one of solved) if (equation.lost.has(pivotOf(one))) subtract(equation, one);
    if (equation.lost.size === 0) continue;
    const pivot = pivotOf(equation);
    for (const one of solved) if (one.lost.has(pivot)) subtract(one, equation);
    solved.push(equation);
  }
  return solved.flatMap((one) =>
    one.lost.size === 1 ? (packetOf(one.parity, pivotOf(one), ssrc) ?? []) : [],
  );
}

/** The packet that this equation stands for: none of the others that are solved holds it. */
function pivotOf({ lost }: Equation): number {
  const [pivot = -1] = lost;
  return pivot;
}

function equationOf(repair: Repair, packet: (sequence: number) => Buffer | null): Equation | null {
  const parity = Buffer.from(repair.parity);
  const lost = new Set<number>();
  for (const sequence of protectedBy(repair)) {
    const here = packet(sequence);
    if (!here) lost.add(sequence);
    else if (!addPacket(parity, here)) return null;
  }
  return lost.size === 0 ? null : { lost, parity };
}

function subtract(from: Equation, other: Equation): void {
  for (const sequence of other.lost) {
    if (!from.lost.delete(sequence)) from.lost.add(sequence);
  }
  const length = Math.max(from.parity.length, other.parity.length);
  if (from.parity.length < length) from.parity = Buffer.concat([from.parity], length);
  addBytes(from.parity, 0, other.parity);
}

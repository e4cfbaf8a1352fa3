// Which pictures are sent and how: untouched while the way carries them, else fewer, then smaller; pure, the time is passed in.

/** What counts more in pictures: how many, or how good they are. */
interface Taste {
  /** Pictures a second at 130 kbit/s; few good ones say more than many bad ones. */
  readonly fps: number;
  readonly minFps: number;
  /** Untouched pictures are sent, if need be fewer, down to this share of their rate; up again only from a higher one. */
  readonly passFrom: number;
  readonly passDownTo: number;
}

export const tastes = {
  /** 6 at 130 kbit/s, 13 at 500 kbit/s, 31 at 2 Mbit/s. */
  camera: { fps: 6, minFps: 7, passFrom: 0.6, passDownTo: 0.5 },
  /** Text must be readable and moves little. Fewer would take longer on their way than a receiver waits. */
  screen: { fps: 2.5, minFps: 2.5, passFrom: 0.4, passDownTo: 0.3 },
} as const satisfies Record<string, Taste>;
const fpsAt = { bps: 130_000, power: 0.6 };
/** Sides are divided by one of these. */
const largestDivisor = 6;
export const divisors = [1, 1.5, 2, 3, 4, largestDivisor] as const;
/** JPEG wants about so many bits a pixel; for a larger picture than the last some more, so that it does not flicker between the two. */
const bitsPerPixel = 0.7;
const bitsPerPixelUp = 1;
const qualities = { least: 12, first: 45, most: 85 };
/** What may be sent at once after a rest. */
const creditMs = 150;
/** A share of new values in what is remembered. */
const share = 0.15;

export interface Encoding {
  /** Sides are divided by this. */
  readonly divisor: number;
  /** Of JPEG, 1 to 100. */
  readonly quality: number;
}

export class QualityControl {
  #budgetBps: number | null = null;
  #creditBits = 0;
  #lastMs: number | null = null;
  #native = { bytes: 0, fps: 0 };
  #divisor: number | null = null;
  #quality = qualities.first;
  readonly #taste: Taste;

  constructor(taste: Taste = tastes.camera) {
    this.#taste = taste;
  }

  /** Bits a second for pictures; null for as many as the camera gives. */
  setBudget(bps: number | null): void {
    this.#budgetBps = bps;
    if (bps === null) this.#divisor = null;
  }

  /** What to do with a picture of the camera: 'pass' it untouched, 'skip' it, or encode it anew. */
  decide(frame: { bytes: number; width: number; height: number }, nowMs: number): 'pass' | 'skip' | Encoding {
    const sinceMs = this.#lastMs === null ? 33 : nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#learn(frame.bytes, sinceMs);
    const budget = this.#budgetBps;
    if (budget === null) return 'pass';
    this.#creditBits = Math.min((budget * creditMs) / 1000, this.#creditBits + (budget * sinceMs) / 1000);
    this.#choose(budget, frame);
    if (this.#creditBits < 0) return 'skip';
    return this.#divisor === null ? 'pass' : { divisor: this.#divisor, quality: Math.round(this.#quality) };
  }

  /** A picture went out: with so many bytes on the wire, encoded like this. */
  sent(bytes: number, encoding: Encoding | null): void {
    const budget = this.#budgetBps;
    if (budget === null) return;
    this.#creditBits -= bytes * 8;
    if (!encoding) return;
    const aimBytes = this.#aimBytes(budget);
    const change = Math.min(1.2, Math.max(0.75, Math.sqrt(aimBytes / Math.max(1, bytes))));
    this.#quality = Math.min(qualities.most, Math.max(qualities.least, this.#quality * change));
  }

  #learn(bytes: number, sinceMs: number): void {
    const native = this.#native;
    const fps = 1000 / Math.min(1000, Math.max(5, sinceMs));
    native.bytes = native.bytes === 0 ? bytes : native.bytes + (bytes - native.bytes) * share;
    native.fps = native.fps === 0 ? fps : native.fps + (fps - native.fps) * share;
  }

  #aimBytes(budget: number): number {
    const { fps: fpsThere, minFps } = this.#taste;
    const wanted = fpsThere * (budget / fpsAt.bps) ** fpsAt.power;
    const fps = Math.min(this.#native.fps, Math.max(minFps, wanted));
    return budget / 8 / fps;
  }

  #choose(budget: number, { width, height }: { width: number; height: number }): void {
    const covered = budget / (this.#native.bytes * 8 * this.#native.fps);
    const { passFrom, passDownTo } = this.#taste;
    if (covered >= (this.#divisor === null ? passDownTo : passFrom)) {
      this.#divisor = null;
      return;
    }
    const before = this.#divisor;
    const bits = this.#aimBytes(budget) * 8;
    const fits = (divisor: number): boolean => {
      const pixels = (width * height) / divisor ** 2;
      if (before === null || divisor >= before) return bits / pixels >= bitsPerPixel;
      // Or when the smaller picture cannot be any better.
      return bits / pixels >= (this.#quality >= qualities.most ? bitsPerPixel : bitsPerPixelUp);
    };
    this.#divisor = divisors.find(fits) ?? largestDivisor;
    if (this.#divisor !== before) this.#quality = qualities.first;
  }
}

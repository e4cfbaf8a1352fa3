// Brings together what a camera has handed out and what was shown of it, on the one clock of this process.
import type { Handing } from './clock-camera.js';
import type { ShownPicture } from './picture-sink.js';

export interface PictureFigures {
  /** From the moment a picture existed to its last packet, in milliseconds, of each picture that was shown. */
  latenciesMs: number[];
  /** Of the pictures that were handed out, 0 to 1. */
  shownShare: number;
  /** Of the pictures that were shown, those that were encoded anew, 0 to 1. */
  anewShare: number;
}

/** The figures of the pictures handed out in a stretch of time. Throws when one was shown twice or out of order. */
export function pictureFigures(
  handings: readonly Handing[],
  shown: readonly ShownPicture[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): PictureFigures {
  const latenciesMs: number[] = [];
  let anew = 0;
  let before = -1;
  for (const { number, atMs, isUntouched } of shown) {
    // The newest handing of this number: they come round again only after seconds.
    const at = handings.findLastIndex((one) => one.number === number && one.atMs <= atMs);
    const handing = handings[at];
    if (!handing) throw new Error(`picture ${number} was shown before it was handed out`);
    if (at <= before) throw new Error(`picture ${at} was shown after picture ${before}`);
    before = at;
    if (handing.atMs < fromMs || handing.atMs >= toMs) continue;
    latenciesMs.push(atMs - handing.atMs);
    if (!isUntouched) anew++;
  }
  const count = handings.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
  return {
    latenciesMs,
    shownShare: latenciesMs.length / count,
    anewShare: latenciesMs.length === 0 ? 0 : anew / latenciesMs.length,
  };
}

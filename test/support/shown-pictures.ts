// Pictures in a virtual call: small ones at an even pace, when they come to a side, and for how long none did.
import sharp from 'sharp';
import type { VirtualCall, VirtualSide } from './virtual-call.js';

export const pictureEveryMs = 66;
/** A picture of a few packets: what happens to many is the same. */
const small = await sharp({
  create: {
    width: 640,
    height: 480,
    channels: 3,
    background: '#888',
    noise: { type: 'gaussian', mean: 128, sigma: 3 },
  },
})
  .jpeg({ quality: 40, chromaSubsampling: '4:2:0', optimiseCoding: false })
  .toBuffer();

/** All send pictures for so long. */
export function show(call: VirtualCall, forMs: number): void {
  call.show(new Array<Buffer>(Math.round(forMs / pictureEveryMs)).fill(small), pictureEveryMs);
}

/** When pictures come to a side, from now on. */
export function watch({ time }: VirtualCall, { frames }: VirtualSide): number[] {
  const times: number[] = [];
  const push = frames.push.bind(frames);
  frames.push = (...more) => {
    times.push(...more.map(() => time.now()));
    return push(...more);
  };
  return times;
}

/** The longest time without a picture within a stretch, in milliseconds. */
export function longestGapMs(times: readonly number[], fromMs: number, toMs: number): number {
  const within = [fromMs, ...times.filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
  return Math.max(...within.map((atMs, at) => atMs - (within[at - 1] ?? fromMs)));
}

/** How much of the sound of another one was made up at a side, in milliseconds. */
export function concealedMs(side: VirtualSide, from: number): number {
  return side.session.stats().received.get(from)!.audio.concealedMs;
}

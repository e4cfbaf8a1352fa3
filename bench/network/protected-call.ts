// A call as PyTalk makes it, real media sessions and relay core, over a simulated network in virtual time.
import type { NetworkTraits } from '../../test/support/bad-network.js';
import { virtualCall, type SizedPicture, type VirtualSide } from '../../test/support/virtual-call.js';
import type { Seen } from './measure.js';

function received(side: VirtualSide) {
  const [figures] = side.session.stats().received.values();
  if (!figures) throw new Error('nobody is there');
  return figures;
}

/** Both directions for `settleMs`, then for `measureMs`, which is what was seen. One side is behind the network. */
export async function protectedCall(
  picture: SizedPicture,
  traits: NetworkTraits,
  seed: number,
  { settleMs, measureMs }: { settleMs: number; measureMs: number },
): Promise<Seen[]> {
  const call = await virtualCall(2, { traits: [traits], seed });
  const { counters } = call.sides[0]?.network ?? { counters: { passedBytes: NaN } };
  const stop = call.speak();
  call.adapt(picture, settleMs);
  const bytesBefore = counters.passedBytes;
  const before = call.sides.map((side) => {
    side.latencies.length = 0;
    return { frames: side.frames.length, concealedMs: received(side).audio.concealedMs };
  });
  call.adapt(picture, measureMs);
  stop();
  const bytes = (counters.passedBytes - bytesBefore) / call.sides.length;
  return call.sides.map((side, at) => ({
    frames: side.frames.length - (before[at]?.frames ?? 0),
    latenciesMs: side.latencies,
    bytes,
    concealedMs: received(side).audio.concealedMs - (before[at]?.concealedMs ?? 0),
  }));
}

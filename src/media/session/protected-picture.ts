// The packets of one picture as they go out: in blocks, each followed by the repair packets that protect it (RFC 8627).
import { encodeRepair, type Repair } from '../../protocol/flexfec.js';
import { payloadType } from '../../protocol/media-streams.js';
import { maxBlockPackets, protect } from '../../protocol/parity-code.js';
import type { OutPayload, OutStream } from './out-stream.js';

/** Numbers and seals a packet at the moment in which it is sent; none when there is nothing to send after all. */
export type Outgoing = (nowMs: number) => Buffer | null;

/** Cut evenly into blocks; `repairs` tells how many repair packets a block of so many gets. */
export function protectedPicture(
  payloads: readonly OutPayload[],
  streams: { video: OutStream; repair: OutStream },
  repairs: (packets: number) => number,
): Outgoing[] {
  const blocks = Math.ceil(payloads.length / maxBlockPackets);
  const outgoing: Outgoing[] = [];
  for (let block = 0; block < blocks; block++) {
    const from = Math.floor((block * payloads.length) / blocks);
    const to = Math.floor(((block + 1) * payloads.length) / blocks);
    outgoing.push(...protectedBlock(payloads.slice(from, to), streams, repairs(to - from)));
  }
  return outgoing;
}

function protectedBlock(
  payloads: readonly OutPayload[],
  { video, repair }: { video: OutStream; repair: OutStream },
  count: number,
): Outgoing[] {
  const sent: Buffer[] = [];
  let made: Repair[] | null = null;
  const timestamp = payloads[0]?.timestamp ?? 0;
  const parity = (at: number): Outgoing => {
    return (nowMs) => {
      // Not before: packets get their numbers when they are sent.
      made ??= protect(sent, count);
      const one = made[at];
      if (!one) return null;
      const packet = {
        payloadType: payloadType.flexfec,
        marker: false,
        timestamp,
        captureTimeMs: null,
        csrcs: [video.ssrc],
        payload: encodeRepair(one),
      };
      return repair.seal(packet, nowMs);
    };
  };
  return [
    ...payloads.map((payload): Outgoing => {
      return (nowMs) => video.seal(payload, nowMs, count > 0 ? sent : undefined);
    }),
    ...Array.from({ length: count }, (_, at) => parity(at)),
  ];
}

// One picture as the payloads of its RTP packets (RFC 2435), each short enough that no path splits it.
import { payloadType } from '../../protocol/media-streams.js';
import { repairOverheadBytes } from '../../protocol/flexfec.js';
import { packetiseJpeg, parseJpeg } from '../../protocol/rtp-jpeg.js';
import { srtpOverheadBytes } from '../../protocol/srtp.js';
import type { JpegFrame } from '../media.js';
import type { OutPayload } from './out-stream.js';

/** UDP payloads, so that no path splits them (IPv6 guarantees 1,280 bytes of packet). */
export const maxDatagramBytes = 1_200;
export const rtpHeaderBytes = 28;
const overheadBytes = rtpHeaderBytes + srtpOverheadBytes;

/** In order, with their bytes on the wire; null for a picture that RTP/JPEG cannot carry. */
export function picturePackets({
  jpeg,
  capturedAt,
}: JpegFrame): { payloads: OutPayload[]; bytes: number } | null {
  const parts = parseJpeg(jpeg);
  if (parts.problem !== null) return null;
  const timestamp = Math.round(capturedAt * 90) % 2 ** 32;
  const parcels = packetiseJpeg(parts, maxDatagramBytes - overheadBytes - repairOverheadBytes);
  const payloads = parcels.map((payload, at) => ({
    payloadType: payloadType.jpeg,
    marker: at === parcels.length - 1,
    timestamp,
    captureTimeMs: capturedAt,
    payload,
  }));
  return { payloads, bytes: parcels.reduce((sum, { length }) => sum + length + overheadBytes, 0) };
}

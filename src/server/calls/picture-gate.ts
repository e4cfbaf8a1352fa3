// What of a participant's media may still go into a connection that takes its data slowly: sound first, and pictures only whole, with their repair packets.
import { payloadType } from '../../protocol/media-streams.js';
import { datagramKind, ssrcOf } from '../../protocol/rtp.js';

/** A picture that would have to wait longer is left out: the next one is newer. */
const maxPictureWaitMs = 100;
/** The same for sound, reports, and the rest of a picture that has begun. */
const maxWaitMs = 300;
/** More streams than a call has are not told apart. */
const maxStreams = 256;

export class PictureGate {
  /** The picture that each stream sends now, by its RTP timestamp, and whether it goes on. */
  readonly #pictures = new Map<number, { timestamp: number; passes: boolean }>();

  /** Whether a datagram is to be sent, when what was sent before it waits for so long already. */
  passes(datagram: Buffer, waitMs: number): boolean {
    if (waitMs > maxWaitMs) {
      this.#breakOff(datagram);
      return false;
    }
    if (!isPicture(datagram)) return true;
    const ssrc = ssrcOf(datagram);
    const timestamp = datagram.readUInt32BE(4);
    const now = this.#pictures.get(ssrc);
    if (now?.timestamp === timestamp) return now.passes;
    if (!now && this.#pictures.size >= maxStreams) this.#pictures.clear();
    const passes = waitMs <= maxPictureWaitMs;
    this.#pictures.set(ssrc, { timestamp, passes });
    return passes;
  }

  /** The rest of a picture without this packet would be of no use. */
  #breakOff(datagram: Buffer): void {
    if (!isPicture(datagram)) return;
    const picture = this.#pictures.get(ssrcOf(datagram));
    if (picture?.timestamp === datagram.readUInt32BE(4)) picture.passes = false;
  }
}

function isPicture(datagram: Buffer): boolean {
  const type = (datagram[1] ?? 0) & 0x7f;
  const isOne = type === payloadType.jpeg || type === payloadType.flexfec;
  return isOne && datagram.length >= 12 && datagramKind(datagram) === 'rtp';
}

// One stream of this side's pictures on its way out: cut into packets, protected, paced, numbered when they go, and counted.
import { repairOverheadBytes } from '../../protocol/flexfec.js';
import { payloadType } from '../../protocol/media-streams.js';
import { packetiseJpeg, parseJpeg } from '../../protocol/rtp-jpeg.js';
import { srtpOverheadBytes, type SrtpSender } from '../../protocol/srtp.js';
import type { JpegFrame, SentVideoStats } from '../media.js';
import { OutStream } from './out-stream.js';
import type { Clock } from './outside.js';
import { Pacer } from './pacer.js';
import { ParityDepth } from './parity-depth.js';
import { protectedPicture, type Outgoing } from './protected-picture.js';
import { RateMeter } from './rate-meter.js';
import { round } from './rounding.js';

/** UDP payloads, so that no path splits them (IPv6 guarantees 1,280 bytes of packet). */
const maxDatagramBytes = 1_200;
/** With the time of capture. */
export const rtpHeaderBytes = 28;
/** A stream without a picture for so long rests. */
const activeMs = 2_500;
const maxPayloadBytes = maxDatagramBytes - rtpHeaderBytes - srtpOverheadBytes - repairOverheadBytes;

export class PictureSender {
  readonly video: OutStream;
  /** Repair packets of all streams of pictures. */
  readonly repair: OutStream;
  /** Told what receivers report. */
  readonly parity = new ParityDepth();
  readonly #pacer: Pacer<Outgoing>;
  readonly #clock: Clock;
  readonly #meter = new RateMeter();
  #frames = 0;
  #lastMs = -Infinity;
  /** Pictures that were not begun, as the tunnel was full. */
  heldBack = 0;
  #size = { width: 0, height: 0 };

  /** `ssrc`: of the stream. `send` takes what goes over the wire. */
  constructor(
    ssrc: number,
    repair: OutStream,
    srtp: SrtpSender,
    send: (bytes: Buffer) => void,
    clock: Clock,
  ) {
    this.video = new OutStream(ssrc, srtp);
    this.repair = repair;
    this.#clock = clock;
    this.#pacer = new Pacer((seal) => {
      const packet = seal(clock.now());
      if (packet) send(packet);
      return packet?.length ?? 0;
    }, clock);
  }

  /** What the way carries, in bits a second; null while not known. */
  setRate(bps: number | null): void {
    this.#pacer.setRate(bps, maxDatagramBytes);
  }

  /** Whether pictures were sent lately: one that stands still comes once a second. */
  isActive(nowMs: number): boolean {
    return nowMs - this.#lastMs < activeMs;
  }

  /** Whether there has been any. */
  get hasBegun(): boolean {
    return this.#frames > 0;
  }

  /** Bits a second. */
  bps(nowMs: number): number {
    return this.#meter.kbps(nowMs) * 1000;
  }

  /** Returns its bytes on the wire; 0 for one that RTP/JPEG cannot carry, which is passed over. */
  add({ jpeg, width, height, capturedAt }: JpegFrame): number {
    const parts = parseJpeg(jpeg);
    if (parts.problem !== null) return 0;
    const timestamp = Math.round(capturedAt * 90) % 2 ** 32;
    const payloads = packetiseJpeg(parts, maxPayloadBytes);
    const pictures = payloads.map((payload, at) => ({
      payloadType: payloadType.jpeg,
      marker: at === payloads.length - 1,
      timestamp,
      captureTimeMs: capturedAt,
      payload,
    }));
    const packets = protectedPicture(pictures, this, (count) => this.parity.repairs(count));
    const headersBytes = payloads.length * (rtpHeaderBytes + srtpOverheadBytes);
    const pictureBytes = payloads.reduce((sum, { length }) => sum + length, headersBytes);
    // A repair packet is as long as the longest that it protects, and they are nearly equal.
    const bytes = Math.round((pictureBytes * packets.length) / payloads.length);
    this.#frames++;
    this.#lastMs = this.#clock.now();
    this.#size = { width, height };
    this.#meter.add(this.#clock.now(), bytes);
    this.#pacer.add(packets);
    return bytes;
  }

  stats(nowMs: number): SentVideoStats {
    return {
      fps: this.#meter.perSecond(nowMs),
      kbps: round(this.#meter.kbps(nowMs)),
      ...this.#size,
      frames: this.#frames,
      dropped: this.#pacer.dropped + this.heldBack,
    };
  }

  close(): void {
    this.#pacer.close();
  }
}

// One stream of pictures of another participant as it comes: gaps, repair, whole pictures, and the figures about them.
import { decodeRepair } from '../../protocol/flexfec.js';
import { payloadType } from '../../protocol/media-streams.js';
import { decodeRtp, type RtpPacket } from '../../protocol/rtp.js';
import type { ReceivedVideoStats } from '../media.js';
import { Freezes } from './freezes.js';
import type { Gaps, RoundTrips } from './gaps.js';
import { RateMeter } from './rate-meter.js';
import { Reception } from './reception.js';
import { RepairReceiver } from './repair-receiver.js';
import { round, rounded } from './rounding.js';
import { VideoReceiver, type WholeFrame } from './video-receiver.js';

/** Without a repair packet for so long there are none. */
const unprotectedAfterMs = 1_000;

export interface PictureEvents {
  /** A packet came; `delayMs` is null when it does not tell how long it was on its way. Before its gaps know it. */
  arrived(nowMs: number, length: number, delayMs: number | null): void;
  frame(frame: WholeFrame): void;
}

export class PictureReceiver {
  readonly ssrc: number;
  readonly reception: Reception;
  readonly #events: PictureEvents;
  readonly #receiver: VideoReceiver;
  readonly #meter = new RateMeter();
  readonly #frameMeter = new RateMeter();
  readonly #freezes = new Freezes();
  readonly #repairs: RepairReceiver;
  /** Packets that were lost and worked out again. */
  #recovered = 0;
  /** RTP timestamp of the picture whose first packet came last. */
  #telling: number | null = null;
  #size = { width: 0, height: 0 };

  /** `ssrc`: of the stream. */
  constructor(ssrc: number, events: PictureEvents) {
    this.ssrc = ssrc;
    this.#events = events;
    this.reception = new Reception(this.ssrc, 90);
    this.#repairs = new RepairReceiver(this.ssrc);
    this.#receiver = new VideoReceiver((frame) => {
      this.#size = { width: frame.width, height: frame.height };
      events.frame(frame);
    });
  }

  get gaps(): Gaps {
    return this.#receiver.gaps;
  }

  /** True while something is waited for, so that `missing` must be called. */
  get isWaiting(): boolean {
    return this.#receiver.isWaiting;
  }

  /** Takes a packet of the stream; `rtp` is the same in bytes, `length` what came over the wire. */
  packet(packet: RtpPacket, rtp: Buffer, length: number, nowMs: number, rtt?: RoundTrips): void {
    const { sequenceNumber, timestamp, captureTimeMs } = packet;
    this.#receiver.setProtected(nowMs - this.#repairs.lastMs < unprotectedAfterMs);
    // Reports tell how much is lost on the way: by it the sender decides how much it protects.
    if (this.gaps.isFirstSending(sequenceNumber, nowMs, rtt)) {
      this.reception.arrived(sequenceNumber, timestamp, length, nowMs);
    }
    this.#meter.add(nowMs, length);
    // How long it stood in queues tells the first packet of a picture: the others were held back to be paced, or missed.
    const isTelling =
      captureTimeMs !== null && this.gaps.isAhead(sequenceNumber) && timestamp !== this.#telling;
    if (isTelling) this.#telling = timestamp;
    this.#events.arrived(nowMs, length, isTelling ? nowMs - captureTimeMs : null);
    this.#receiver.push(packet, nowMs, rtt);
    this.#recover(this.#repairs.packet(rtp, nowMs), nowMs);
  }

  /** Takes the payload of a repair packet that protects this stream. */
  repair(payload: Buffer, length: number, nowMs: number): void {
    this.#meter.add(nowMs, length);
    this.#recover(this.#repairs.repair(decodeRepair(payload), nowMs), nowMs);
  }

  #recover(packets: readonly Buffer[], nowMs: number): void {
    for (const rtp of packets) {
      const packet = decodeRtp(rtp);
      if (packet.payloadType !== payloadType.jpeg) continue;
      if (this.#receiver.push(packet, nowMs, undefined, true)) this.#recovered++;
    }
  }

  /** The relay left so many packets out for this side, from this number on. */
  leftOut(first: number, count: number, nowMs: number): void {
    this.reception.leftOut((first + count - 1) & 0xffff, this.#receiver.leftOut(first, count, nowMs));
  }

  /** Whether the relay leaves pictures out for this side. */
  isThinned(nowMs: number): boolean {
    return this.#receiver.isThinned(nowMs);
  }

  /** A picture is shown now, so long after it was taken; null while not known. */
  shown({ jpeg, timestamp, follows }: WholeFrame, nowMs: number, latencyMs: number | null): void {
    this.#frameMeter.add(nowMs, jpeg.length, latencyMs);
    this.#freezes.shown(nowMs, timestamp, follows);
  }

  /** Sequence numbers to ask for now. */
  missing(nowMs: number): number[] {
    return this.#receiver.tick(nowMs);
  }

  stats(nowMs: number): ReceivedVideoStats {
    return {
      fps: this.#frameMeter.perSecond(nowMs),
      kbps: round(this.#meter.kbps(nowMs)),
      ...this.#size,
      frames: this.#receiver.frames,
      lost: this.#receiver.lost,
      recovered: this.#recovered,
      latencyMs: rounded(this.#frameMeter.median(nowMs)),
      freezes: this.#freezes.count,
      freezeMs: round(this.#freezes.totalMs),
    };
  }
}

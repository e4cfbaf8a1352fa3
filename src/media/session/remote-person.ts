// Everything that comes from one other participant: keys, decryption, pictures, sound, and how it arrives.
import { decodeRepair } from '../../protocol/flexfec.js';
import { payloadType, streamOffset } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import type { PacketRange } from '../../protocol/packet-numbers.js';
import { csrcsOf, decodeRtp, ssrcOf, type RtpPacket } from '../../protocol/rtp.js';
import { SrtpReceiver } from '../../protocol/srtp.js';
import { AudioReceiver } from '../audio/receiver.js';
import type { MediaStats, SenderKey } from '../media.js';
import { Arrivals, type WayMeasurement } from './arrivals.js';
import { Freezes } from './freezes.js';
import { Gaps, type RoundTrips } from './gaps.js';
import { RateMeter } from './rate-meter.js';
import { Reception } from './reception.js';
import { RepairReceiver } from './repair-receiver.js';
import { round, rounded } from './rounding.js';
import { VideoReceiver, type WholeFrame } from './video-receiver.js';

type ReceivedStats = MediaStats['received'] extends ReadonlyMap<number, infer Figures> ? Figures : never;

/** Packets that wait for their key: a key may come a little after what it opens. */
const maxEarlyPackets = 256;
const earlyLifeMs = 1_500;
/** So long after a newer key is in use, nothing of the older one is on its way any more: what was sent is asked for again for 1 s. */
const oldKeyMs = 2_500;
/** Without a repair packet for so long there are none. */
const unprotectedAfterMs = 1_000;
/** Sound that was asked for again is of use only within its play-out delay. */
const audioPatienceMs = 150;

export interface PersonEvents {
  frame(frame: WholeFrame): void;
  /** Any packet came; `delayMs` is null when it does not tell how long it was on its way. */
  arrived(nowMs: number, ssrc: number, bytes: number, delayMs: number | null): void;
  /** Sound, as RTP carried it; for those who pass it on. */
  audioPacket(packet: RtpPacket): void;
}

export class RemotePerson {
  readonly id: number;
  readonly ssrc: number;
  readonly video: VideoReceiver;
  readonly audio = new AudioReceiver();
  readonly audioGaps = new Gaps();
  readonly videoReception: Reception;
  readonly audioReception: Reception;
  readonly arrivals = new Arrivals();
  readonly videoMeter = new RateMeter();
  readonly audioMeter = new RateMeter();
  readonly #frameMeter = new RateMeter();
  readonly #freezes = new Freezes();
  readonly #repairs: RepairReceiver;
  /** Packets of pictures that were lost and worked out again. */
  #recovered = 0;
  /** When a packet of a picture came the last time. */
  lastPictureMs = -Infinity;
  readonly #events: PersonEvents;
  /** RTP timestamp of the picture whose first packet came last. */
  #telling: number | null = null;
  /** Null until the first key has come. */
  #srtp: SrtpReceiver | null = null;
  /** The key in use, and since when. */
  #used = { epoch: -1, sinceMs: 0 };
  #early: { bytes: Buffer; nowMs: number }[] = [];
  width = 0;
  height = 0;

  constructor(person: { id: number; ssrc: number }, events: PersonEvents) {
    this.id = person.id;
    this.ssrc = person.ssrc;
    this.#events = events;
    this.videoReception = new Reception(person.ssrc + streamOffset.video, 90);
    this.audioReception = new Reception(person.ssrc + streamOffset.audio, 48);
    this.#repairs = new RepairReceiver(person.ssrc + streamOffset.video);
    this.video = new VideoReceiver((frame) => {
      this.width = frame.width;
      this.height = frame.height;
      events.frame(frame);
    });
  }

  /** A key of theirs; packets may be sealed with it already, or with the one before for a while. */
  setKey({ epoch, master }: SenderKey): void {
    if (this.#srtp) this.#srtp.addKey(master, epoch);
    else this.#srtp = new SrtpReceiver(master, epoch);
    const early = this.#early;
    this.#early = [];
    for (const { bytes, nowMs } of early) this.packet(bytes, nowMs);
  }

  /** Takes an SRTP packet; `rtt` is how long answers take. What cannot be opened changes nothing. */
  packet(bytes: Buffer, nowMs: number, rtt?: RoundTrips): void {
    if (!this.#srtp?.knowsKeyOf(bytes)) {
      // Of a stream whose key never came, the newest are kept: they are the ones that the next key may open.
      this.#early = this.#early.filter((one) => nowMs - one.nowMs < earlyLifeMs).slice(1 - maxEarlyPackets);
      this.#early.push({ bytes, nowMs });
      return;
    }
    const rtp = this.#srtp.unprotect(bytes);
    if (!rtp) return;
    if (this.#srtp.newestUsed > this.#used.epoch) {
      this.#used = { epoch: this.#srtp.newestUsed, sinceMs: nowMs };
    } else if (nowMs - this.#used.sinceMs > oldKeyMs) this.#srtp.forgetBefore(this.#used.epoch);
    try {
      const packet = decodeRtp(rtp);
      const offset = ssrcOf(rtp) - this.ssrc;
      if (offset === streamOffset.video && packet.payloadType === payloadType.jpeg) {
        this.#picture(packet, bytes.length, nowMs, rtt);
        this.#recover(this.#repairs.packet(rtp, nowMs), nowMs);
      } else if (offset === streamOffset.audio) this.#sound(packet, bytes.length, nowMs, rtt);
      else if (offset === streamOffset.repair && packet.payloadType === payloadType.flexfec) {
        this.#repair(packet, csrcsOf(rtp), bytes.length, nowMs);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  #picture(packet: RtpPacket, length: number, nowMs: number, rtt?: RoundTrips): void {
    const { sequenceNumber, timestamp } = packet;
    this.video.setProtected(nowMs - this.#repairs.lastMs < unprotectedAfterMs);
    // Reports tell how much is lost on the way: by it the sender decides how much it protects.
    if (this.video.gaps.isFirstSending(sequenceNumber, nowMs, rtt)) {
      this.videoReception.arrived(sequenceNumber, timestamp, length, nowMs);
    }
    this.videoMeter.add(nowMs, length);
    this.lastPictureMs = nowMs;
    this.#arrived(packet, streamOffset.video, length, nowMs);
    this.video.push(packet, nowMs, rtt);
  }

  #repair(packet: RtpPacket, csrcs: readonly number[], length: number, nowMs: number): void {
    this.videoMeter.add(nowMs, length);
    this.#count(nowMs, streamOffset.repair, length, null);
    if (csrcs.length !== 1 || csrcs[0] !== this.ssrc + streamOffset.video) return;
    this.#recover(this.#repairs.repair(decodeRepair(packet.payload), nowMs), nowMs);
  }

  #recover(packets: readonly Buffer[], nowMs: number): void {
    for (const rtp of packets) {
      const packet = decodeRtp(rtp);
      if (packet.payloadType !== payloadType.jpeg) continue;
      if (this.video.push(packet, nowMs, undefined, true)) this.#recovered++;
    }
  }

  /** Counts a packet for the estimate of the way, before its gaps know it. */
  #arrived(packet: RtpPacket, offset: number, length: number, nowMs: number): void {
    const { captureTimeMs, sequenceNumber, timestamp } = packet;
    const gaps = offset === streamOffset.video ? this.video.gaps : this.audioGaps;
    // How long it stood in queues tells the first packet of a picture: the others were held back to be paced, or missed.
    const isTelling = captureTimeMs !== null && gaps.isAhead(sequenceNumber) && timestamp !== this.#telling;
    if (isTelling && offset === streamOffset.video) this.#telling = timestamp;
    this.#count(nowMs, offset, length, isTelling ? nowMs - captureTimeMs : null);
  }

  #count(nowMs: number, offset: number, length: number, delayMs: number | null): void {
    this.arrivals.add(nowMs, offset, length, delayMs);
    this.#events.arrived(nowMs, this.ssrc + offset, length, delayMs);
  }

  /** Bits a second that the way from this person carries; null while no limit has been met. */
  rate(nowMs: number, rttMs: number, shared: WayMeasurement): number | null {
    return this.arrivals.update(nowMs, this.gaps, rttMs, shared);
  }

  get gaps(): readonly Gaps[] {
    return [this.video.gaps, this.audioGaps];
  }

  /** The relay left these packets of a stream out for this side. */
  leftOut(ssrc: number, ranges: readonly PacketRange[], nowMs: number): void {
    const offset = ssrc - this.ssrc;
    for (const { first, count } of ranges) {
      const last = (first + count - 1) & 0xffff;
      if (offset === streamOffset.video) {
        this.videoReception.leftOut(last, this.video.leftOut(first, count, nowMs));
      } else if (offset === streamOffset.audio) {
        this.audio.leftOut(first, count);
        this.audioReception.leftOut(last, this.audioGaps.leftOut(first, count, nowMs));
      }
    }
  }

  #sound(packet: RtpPacket, length: number, nowMs: number, rtt?: RoundTrips): void {
    this.#arrived(packet, streamOffset.audio, length, nowMs);
    if (this.audioGaps.arrived(packet.sequenceNumber, nowMs, rtt) === null) return;
    const { sequenceNumber, timestamp, payload } = packet;
    this.audioReception.arrived(sequenceNumber, timestamp, length, nowMs);
    this.audioMeter.add(nowMs, length);
    this.audio.push({
      sequenceNumber,
      timestamp,
      payloadType: packet.payloadType,
      payload,
      arrivedAtMs: nowMs,
    });
    this.#events.audioPacket(packet);
  }

  /** A picture of them is shown now, so long after it was taken; null while not known. */
  shown({ jpeg, timestamp, follows }: WholeFrame, nowMs: number, latencyMs: number | null): void {
    this.#frameMeter.add(nowMs, jpeg.length, latencyMs);
    this.#freezes.shown(nowMs, timestamp, follows);
  }

  /** Sequence numbers to ask for now, by SSRC. */
  missing(nowMs: number): { ssrc: number; lost: number[] }[] {
    return [
      { ssrc: this.ssrc + streamOffset.video, lost: this.video.tick(nowMs) },
      { ssrc: this.ssrc + streamOffset.audio, lost: this.audioGaps.due(nowMs, audioPatienceMs) },
    ].filter(({ lost }) => lost.length > 0);
  }

  /** The figures of `--stats`; `nowMs` as in `packet`. */
  stats(nowMs: number): ReceivedStats {
    const { video, audio, width, height } = this;
    return {
      video: {
        fps: this.#frameMeter.perSecond(nowMs),
        kbps: round(this.videoMeter.kbps(nowMs)),
        width,
        height,
        frames: video.frames,
        lost: video.lost,
        recovered: this.#recovered,
        latencyMs: rounded(this.#frameMeter.median(nowMs)),
        freezes: this.#freezes.count,
        freezeMs: round(this.#freezes.totalMs),
      },
      audio: {
        kbps: round(this.audioMeter.kbps(nowMs)),
        packets: this.audioReception.packets,
        lost: this.audioReception.lost,
        concealedMs: audio.stats.concealedMs,
        bufferMs: round(audio.stats.bufferMs),
        stretchedMs: round(audio.stats.stretchedMs),
      },
    };
  }
}

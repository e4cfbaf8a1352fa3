// Everything that comes from one other participant: keys, decryption, pictures, sound, and how it arrives.
import { payloadType, streamOffset } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRtp, ssrcOf, type RtpPacket } from '../../protocol/rtp.js';
import { mkiOf, SrtpReceiver } from '../../protocol/srtp.js';
import { AudioReceiver } from '../audio/receiver.js';
import type { MediaStats, SenderKey } from '../media.js';
import { Arrivals } from './arrivals.js';
import { Gaps, type RoundTrips } from './gaps.js';
import { RateMeter } from './rate-meter.js';
import { Reception } from './reception.js';
import { round, rounded } from './rounding.js';
import { VideoReceiver, type WholeFrame } from './video-receiver.js';

type ReceivedStats = MediaStats['received'] extends ReadonlyMap<number, infer Figures> ? Figures : never;

/** Packets that wait for their key: a key may come a little after what it opens. */
const maxEarlyPackets = 256;
const earlyLifeMs = 1_500;
/** The key before the newest is kept for what is still on its way. */
const maxKeys = 2;
/** Sound that was asked for again is of use only within its play-out delay. */
const audioPatienceMs = 150;

/** When something was captured, on this machine's clock, and how long ago in milliseconds; null while that is not known. */
export interface Captured {
  readonly capturedAt: number;
  readonly latencyMs: number | null;
}

export interface PersonEvents {
  frame(frame: WholeFrame): void;
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
  readonly frameMeter = new RateMeter();
  readonly #events: PersonEvents;
  /** RTP timestamp of the picture whose first packet came last. */
  #telling: number | null = null;
  readonly #keys = new Map<number, SrtpReceiver>();
  #early: { bytes: Buffer; nowMs: number }[] = [];
  width = 0;
  height = 0;

  constructor(person: { id: number; ssrc: number }, events: PersonEvents) {
    this.id = person.id;
    this.ssrc = person.ssrc;
    this.#events = events;
    this.videoReception = new Reception(person.ssrc + streamOffset.video, 90);
    this.audioReception = new Reception(person.ssrc + streamOffset.audio, 48);
    this.video = new VideoReceiver((frame) => {
      this.width = frame.width;
      this.height = frame.height;
      events.frame(frame);
    });
  }

  setKey({ epoch, master }: SenderKey): void {
    if (this.#keys.has(epoch & 0xff)) return;
    this.#keys.set(epoch & 0xff, new SrtpReceiver(master, epoch));
    for (const old of this.#keys.keys()) {
      if (this.#keys.size <= maxKeys) break;
      this.#keys.delete(old);
    }
    const early = this.#early;
    this.#early = [];
    for (const { bytes, nowMs } of early) this.packet(bytes, nowMs);
  }

  /** Takes an SRTP packet; `rtt` is how long answers take. What cannot be opened changes nothing. */
  packet(bytes: Buffer, nowMs: number, rtt?: RoundTrips): void {
    const srtp = this.#keys.get(mkiOf(bytes));
    if (!srtp) {
      this.#early = this.#early.filter((one) => nowMs - one.nowMs < earlyLifeMs);
      if (this.#early.length < maxEarlyPackets) this.#early.push({ bytes, nowMs });
      return;
    }
    const rtp = srtp.unprotect(bytes);
    if (!rtp) return;
    let packet: RtpPacket;
    try {
      packet = decodeRtp(rtp);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    const offset = ssrcOf(rtp) - this.ssrc;
    if (offset === streamOffset.video && packet.payloadType === payloadType.jpeg) {
      this.videoReception.arrived(packet.sequenceNumber, packet.timestamp, bytes.length, nowMs);
      this.videoMeter.add(nowMs, bytes.length);
      this.#arrived(packet, offset, bytes.length, nowMs);
      this.video.push(packet, nowMs, rtt);
    } else if (offset === streamOffset.audio) this.#sound(packet, bytes.length, nowMs, rtt);
  }

  /** Counts a packet for the estimate of the way, before its gaps know it. */
  #arrived(packet: RtpPacket, offset: number, length: number, nowMs: number): void {
    const { captureTimeMs, sequenceNumber, timestamp } = packet;
    const gaps = offset === streamOffset.video ? this.video.gaps : this.audioGaps;
    // How long it stood in queues tells the first packet of a picture: the others were held back to be paced, or missed.
    const isTelling = captureTimeMs !== null && gaps.isAhead(sequenceNumber) && timestamp !== this.#telling;
    if (isTelling && offset === streamOffset.video) this.#telling = timestamp;
    this.arrivals.add(nowMs, offset, length, isTelling ? nowMs - captureTimeMs : null);
  }

  /** Brings a time of this person's clock onto ours; it is this moment while that clock, by reports `oneWayMs` away, is not known. */
  captured(captureTimeMs: number | null, wallMs: number, oneWayMs: number): Captured {
    const { videoReception, audioReception } = this;
    const offsetMs = videoReception.clockOffsetMs(oneWayMs) ?? audioReception.clockOffsetMs(oneWayMs);
    if (captureTimeMs === null || offsetMs === null) return { capturedAt: wallMs, latencyMs: null };
    const capturedAt = Math.min(wallMs, captureTimeMs + offsetMs);
    return { capturedAt, latencyMs: wallMs - capturedAt };
  }

  /** Bits a second that the way from this person carries; null while no limit has been met. */
  rate(nowMs: number, rttMs: number): number | null {
    return this.arrivals.update(nowMs, [this.video.gaps, this.audioGaps], rttMs);
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
        fps: this.frameMeter.perSecond(nowMs),
        kbps: round(this.videoMeter.kbps(nowMs)),
        width,
        height,
        frames: video.frames,
        lost: video.lost,
        latencyMs: rounded(this.frameMeter.median(nowMs)),
      },
      audio: {
        kbps: round(this.audioMeter.kbps(nowMs)),
        packets: this.audioReception.packets,
        lost: this.audioReception.lost,
        concealedMs: audio.stats.concealedMs,
        bufferMs: round(audio.stats.bufferMs),
      },
    };
  }
}

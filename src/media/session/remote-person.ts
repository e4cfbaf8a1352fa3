// Everything that comes from one other participant: keys, decryption, pictures, sound, and how it arrives.
import { payloadType, streamOffset } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import type { PacketRange } from '../../protocol/packet-numbers.js';
import { csrcsOf, decodeRtp, ssrcOf, type RtpPacket } from '../../protocol/rtp.js';
import { SrtpReceiver } from '../../protocol/srtp.js';
import { AudioReceiver } from '../audio/receiver.js';
import type { MediaStats, SenderKey } from '../media.js';
import { Arrivals, type WayMeasurement } from './arrivals.js';
import { Gaps, type RoundTrips } from './gaps.js';
import { PictureReceiver } from './picture-receiver.js';
import { RateMeter } from './rate-meter.js';
import { Reception } from './reception.js';
import { round } from './rounding.js';
import type { WholeFrame } from './video-receiver.js';

type ReceivedStats = MediaStats['received'] extends ReadonlyMap<number, infer Figures> ? Figures : never;

/** Packets that wait for their key: a key may come a little after what it opens. */
const maxEarlyPackets = 256;
const earlyLifeMs = 1_500;
/** So long after a newer key is in use, nothing of the older one is on its way any more: what was sent is asked for again for 1 s. */
const oldKeyMs = 2_500;
/** Sound that was asked for again is of use only within its play-out delay. */
const audioPatienceMs = 150;

/** When something was captured, on this machine's clock, and how long ago that is; null while not known. */
export interface Captured {
  capturedAt: number;
  latencyMs: number | null;
}

export interface PersonEvents {
  /** A whole picture of one of their streams. */
  frame(frame: WholeFrame, stream: PictureReceiver): void;
  /** Any packet came; `delayMs` is null when it does not tell how long it was on its way. */
  arrived(nowMs: number, ssrc: number, bytes: number, delayMs: number | null): void;
  /** Sound, as RTP carried it; for those who pass it on. */
  audioPacket(packet: RtpPacket): void;
}

export class RemotePerson {
  readonly id: number;
  readonly ssrc: number;
  readonly video: PictureReceiver;
  /** A second picture, beside the camera's. */
  readonly screen: PictureReceiver;
  readonly audio = new AudioReceiver();
  readonly audioGaps = new Gaps();
  readonly audioReception: Reception;
  readonly arrivals = new Arrivals();
  readonly audioMeter = new RateMeter();
  /** When a packet of a picture came the last time. */
  lastPictureMs = -Infinity;
  readonly #events: PersonEvents;
  /** Null until the first key has come. */
  #srtp: SrtpReceiver | null = null;
  /** The key in use, and since when. */
  #used = { epoch: -1, sinceMs: 0 };
  #early: { bytes: Buffer; nowMs: number }[] = [];

  constructor(person: { id: number; ssrc: number }, events: PersonEvents) {
    this.id = person.id;
    this.ssrc = person.ssrc;
    this.#events = events;
    this.audioReception = new Reception(person.ssrc + streamOffset.audio, 48);
    const stream = (offset: number): PictureReceiver => {
      const one = new PictureReceiver(person.ssrc + offset, {
        arrived: (nowMs, length, delayMs) => {
          this.lastPictureMs = nowMs;
          this.#count(nowMs, offset, length, delayMs);
        },
        frame: (frame) => events.frame(frame, one),
      });
      return one;
    };
    this.video = stream(streamOffset.video);
    this.screen = stream(streamOffset.screen);
  }

  /** Both streams of pictures. */
  get pictures(): readonly PictureReceiver[] {
    return [this.video, this.screen];
  }

  /** True while something is waited for, so that `missing` must be called. */
  get isWaiting(): boolean {
    return this.video.isWaiting || this.screen.isWaiting || !this.audioGaps.isEmpty;
  }

  /** How the stream with this SSRC arrives; null for one that is not reported. */
  receptionOf(ssrc: number): Reception | null {
    if (ssrc === this.ssrc + streamOffset.audio) return this.audioReception;
    return this.pictures.find((stream) => stream.ssrc === ssrc)?.reception ?? null;
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
      const ssrc = ssrcOf(rtp);
      const offset = ssrc - this.ssrc;
      const stream = this.pictures.find((one) => one.ssrc === ssrc);
      if (stream) {
        if (packet.payloadType === payloadType.jpeg) stream.packet(packet, rtp, bytes.length, nowMs, rtt);
      } else if (offset === streamOffset.audio) this.#sound(packet, bytes.length, nowMs, rtt);
      else if (offset === streamOffset.repair && packet.payloadType === payloadType.flexfec) {
        this.#repair(packet, csrcsOf(rtp), bytes.length, nowMs);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  /** A repair packet names the stream that it protects. */
  #repair(packet: RtpPacket, csrcs: readonly number[], length: number, nowMs: number): void {
    this.#count(nowMs, streamOffset.repair, length, null);
    if (csrcs.length !== 1) return;
    const stream = this.pictures.find(({ ssrc }) => ssrc === csrcs[0]);
    stream?.repair(packet.payload, length, nowMs);
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
    return [this.video.gaps, this.screen.gaps, this.audioGaps];
  }

  /** The relay left these packets of a stream out for this side. */
  leftOut(ssrc: number, ranges: readonly PacketRange[], nowMs: number): void {
    for (const { first, count } of ranges) {
      const stream = this.pictures.find((one) => one.ssrc === ssrc);
      if (stream) stream.leftOut(first, count, nowMs);
      else if (ssrc === this.ssrc + streamOffset.audio) {
        this.audio.leftOut(first, count);
        this.audioReception.leftOut(
          (first + count - 1) & 0xffff,
          this.audioGaps.leftOut(first, count, nowMs),
        );
      }
    }
  }

  #sound(packet: RtpPacket, length: number, nowMs: number, rtt?: RoundTrips): void {
    // Before its gaps know it.
    const isTelling = packet.captureTimeMs !== null && this.audioGaps.isAhead(packet.sequenceNumber);
    const delayMs = isTelling ? nowMs - (packet.captureTimeMs ?? 0) : null;
    this.#count(nowMs, streamOffset.audio, length, delayMs);
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

  /** When something was captured; `oneWayMs`: how long a packet of theirs needs. Times in milliseconds since 1970. */
  captured(captureTimeMs: number | null, wallMs: number, oneWayMs: number): Captured {
    const receptions = [...this.pictures.map(({ reception }) => reception), this.audioReception];
    const offsets = receptions.map((one) => one.clockOffsetMs(oneWayMs));
    const offsetMs = offsets.find((offset) => offset !== null) ?? null;
    if (captureTimeMs === null || offsetMs === null) return { capturedAt: wallMs, latencyMs: null };
    const capturedAt = Math.min(wallMs, captureTimeMs + offsetMs);
    return { capturedAt, latencyMs: wallMs - capturedAt };
  }

  /** Sequence numbers to ask for now, by SSRC. */
  missing(nowMs: number): { ssrc: number; lost: number[] }[] {
    return [
      ...this.pictures.map((stream) => ({ ssrc: stream.ssrc, lost: stream.missing(nowMs) })),
      { ssrc: this.ssrc + streamOffset.audio, lost: this.audioGaps.due(nowMs, audioPatienceMs) },
    ].filter(({ lost }) => lost.length > 0);
  }

  /** The figures of `--stats`; `nowMs` as in `packet`. */
  stats(nowMs: number): ReceivedStats {
    const { audio } = this;
    const hasScreen = this.screen.reception.packets > 0;
    return {
      video: this.video.stats(nowMs),
      ...(hasScreen && { screen: this.screen.stats(nowMs) }),
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

// The media of one call on the wire: streams out, people in, reports both ways, over one path to the relay.
import { payloadType, ssrcsPerParticipant, streamOffset } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import {
  compactNtp,
  decodeRtcp,
  encodeRtcp,
  type ReportBlock,
  type RtcpPacket,
} from '../../protocol/rtcp.js';
import { packetiseJpeg, parseJpeg } from '../../protocol/rtp-jpeg.js';
import { ssrcOf, type RtpPacket } from '../../protocol/rtp.js';
import { SrtcpReceiver, SrtcpSender, SrtpSender, srtpOverheadBytes } from '../../protocol/srtp.js';
import type { AudioEncoder } from '../audio/encoder.js';
import type { JpegFrame, MediaStats, ReceivedFrame, SenderKey, SoundBlock } from '../media.js';
import { OutStream } from './out-stream.js';
import { theMachine, type Outside } from './outside.js';
import { Pacer } from './pacer.js';
import { RateMeter } from './rate-meter.js';
import { RemotePerson } from './remote-person.js';
import { round, rounded } from './rounding.js';
import { UdpPath } from './udp-path.js';

/** UDP payloads, so that no path splits them (IPv6 guarantees 1,280 bytes of packet). */
const maxDatagramBytes = 1_200;
const rtpHeaderBytes = 28;
const maxPayloadBytes = maxDatagramBytes - rtpHeaderBytes - srtpOverheadBytes;
const reportEveryMs = 1_000;
/** How often missing packets are looked for while any are. */
const tickMs = 5;
const cname = 'pytalk';

export interface RelayTicket {
  host: string;
  port: number;
  username: string;
  password: string;
  /** 28 bytes each. */
  toRelay: Buffer;
  fromRelay: Buffer;
}

export interface SessionEvents {
  frame(frame: ReceivedFrame): void;
  audioPacket(from: number, packet: RtpPacket): void;
  path(isOpen: boolean): void;
}

export class MediaSession {
  readonly #events: SessionEvents;
  readonly #outside: Outside;
  readonly #path: UdpPath;
  readonly #toRelay: SrtcpSender;
  readonly #fromRelay: SrtcpReceiver;
  readonly #video: OutStream;
  readonly #audio: OutStream;
  readonly #pacer: Pacer;
  readonly #people = new Map<number, RemotePerson>();
  readonly #bySsrc = new Map<number, RemotePerson>();
  readonly #sentFrames = new RateMeter();
  #frames = 0;
  #size = { width: 0, height: 0 };
  /** Round trip to the other side, by report blocks; null while not known. */
  #farRttMs: number | null = null;
  #stopReports: () => void = () => undefined;
  #stopTick: (() => void) | null = null;
  #isClosed = false;

  constructor(
    options: { access: RelayTicket; self: { ssrc: number; key: SenderKey } },
    events: SessionEvents,
    outside = theMachine,
  ) {
    const { access, self } = options;
    this.#events = events;
    this.#outside = outside;
    const srtp = new SrtpSender(self.key.master, self.key.epoch);
    this.#video = new OutStream(self.ssrc + streamOffset.video, srtp);
    this.#audio = new OutStream(self.ssrc + streamOffset.audio, srtp);
    this.#toRelay = new SrtcpSender(access.toRelay);
    this.#fromRelay = new SrtcpReceiver(access.fromRelay);
    const pathEvents = {
      rtp: (bytes: Buffer, nowMs: number) => this.#rtp(bytes, nowMs),
      rtcp: (bytes: Buffer) => this.#rtcp(bytes),
      path: (isOpen: boolean) => events.path(isOpen),
    };
    this.#path = new UdpPath(access, pathEvents, outside);
    this.#pacer = new Pacer((packet) => this.#path.send(packet), outside);
  }

  start(): void {
    this.#path.start();
    this.#reportLater();
  }

  get people(): ReadonlyMap<number, RemotePerson> {
    return this.#people;
  }

  addPerson(person: { id: number; ssrc: number }): void {
    if (this.#people.has(person.id)) return;
    const remote: RemotePerson = new RemotePerson(person, {
      frame: ({ jpeg, width, height, timestamp, captureTimeMs }) => {
        const now = this.#outside.wallMs();
        const offsetMs = this.#clockOffset(remote);
        const capturedAt =
          captureTimeMs === null || offsetMs === null ? now : Math.min(now, captureTimeMs + offsetMs);
        const latencyMs = captureTimeMs === null || offsetMs === null ? null : now - capturedAt;
        remote.frameMeter.add(this.#outside.now(), jpeg.length, latencyMs);
        this.#events.frame({ from: person.id, jpeg, width, height, timestamp, capturedAt, latencyMs });
      },
      audioPacket: (packet) => this.#events.audioPacket(person.id, packet),
    });
    this.#people.set(person.id, remote);
    this.#bySsrc.set(person.ssrc, remote);
  }

  removePerson(id: number): void {
    const remote = this.#people.get(id);
    if (!remote) return;
    this.#people.delete(id);
    this.#bySsrc.delete(remote.ssrc);
  }

  setKey(id: number, key: SenderKey): void {
    this.#people.get(id)?.setKey(key);
  }

  /** Sends a picture, when somebody is there to see it. One that RTP/JPEG cannot carry is passed over. */
  sendFrame(frame: JpegFrame): void {
    if (this.#people.size === 0 || this.#isClosed) return;
    const parts = parseJpeg(frame.jpeg);
    if (parts.problem !== null) return;
    const now = this.#outside.now();
    const timestamp = Math.round(frame.capturedAt * 90) % 2 ** 32;
    const payloads = packetiseJpeg(parts, maxPayloadBytes);
    const packets = payloads.map((payload, at) =>
      this.#video.seal(
        {
          payloadType: payloadType.jpeg,
          marker: at === payloads.length - 1,
          timestamp,
          captureTimeMs: frame.capturedAt,
          payload,
        },
        now,
      ),
    );
    this.#frames++;
    this.#size = { width: frame.width, height: frame.height };
    const bytes = packets.reduce((sum, packet) => sum + packet.length, 0);
    this.#sentFrames.add(now, bytes);
    this.#pacer.add(packets);
  }

  /** Sends one block of sound; silence is not sent. */
  sendSound(encoder: AudioEncoder, block: SoundBlock): void {
    const encoded = encoder.encode(block);
    if (!encoded || this.#people.size === 0 || this.#isClosed) return;
    const now = this.#outside.now();
    const packet = this.#audio.seal(encoded, now);
    this.#audio.meter.add(now, packet.length);
    this.#path.send(packet);
  }

  stats(): MediaStats {
    const now = this.#outside.now();
    const received = new Map(
      [...this.#people.values()].map((person) => [person.id, person.stats(now)] as const),
    );
    return {
      path: 'udp',
      rttMs: rounded(this.#path.rttMs),
      sent: {
        video: {
          fps: this.#sentFrames.perSecond(now),
          kbps: round(this.#sentFrames.kbps(now)),
          ...this.#size,
          frames: this.#frames,
          dropped: this.#pacer.dropped,
        },
        audio: { kbps: round(this.#audio.meter.kbps(now)), packets: this.#audio.packets },
      },
      received,
    };
  }

  /** Says goodbye. Idempotent; resolves when sockets and timers are gone. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#control([{ kind: 'bye', ssrcs: [this.#audio.ssrc, this.#video.ssrc] }]);
    }
    this.#stopReports();
    this.#stopTick?.();
    this.#pacer.close();
    await this.#path.close();
  }

  // ---- in -------------------------------------------------------------------------------------------------

  #rtp(bytes: Buffer, nowMs: number): void {
    if (bytes.length < rtpHeaderBytes) return;
    const ssrc = ssrcOf(bytes);
    this.#bySsrc.get(ssrc - (ssrc % ssrcsPerParticipant))?.packet(bytes, nowMs);
    if (!this.#stopTick && !this.#isClosed) this.#tickLater();
  }

  #tickLater(): void {
    this.#stopTick = this.#outside.after(tickMs, () => {
      this.#stopTick = null;
      this.#askForMissing();
    });
  }

  #askForMissing(): void {
    const now = this.#outside.now();
    let isWaiting = false;
    for (const person of this.#people.values()) {
      for (const { ssrc, lost } of person.missing(now)) {
        this.#control([{ kind: 'nack', senderSsrc: this.#audio.ssrc, mediaSsrc: ssrc, lost }]);
      }
      isWaiting ||= person.video.isWaiting || !person.audioGaps.isEmpty;
    }
    if (isWaiting && !this.#isClosed) this.#tickLater();
  }

  #rtcp(bytes: Buffer): void {
    const rtcp = this.#fromRelay.unprotect(bytes);
    if (!rtcp) return;
    let packets: RtcpPacket[];
    try {
      packets = decodeRtcp(rtcp);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    for (const packet of packets) this.#feedback(packet);
  }

  #feedback(packet: RtcpPacket): void {
    switch (packet.kind) {
      case 'nack':
        this.#resend(packet.mediaSsrc, packet.lost);
        return;
      case 'sender-report': {
        const person = this.#bySsrc.get(packet.ssrc - (packet.ssrc % ssrcsPerParticipant));
        if (!person) return;
        const isVideo = packet.ssrc === person.ssrc + streamOffset.video;
        (isVideo ? person.videoReception : person.audioReception).reported(
          packet.ntpMs,
          this.#outside.wallMs(),
        );
        this.#reports(packet.reports);
        return;
      }
      case 'receiver-report':
        this.#reports(packet.reports);
        return;
      case 'sdes':
      case 'bye':
    }
  }

  /** The round trip to whoever reports (RFC 3550, section 6.4.1). */
  #reports(reports: readonly ReportBlock[]): void {
    for (const { ssrc, lastSr, delaySinceLastSr } of reports) {
      if (lastSr === 0 || (ssrc !== this.#video.ssrc && ssrc !== this.#audio.ssrc)) continue;
      const units = (compactNtp(this.#outside.wallMs()) - lastSr - delaySinceLastSr) | 0;
      const rttMs = Math.max(0, (units * 1000) / 65_536);
      this.#farRttMs = this.#farRttMs === null ? rttMs : this.#farRttMs + (rttMs - this.#farRttMs) / 4;
    }
  }

  #clockOffset(person: RemotePerson): number | null {
    const oneWayMs = (this.#farRttMs ?? this.#path.rttMs ?? 0) / 2;
    return person.videoReception.clockOffsetMs(oneWayMs) ?? person.audioReception.clockOffsetMs(oneWayMs);
  }

  #resend(ssrc: number, lost: readonly number[]): void {
    const stream = [this.#video, this.#audio].find((one) => one.ssrc === ssrc);
    const now = this.#outside.now();
    for (const sequence of lost) {
      const bytes = stream?.sent.again(sequence, now);
      if (bytes) this.#path.send(bytes);
    }
  }

  // ---- reports --------------------------------------------------------------------------------------------

  #control(packets: readonly RtcpPacket[]): void {
    this.#path.send(this.#toRelay.protect(encodeRtcp(packets)));
  }

  /** Around once a second, never in step with the others (RFC 3550, section 6.2). */
  #reportLater(): void {
    this.#stopReports = this.#outside.after(reportEveryMs * (0.75 + this.#outside.random() / 2), () => {
      this.#report();
      this.#reportLater();
    });
  }

  #report(): void {
    const blocks = [...this.#people.values()].flatMap((person) => {
      const now = this.#outside.wallMs();
      return [person.videoReception.block(now), person.audioReception.block(now)].filter(
        (block): block is ReportBlock => block !== null,
      );
    });
    const packets: RtcpPacket[] = [];
    for (const [stream, unitsPerMs] of [
      [this.#video, 90],
      [this.#audio, 48],
    ] as const) {
      if (!stream.last) continue;
      const ntpMs = this.#outside.wallMs();
      const sinceMs = ntpMs - stream.last.captureTimeMs;
      packets.push({
        kind: 'sender-report',
        ssrc: stream.ssrc,
        ntpMs,
        rtpTimestamp: (stream.last.timestamp + Math.round(sinceMs * unitsPerMs)) >>> 0,
        packetCount: stream.packets,
        octetCount: stream.octets,
        reports: packets.length === 0 ? blocks.slice(0, 31) : [],
      });
    }
    if (packets.length === 0) {
      packets.push({ kind: 'receiver-report', ssrc: this.#audio.ssrc, reports: blocks.slice(0, 31) });
    }
    packets.push({ kind: 'sdes', ssrc: this.#audio.ssrc, cname });
    this.#control(packets);
  }
}

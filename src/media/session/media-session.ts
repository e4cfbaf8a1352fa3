// The media of one call on the wire: streams out, people in, reports both ways, to the relay and from it.
import { ssrcsPerParticipant, streamOffset } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRtcp, encodeRtcp, type ReportBlock, type RtcpPacket } from '../../protocol/rtcp.js';
import { ssrcOf, type RtpPacket } from '../../protocol/rtp.js';
import { SrtpSender } from '../../protocol/srtp.js';
import type { AudioEncoder, EncodedSound } from '../audio/encoder.js';
import type { JpegFrame, MediaStats, ReceivedFrame, SenderKey, SoundBlock } from '../media.js';
import { Congestion, estimateEveryMs } from './congestion.js';
import { FarRoundTrip } from './far-round-trip.js';
import type { RoundTrips } from './gaps.js';
import { OutStream } from './out-stream.js';
import { theMachine, type Outside } from './outside.js';
import { OwnPictures } from './own-pictures.js';
import { rtpHeaderBytes } from './picture-sender.js';
import { RemotePerson, type Captured } from './remote-person.js';
import { isReport, report, reportAfterMs } from './report.js';
import { Resends } from './resends.js';
import { round, rounded } from './rounding.js';
import { SoundControl } from './sound-shape.js';
import type { MediaTunnel } from './tunnel-path.js';
import { Ways, type RelayTicket } from './ways.js';

/** How often missing packets are looked for while any are. */
const tickMs = 5;

export interface SessionEvents {
  frame(frame: ReceivedFrame): void;
  /** A second picture of somebody. */
  screen?(frame: ReceivedFrame): void;
  audioPacket(from: number, packet: RtpPacket, capturedAt: number): void;
  /** One's own packet of sound, whether or not somebody is there to hear it. */
  soundMade?(sound: EncodedSound): void;
  /** How media travels now; null when the relay does not answer. */
  path(path: MediaStats['path'] | null): void;
  /** What the way carries of the camera's pictures, in bits a second with all headers; null when no limit is known. */
  pictureRate(bps: number | null): void;
  /** The same for the second picture. */
  screenRate?(bps: number | null): void;
  /** Bytes that a participant must get, sealed, to reach this side directly; without it media goes by the relay alone. */
  offer?: ((to: number, bytes: Buffer) => void) | undefined;
}

export class MediaSession {
  readonly #events: SessionEvents;
  readonly #outside: Outside;
  readonly #ways: Ways;
  readonly #srtp: SrtpSender;
  readonly #selfId: number;
  readonly #pictures: OwnPictures;
  readonly #audio: OutStream;
  readonly #people = new Map<number, RemotePerson>();
  readonly #bySsrc = new Map<number, RemotePerson>();
  readonly #far = new FarRoundTrip();
  readonly #congestion: Congestion;
  readonly #resends = new Resends((bytes) => this.#ways.send(bytes));
  readonly #sound = new SoundControl();
  #stopReports: () => void = () => undefined;
  #stopEstimates: () => void = () => undefined;
  #stopTick: (() => void) | null = null;
  #isClosed = false;

  constructor(
    options: {
      access: RelayTicket;
      self: { id: number; ssrc: number; key: SenderKey };
      /** Another way to the relay; without one there is only UDP. */
      tunnel?: MediaTunnel | null;
    },
    events: SessionEvents,
    outside = theMachine,
  ) {
    this.#events = events;
    this.#outside = outside;
    this.#srtp = new SrtpSender(options.self.key.master, options.self.key.epoch);
    this.#audio = new OutStream(options.self.ssrc + streamOffset.audio, this.#srtp);
    this.#selfId = options.self.id;
    const wayEvents = {
      rtp: (bytes: Buffer, nowMs: number) => this.#rtp(bytes, nowMs),
      rtcp: (packet: Buffer) => this.#rtcp(packet),
      path: (path: MediaStats['path'] | null) => {
        this.#far.by(path);
        events.path(path);
      },
      offer: events.offer,
      farRttMs: () => this.#far.ms,
      changed: () => this.#congestion.comesAnotherWay(),
    };
    this.#ways = new Ways(options.access, options.tunnel ?? null, wayEvents, outside);
    const { ssrc: firstSsrc } = options.self;
    this.#pictures = new OwnPictures(firstSsrc, this.#srtp, (bytes) => this.#ways.send(bytes), outside);
    this.#congestion = new Congestion({
      people: this.#people,
      sent: (nowMs) => ({
        pictures: this.#pictures.bps(nowMs),
        sound: this.#audio.meter.kbps(nowMs) * 1000,
      }),
      say: (words) =>
        this.#control(words.map((word) => ({ kind: 'remb', senderSsrc: this.#audio.ssrc, ...word }))),
      changed: () => this.#shareOut(),
    });
  }

  start(): void {
    this.#ways.start();
    this.#reportLater();
    this.#estimateLater();
  }

  get people(): ReadonlyMap<number, RemotePerson> {
    return this.#people;
  }

  addPerson(person: { id: number; ssrc: number }): void {
    if (this.#people.has(person.id)) return;
    const remote: RemotePerson = new RemotePerson(person, {
      frame: (frame, stream) => {
        const { jpeg, width, height, timestamp, captureTimeMs } = frame;
        const { capturedAt, latencyMs } = this.#captured(remote, captureTimeMs);
        stream.shown(frame, this.#outside.now(), latencyMs);
        const times = { timestamp, captureTimeMs, capturedAt, latencyMs };
        const shown = { from: person.id, jpeg, width, height, ...times };
        if (stream === remote.screen) this.#events.screen?.(shown);
        else this.#events.frame(shown);
      },
      arrived: (...packet) => this.#congestion.shared.add(...packet),
      audioPacket: (packet) => {
        const { capturedAt } = this.#captured(remote, packet.captureTimeMs);
        this.#events.audioPacket(person.id, packet, capturedAt);
      },
    });
    this.#people.set(person.id, remote);
    this.#bySsrc.set(person.ssrc, remote);
    this.#ways.others(this.#selfId, [...this.#people.keys()]);
  }

  removePerson(id: number): void {
    const remote = this.#people.get(id);
    if (!remote) return;
    this.#people.delete(id);
    this.#bySsrc.delete(remote.ssrc);
    this.#ways.others(this.#selfId, [...this.#people.keys()]);
  }

  /** A participant tells how it can be reached directly: what its `offer` gave. */
  offerCame(from: number, bytes: Buffer): void {
    this.#ways.offerCame(from, bytes);
  }

  setKey(id: number, key: SenderKey): void {
    this.#people.get(id)?.setKey(key);
  }

  /** Seals with this key from now on, if it is newer. */
  setOwnKey({ master, epoch }: SenderKey): void {
    this.#srtp.renew(master, epoch);
  }

  /** Sends a picture, when somebody is there to see it; returns its bytes on the wire. One that RTP/JPEG cannot carry is passed over. */
  sendFrame(frame: JpegFrame, stream: 'video' | 'screen' = 'video'): number {
    if (this.#people.size === 0 || this.#isClosed) return 0;
    const pictures = this.#pictures[stream];
    if (!this.#ways.takesPictures) {
      pictures.heldBack++;
      return 0;
    }
    return pictures.add(frame);
  }

  /** Sends one block of sound; silence is not sent. */
  sendSound(encoder: AudioEncoder, block: SoundBlock): void {
    encoder.setShape(this.#sound.shape(this.#congestion.pictureBps));
    const encoded = encoder.encode(block);
    if (encoded) this.#events.soundMade?.(encoded);
    if (!encoded || this.#people.size === 0 || this.#isClosed) return;
    const now = this.#outside.now();
    const packet = this.#audio.seal(encoded, now);
    this.#audio.meter.add(now, packet.length);
    this.#ways.send(packet);
  }

  stats(): MediaStats {
    const now = this.#outside.now();
    const people = [...this.#people.values()];
    const { video, screen } = this.#pictures;
    return {
      path: this.#ways.path,
      rttMs: rounded(this.#ways.rttMs),
      sent: {
        video: video.stats(now),
        ...(screen.hasBegun && { screen: screen.stats(now) }),
        audio: { kbps: round(this.#audio.meter.kbps(now)), packets: this.#audio.packets },
      },
      received: new Map(people.map((person) => [person.id, person.stats(now)])),
    };
  }

  /** Says goodbye. Idempotent; resolves when sockets and timers are gone. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#control([{ kind: 'bye', ssrcs: [this.#audio.ssrc, ...this.#pictures.ssrcs] }]);
    }
    this.#stopReports();
    this.#stopEstimates();
    this.#stopTick?.();
    this.#pictures.close();
    await this.#ways.close();
  }

  // ---- in -------------------------------------------------------------------------------------------------

  #rtp(bytes: Buffer, nowMs: number): void {
    if (bytes.length < rtpHeaderBytes) return;
    this.#personOf(ssrcOf(bytes))?.packet(bytes, nowMs, this.#roundTrips());
    if (!this.#stopTick && !this.#isClosed) this.#tickLater();
  }

  #personOf(ssrc: number): RemotePerson | undefined {
    return this.#bySsrc.get(ssrc - (ssrc % ssrcsPerParticipant));
  }

  #roundTrips(): RoundTrips {
    const relayMs = this.#ways.rttMs ?? 0;
    return { relayMs, senderMs: Math.max(relayMs, this.#far.ms ?? 0) };
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
    const nacks: RtcpPacket[] = [];
    for (const person of this.#people.values()) {
      const missing = person.missing(now);
      // What was dropped for want of room is not asked for again: that would only want more.
      for (const { ssrc, lost } of this.#congestion.isCongested(person, now) ? [] : missing) {
        nacks.push({ kind: 'nack', senderSsrc: this.#audio.ssrc, mediaSsrc: ssrc, lost });
      }
      isWaiting ||= person.isWaiting;
    }
    if (nacks.length > 0) this.#control(nacks);
    if (isWaiting && !this.#isClosed) this.#tickLater();
  }

  #rtcp(rtcp: Buffer): void {
    let packets: RtcpPacket[];
    try {
      packets = decodeRtcp(rtcp);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    for (const packet of packets) this.#feedback(packet);
    if (packets.some(isReport)) this.#congestion.reported(this.#outside.now());
  }

  #feedback(packet: RtcpPacket): void {
    switch (packet.kind) {
      case 'nack': {
        const stream =
          packet.mediaSsrc === this.#audio.ssrc ? this.#audio : this.#pictures.of(packet.mediaSsrc)?.video;
        if (stream)
          this.#resends.answer(stream, packet.lost, this.#congestion.pictureBps, this.#outside.now());
        return;
      }
      case 'sender-report': {
        const person = this.#personOf(packet.ssrc);
        if (!person) return;
        person.receptionOf(packet.ssrc)?.reported(packet.ntpMs, this.#outside.wallMs());
        this.#reports(packet.ssrc, packet.reports);
        return;
      }
      case 'receiver-report':
        this.#reports(packet.ssrc, packet.reports);
        return;
      case 'remb': {
        const person = this.#personOf(packet.senderSsrc);
        if (person && packet.ssrcs.includes(this.#pictures.video.video.ssrc))
          this.#congestion.heard(person.id, packet.bitsPerSecond, this.#outside.now());
        return;
      }
      case 'thin':
        this.#personOf(packet.ssrc)?.leftOut(packet.ssrc, packet.ranges, this.#outside.now());
        return;
      case 'sdes':
      case 'bye':
    }
  }

  /** The round trip to whoever reports (RFC 3550, section 6.4.1). */
  #reports(from: number, reports: readonly ReportBlock[]): void {
    // What one receiver loses for want of room the relay mends, which leaves pictures out for it: the others need not pay for it.
    const isThinned = this.#congestion.isThinned(this.#personOf(from)?.id, this.#outside.now());
    for (const report of reports) {
      const { ssrc, fractionLost, lastSr } = report;
      if (ssrc === this.#audio.ssrc && !isThinned) this.#sound.reported(fractionLost / 256);
      const sender = this.#pictures.of(ssrc);
      if (!isThinned) sender?.parity.reported(from, report, this.#outside.now());
      if (sender && sender === this.#pictures.main && !isThinned) {
        this.#congestion.lost(from, fractionLost / 256, this.#outside.now());
      }
      if (lastSr === 0 || (!sender && ssrc !== this.#audio.ssrc)) continue;
      this.#pictures.measured(this.#far.reported(report, this.#outside.wallMs()));
    }
  }

  // ---- what the ways carry ----------------------------------------------------------------------------------

  #estimateLater(): void {
    this.#stopEstimates = this.#outside.after(estimateEveryMs, () => {
      this.#congestion.update(this.#outside.now(), this.#roundTrips().senderMs);
      // One of both pictures may have begun, or rest.
      if (this.#pictures.screen.hasBegun) this.#shareOut();
      this.#estimateLater();
    });
  }

  #shareOut(): void {
    const budgets = this.#pictures.share(this.#congestion.pictureBps);
    this.#events.pictureRate(budgets.video);
    this.#events.screenRate?.(budgets.screen);
  }

  /** When something was captured, on this machine's clock; this moment while the sender's clock is not known. */
  #captured(person: RemotePerson, captureTimeMs: number | null): Captured {
    const oneWayMs = (this.#far.ms ?? this.#ways.rttMs ?? 0) / 2;
    return person.captured(captureTimeMs, this.#outside.wallMs(), oneWayMs);
  }

  // ---- reports --------------------------------------------------------------------------------------------

  #control(packets: readonly RtcpPacket[]): void {
    this.#ways.control(encodeRtcp(packets));
  }

  #reportLater(): void {
    this.#stopReports = this.#outside.after(reportAfterMs(this.#people.size, this.#outside.random()), () => {
      const streams = { pictures: this.#pictures.streams, audio: this.#audio };
      this.#control(report(streams, this.#people.values(), this.#outside.wallMs()));
      this.#reportLater();
    });
  }
}

// What comes in a call as plain RTP, for ffplay, VLC, GStreamer and other programs of this machine; and its description (SDP).
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { payloadType } from '../protocol/media-streams.js';
import { PytalkError, ProtocolError } from '../protocol/errors.js';
import { decodeRed } from '../protocol/red.js';
import { encodeRtcp } from '../protocol/rtcp.js';
import { packetiseJpeg, parseJpeg, type JpegParts } from '../protocol/rtp-jpeg.js';
import { encodeRtp, type RtpPacket } from '../protocol/rtp.js';
import type { ReceivedFrame } from './media.js';
import { theMachine } from './session/outside.js';
import { Pacer } from './session/pacer.js';
import { wallClock } from './session/wall-clock.js';

const portsPerPerson = 4;
const audioPortOffset = 2;
const maxPayloadBytes = 1_400 - 12;
const reportEveryMs = 1_000;
/** Programs that take it are near: three such bursts fit into the default buffer of a Linux socket. */
const packetsPerMs = 24;

type Fields = Pick<RtpPacket, 'payloadType' | 'marker' | 'timestamp' | 'payload'>;

/** One stream to one port, with sender reports (RFC 3550, section 6.4.1) to the port after it. */
class PlainStream {
  readonly #send: (bytes: Buffer, port: number) => void;
  readonly #port: number;
  readonly #ssrc = randomInt(1, 2 ** 32);
  #sequence = randomInt(0, 0x8000);
  #packets = 0;
  #octets = 0;
  #last: { timestamp: number; atMs: number } | null = null;

  constructor(port: number, send: (bytes: Buffer, port: number) => void) {
    this.#port = port;
    this.#send = send;
  }

  /** Numbers and sends a packet; returns its bytes. */
  send(fields: Fields): number {
    const sequenceNumber = this.#sequence;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets++;
    this.#octets += fields.payload.length;
    this.#last = { timestamp: fields.timestamp, atMs: wallClock() };
    const bytes = encodeRtp({ ...fields, sequenceNumber, ssrc: this.#ssrc, captureTimeMs: null });
    this.#send(bytes, this.#port);
    return bytes.length;
  }

  report(unitsPerMs: number): void {
    if (!this.#last) return;
    const now = wallClock();
    const report = encodeRtcp([
      {
        kind: 'sender-report',
        ssrc: this.#ssrc,
        ntpMs: now,
        rtpTimestamp: (this.#last.timestamp + Math.round((now - this.#last.atMs) * unitsPerMs)) >>> 0,
        packetCount: this.#packets,
        octetCount: this.#octets,
        reports: [],
      },
      { kind: 'sdes', ssrc: this.#ssrc, cname: 'pytalk' },
    ]);
    this.#send(report, this.#port + 1);
  }
}

interface Outlet {
  video: PlainStream;
  audio: PlainStream;
  pacer: Pacer<Fields>;
}

/** Where plain RTP goes: video to `port`, sound to `port` + 2, each further person 4 ports on. */
export interface RtpTarget {
  host: string;
  port: number;
}

async function resolve(host: string): Promise<{ address: string; family: number }> {
  return lookup(host).catch((cause: unknown) => {
    throw new PytalkError('usage', { details: { reason: `--rtp-out: there is no host ${host}` }, cause });
  });
}

/** Writes the SDP (RFC 8866) of what will be sent. Rejects with `file-unwritable`, or `usage` when there is no such host. */
export async function writeDescription(to: RtpTarget, path: string): Promise<void> {
  const found = await resolve(to.host);
  await writeFile(path, description(found, to.port)).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('file-unwritable', { details: { path, reason }, cause });
  });
}

export class RtpOut {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #port: number;
  /** By participant number, in the order in which they came. */
  readonly #outlets = new Map<number, Outlet>();
  readonly #timer: NodeJS.Timeout;
  #closing: Promise<void> | null = null;

  private constructor(socket: Socket, address: string, port: number) {
    this.#socket = socket;
    this.#address = address;
    this.#port = port;
    this.#timer = setInterval(() => {
      for (const { video, audio } of this.#outlets.values()) {
        video.report(90);
        audio.report(48);
      }
    }, reportEveryMs);
  }

  /** Rejects with `usage` when there is no such host. */
  static async open(to: RtpTarget): Promise<RtpOut> {
    const found = await resolve(to.host);
    const socket = createSocket({
      type: found.family === 6 ? 'udp6' : 'udp4',
      sendBufferSize: 4 * 1024 * 1024,
      lookup: (host, _options, callback) => callback(null, host, found.family),
    });
    // That nobody listens there yet is no error.
    socket.on('error', () => undefined);
    return new RtpOut(socket, found.address, to.port);
  }

  /** A whole picture: the very bytes that came, in packets of its own. Bytes that make no JPEG, as anybody can send, are left out. */
  frame({ from, jpeg, timestamp }: ReceivedFrame): void {
    let parts: JpegParts;
    try {
      parts = parseJpeg(jpeg);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    if (parts.problem !== null || parts.scan.length === 0) return;
    const { pacer } = this.#outlet(from);
    const payloads = packetiseJpeg(parts, maxPayloadBytes);
    pacer.add(
      payloads.map((payload, at) => ({
        payloadType: payloadType.jpeg,
        marker: at === payloads.length - 1,
        timestamp,
        payload,
      })),
    );
  }

  /** A packet of sound: what is redundant in it stays behind. */
  sound(from: number, packet: RtpPacket): void {
    let payload: Buffer | undefined;
    try {
      payload =
        packet.payloadType === payloadType.red ? decodeRed(packet.payload).at(-1)?.data : packet.payload;
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    if (!payload || payload.length === 0) return;
    const { audio } = this.#outlet(from);
    const { marker, timestamp } = packet;
    audio.send({ payloadType: payloadType.opus, marker, timestamp, payload });
  }

  #outlet(id: number): Outlet {
    const known = this.#outlets.get(id);
    if (known) return known;
    const first = this.#port + this.#outlets.size * portsPerPerson;
    const send = (bytes: Buffer, port: number): void => {
      if (port <= 65_535) this.#socket.send(bytes, port, this.#address);
    };
    const video = new PlainStream(first, send);
    const audio = new PlainStream(first + audioPortOffset, send);
    const pacer = new Pacer<Fields>((fields) => video.send(fields), theMachine, packetsPerMs);
    const outlet = { video, audio, pacer };
    this.#outlets.set(id, outlet);
    return outlet;
  }

  /** Idempotent. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    for (const { pacer } of this.#outlets.values()) pacer.close();
    return (this.#closing ??= new Promise((resolve) => this.#socket.close(() => resolve())));
  }
}

/** SDP (RFC 8866) of the first person's streams; Opus is declared with two channels whatever it carries (RFC 7587). */
function description({ address, family }: { address: string; family: number }, port: number): string {
  const where = `IN IP${family === 6 ? 6 : 4} ${address}`;
  return [
    'v=0',
    `o=- ${Date.now()} 1 ${where}`,
    's=PyTalk call',
    `c=${where}`,
    't=0 0',
    `m=video ${port} RTP/AVP ${payloadType.jpeg}`,
    `a=rtpmap:${payloadType.jpeg} JPEG/90000`,
    `m=audio ${port + audioPortOffset} RTP/AVP ${payloadType.opus}`,
    `a=rtpmap:${payloadType.opus} opus/48000/2`,
    `a=fmtp:${payloadType.opus} sprop-stereo=0;usedtx=1`,
    '',
  ].join('\r\n');
}

// Plain RTP over a simulated network, to compare with: nothing is asked for again, protected, paced or made to fit.
import { AudioEncoder, usualSound } from '../../src/media/audio/encoder.js';
import { AudioReceiver } from '../../src/media/audio/receiver.js';
import { FrameAssembly } from '../../src/media/session/frame-assembly.js';
import { payloadType } from '../../src/protocol/media-streams.js';
import { decodeJpegPayload, packetiseJpeg, parseJpeg } from '../../src/protocol/rtp-jpeg.js';
import { decodeRtp, encodeRtp, type RtpPacket } from '../../src/protocol/rtp.js';
import { BadNetwork, type Direction, type NetworkTraits } from '../../test/support/bad-network.js';
import { VirtualTime } from '../../test/support/virtual-time.js';
import { fps, tone, type Seen } from './measure.js';

const blockMs = 20;
const maxPayloadBytes = 1_155;
/** Pictures being put together at once. */
const maxAssemblies = 24;

/** What comes in one direction: shows each picture that is whole and newer than the last, and plays the sound. */
class PlainReceiver {
  readonly latenciesMs: number[] = [];
  readonly audio = new AudioReceiver();
  readonly #assemblies = new Map<number, FrameAssembly>();
  #shown = -1;

  packet(packet: RtpPacket, nowMs: number): void {
    if (packet.payloadType === payloadType.red) {
      this.audio.push({ ...packet, arrivedAtMs: nowMs });
      return;
    }
    // The timestamp is the time of sending, in milliseconds; the clock of both sides is one.
    if (packet.timestamp <= this.#shown) return;
    let assembly = this.#assemblies.get(packet.timestamp);
    if (!assembly) {
      assembly = new FrameAssembly(packet.timestamp, nowMs);
      this.#assemblies.set(packet.timestamp, assembly);
      const [oldest] = this.#assemblies.keys();
      if (this.#assemblies.size > maxAssemblies && oldest !== undefined) this.#assemblies.delete(oldest);
    }
    assembly.add(packet.sequenceNumber, decodeJpegPayload(packet.payload), packet.marker);
    if (!assembly.isComplete) return;
    this.#shown = packet.timestamp;
    this.#assemblies.delete(packet.timestamp);
    this.latenciesMs.push(nowMs - packet.timestamp);
  }
}

/** Both directions for `settleMs`, then for `measureMs`, which is what was seen. */
export function plainCall(
  jpeg: Buffer,
  traits: NetworkTraits,
  seed: number,
  { settleMs, measureMs }: { settleMs: number; measureMs: number },
): Seen[] {
  const time = new VirtualTime();
  const network = new BadNetwork(seed, traits, () => time.now());
  const payloads = packetiseJpeg(parseJpeg(jpeg), maxPayloadBytes);
  const ways = (['up', 'down'] as const).map((direction: Direction) => {
    const receiver = new PlainReceiver();
    let bytes = 0;
    const sequences = { video: 0, audio: 0 };
    const send = (packet: Omit<RtpPacket, 'ssrc' | 'captureTimeMs'>): void => {
      const rtp = encodeRtp({ ...packet, ssrc: 1, captureTimeMs: null });
      network.pass(rtp, direction, (copy, waitMs) => {
        time.after(waitMs, () => {
          bytes += copy.length;
          receiver.packet(decodeRtp(copy), time.now());
        });
      });
    };
    return { receiver, send, sequences, bytes: () => bytes };
  });
  const stopPictures = time.every(1000 / fps, () => {
    for (const { send, sequences } of ways) {
      for (const [at, payload] of payloads.entries()) {
        // Numbers beyond 16 bits would have to be told apart by rounds, which is not what is compared here.
        const sequenceNumber = sequences.video++ & 0xffff;
        const marker = at === payloads.length - 1;
        send({
          payloadType: payloadType.jpeg,
          marker,
          sequenceNumber,
          timestamp: Math.floor(time.now()),
          payload,
        });
      }
    }
  });
  const encoders = ways.map(() => new AudioEncoder({ ...usualSound, redundancy: 0 }));
  const stopSound = time.every(blockMs, () => {
    for (const [at, { send, sequences, receiver }] of ways.entries()) {
      const sound = encoders[at]?.encode({ samples: tone, capturedAt: time.now() });
      if (sound) send({ ...sound, sequenceNumber: sequences.audio++ & 0xffff });
      receiver.audio.pull(time.now());
    }
  });
  time.pass(settleMs);
  const before = ways.map(({ receiver, bytes }) => {
    receiver.latenciesMs.length = 0;
    return { bytes: bytes(), concealedMs: receiver.audio.stats.concealedMs };
  });
  time.pass(measureMs);
  stopPictures();
  stopSound();
  return ways.map(({ receiver, bytes }, at) => ({
    frames: receiver.latenciesMs.length,
    latenciesMs: receiver.latenciesMs,
    bytes: bytes() - (before[at]?.bytes ?? 0),
    concealedMs: receiver.audio.stats.concealedMs - (before[at]?.concealedMs ?? 0),
  }));
}

// A call in virtual time: real media sessions and the real core of the relay, with a network between them that a test may spoil.
import { randomBytes } from 'node:crypto';
import { AudioEncoder } from '../../src/media/audio/encoder.js';
import type { ReceivedFrame } from '../../src/media/media.js';
import { MediaSession } from '../../src/media/session/media-session.js';
import type { Datagram, Outside } from '../../src/media/session/outside.js';
import { RelayCore } from '../../src/server/relay/relay-core.js';
import { BadNetwork, seededRandom, type NetworkTraits } from './bad-network.js';
import { VirtualTime } from './virtual-time.js';

export interface VirtualSide {
  readonly id: number;
  readonly session: MediaSession;
  /** Every picture that came, in order, and how long after it was sent, in milliseconds. */
  readonly frames: ReceivedFrame[];
  readonly latencies: number[];
  /** Between this side and the relay. */
  readonly network: BadNetwork;
  /** The relay sees this side at another address from now on. */
  move(): void;
}

export interface VirtualCall {
  readonly time: VirtualTime;
  readonly relay: RelayCore;
  readonly sides: readonly VirtualSide[];
  /** All speak (a tone that never rests) and listen until the undo is called. */
  speak(): () => void;
  /** All send these pictures at an even pace; returns after the last one. */
  show(jpegs: readonly Buffer[], everyMs: number): void;
}

const relayAddress = { address: '198.51.100.1', port: 9999 };
const epochMs = 1_750_000_000_000;
const blockMs = 20;
const blockSamples = 960;

/** Begins a call of `count` whose tickets are all proven. `withKeys` false: nobody knows how to open what comes. */
export async function virtualCall(
  count: number,
  options: { traits?: readonly NetworkTraits[]; withKeys?: boolean; seed?: number } = {},
): Promise<VirtualCall> {
  const { traits = [], withKeys = true, seed = 7 } = options;
  const time = new VirtualTime();
  /** Who listens at which port of the relay's side of the network. */
  const ports = new Map<number, (bytes: Buffer) => void>();
  const relay = new RelayCore(
    (bytes, port) => ports.get(port)?.(bytes),
    () => time.now(),
  );
  time.every(1_000, () => relay.sweep());
  let lastPort = 40_000;

  const make = (id: number): VirtualSide & { key: { epoch: number; master: Buffer } } => {
    const ticket = {
      username: `user-${id}`,
      password: randomBytes(18).toString('base64url'),
      call: 'call',
      id,
      ssrc: id * 0x1000,
      toRelay: randomBytes(28),
      fromRelay: randomBytes(28),
    };
    relay.add(ticket);
    const network = new BadNetwork(seed + id, traits[id - 1] ?? {});
    const random = seededRandom(seed * 100 + id);
    let receive: Datagram = () => undefined;
    let port = 0;
    const move = (): void => {
      ports.delete(port);
      port = ++lastPort;
      ports.set(port, (bytes) => {
        network.pass(bytes, (copy, waitMs) => time.after(waitMs, () => receive(copy, relayAddress)));
      });
    };
    const outside: Outside = {
      now: () => time.now(),
      wallMs: () => epochMs + time.now(),
      random,
      after: (ms, run) => time.after(ms, run),
      resolve: (address) => Promise.resolve({ address, family: 4 }),
      openSocket: (_family, { datagram, ready }) => {
        move();
        receive = datagram;
        time.after(0, ready);
        return {
          send: (bytes) => {
            network.pass(bytes, (copy, waitMs) => {
              const from = port;
              time.after(waitMs, () => relay.datagram(copy, '203.0.113.1', from));
            });
          },
          close: async () => undefined,
        };
      },
    };
    const frames: ReceivedFrame[] = [];
    const latencies: number[] = [];
    const key = { epoch: 0, master: randomBytes(28) };
    const access = { host: relayAddress.address, port: relayAddress.port, ...ticket };
    const session = new MediaSession(
      { access, self: { ssrc: ticket.ssrc, key } },
      {
        frame: (frame) => {
          frames.push(frame);
          if (frame.latencyMs !== null) latencies.push(frame.latencyMs);
        },
        audioPacket: () => undefined,
        path: () => undefined,
      },
      outside,
    );
    return { id, session, frames, latencies, network, move, key };
  };

  const sides = Array.from({ length: count }, (_, at) => make(at + 1));
  for (const side of sides) {
    for (const other of sides.filter((one) => one !== side)) {
      side.session.addPerson({ id: other.id, ssrc: other.id * 0x1000 });
      if (withKeys) side.session.setKey(other.id, other.key);
    }
    side.session.start();
  }
  // Names are resolved by promises, which virtual time does not move.
  await new Promise((resolve) => setImmediate(resolve));
  for (let waits = 0; relay.bound < count && waits < 100; waits++) time.pass(100);

  return {
    time,
    relay,
    sides,
    speak: () => {
      const samples = Int16Array.from({ length: blockSamples }, (_, at) => 6000 * Math.sin(at / 15));
      const encoders = sides.map(() => new AudioEncoder());
      const stop = time.every(blockMs, () => {
        for (const [at, { session }] of sides.entries()) {
          session.sendSound(encoders[at]!, { samples, capturedAt: epochMs + time.now() });
          for (const person of session.people.values()) person.audio.pull(time.now());
        }
      });
      return stop;
    },
    show: (jpegs, everyMs) => {
      for (const jpeg of jpegs) {
        for (const { session } of sides) {
          session.sendFrame({ jpeg, width: 640, height: 480, capturedAt: epochMs + time.now() });
        }
        time.pass(everyMs);
      }
    },
  };
}

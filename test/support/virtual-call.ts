// A call in virtual time: real media sessions and the real core of the relay, with a network between them that a test may spoil.
import { randomBytes } from 'node:crypto';
import { AudioEncoder } from '../../src/media/audio/encoder.js';
import { encodedSmaller } from '../../src/media/adaptive-pictures.js';
import type { JpegFrame, MediaStats, ReceivedFrame } from '../../src/media/media.js';
import { divisors, QualityControl, tastes, type Encoding } from '../../src/media/quality.js';
import { maxScreenFps } from '../../src/media/screen-pace.js';
import { MediaSession } from '../../src/media/session/media-session.js';
import type { Datagram, Outside } from '../../src/media/session/outside.js';
import type { SocketAddress } from '../../src/protocol/stun.js';
import type { RtpPacket } from '../../src/protocol/rtp.js';
import { readConfig } from '../../src/server/config.js';
import { RelayCore } from '../../src/server/relay/relay-core.js';
import type { MediaRates, RelayParticipant } from '../../src/server/relay/relay-messages.js';
import { BadNetwork, seededRandom, type NetworkTraits } from './bad-network.js';
import { Tunnels, type TunnelEnd } from '../../src/server/calls/tunnels.js';
import { SleepyClock, VirtualTime } from './virtual-time.js';
import { VirtualInternet, VirtualNat, type NatKind } from './virtual-nat.js';
import { VirtualStream, type StreamTraits } from './virtual-tunnel.js';

export interface VirtualSide {
  readonly id: number;
  readonly session: MediaSession;
  /** What it proves itself to the relay with, and what it encrypts its streams with. */
  readonly ticket: RelayParticipant;
  readonly key: { epoch: number; master: Buffer };
  /** Every picture that came, in order, and how long after it was sent, in milliseconds. */
  readonly frames: ReceivedFrame[];
  readonly latencies: number[];
  /** The same of second pictures. */
  readonly screens: ReceivedFrame[];
  /** Decides what is sent of the pictures, as in a real call. */
  readonly control: QualityControl;
  readonly screenControl: QualityControl;
  /** Between this side and the relay. */
  readonly network: BadNetwork;
  /** Its chat connection, up and down; null where there is none. */
  readonly tunnel: {
    traits: StreamTraits;
    up: VirtualStream;
    down: VirtualStream;
    /** How often it was said that the connection may be dead. */
    suspected: number;
  } | null;
  /** Every path that it told, and when. */
  readonly paths: { path: MediaStats['path'] | null; atMs: number }[];
  /** Its machine sleeps for so long from now. */
  sleep(ms: number): void;
  /** Is told of sound as it came. */
  onSound: (from: number, packet: RtpPacket, capturedAt: number) => void;
  /** The relay sees this side at another address from now on. */
  move(): void;
  /** Takes a datagram as if it came from the relay's address, or from another one. */
  receive(bytes: Buffer, from?: SocketAddress): void;
  /** Sends a datagram to the relay beside its session. */
  send(bytes: Buffer): void;
}

export interface VirtualCall {
  readonly time: VirtualTime;
  /** Between all sides, without the relay. */
  readonly direct: BadNetwork;
  readonly internet: VirtualInternet;
  /** Somebody who takes part in the call from now on, or no longer. */
  join(): VirtualSide;
  leave(side: VirtualSide): Promise<void>;
  readonly relay: RelayCore;
  readonly sides: readonly VirtualSide[];
  /** These speak (a tone that never rests), all without `speakers`, the others are silent, and all listen until the undo is called. */
  speak(speakers?: readonly number[]): () => void;
  /** All send these pictures at an even pace; returns after the last one. */
  show(jpegs: readonly Buffer[], everyMs: number): void;
  /**
   * The same with pictures made to fit what the way carries, for so long; these are each picture's smaller forms. 30 a second
   * without `everyMs`.
   */
  adapt(pictures: SizedPicture, forMs: number, everyMs?: number): void;
  /** All send this as a second picture beside everything else, each time another one, until the undo is called. */
  share(screen: SizedPicture): () => void;
}

/** One picture in all the forms in which it may be sent. */
export interface SizedPicture {
  readonly native: JpegFrame;
  of(encoding: Encoding): JpegFrame;
}

const formQualities = [12, 16, 20, 25, 30, 37, 45, 55, 65, 75, 85];

/** Encodes a picture in all its forms beforehand, as virtual time does not wait for an encoder. */
export async function sizedPicture(jpeg: Buffer, size = { width: 640, height: 480 }): Promise<SizedPicture> {
  const native: JpegFrame = { jpeg, ...size, capturedAt: 0 };
  const forms = new Map<string, JpegFrame>();
  for (const divisor of divisors) {
    for (const quality of formQualities) {
      forms.set(`${divisor} ${quality}`, await encodedSmaller(native, { divisor, quality }));
    }
  }
  return {
    native,
    of: ({ divisor, quality }) => {
      const nearest = formQualities.findLast((one) => one <= quality) ?? formQualities[0]!;
      return forms.get(`${divisor} ${nearest}`)!;
    },
  };
}

const relayAddress = { address: '198.51.100.1', port: 9999 };
const epochMs = 1_750_000_000_000;
const blockMs = 20;
const blockSamples = 960;

/** Begins a call of `count` whose tickets are all proven. `withKeys` false: nobody knows how to open what comes. */
export async function virtualCall(
  count: number,
  options: {
    traits?: readonly NetworkTraits[];
    withKeys?: boolean;
    withTunnels?: boolean;
    seed?: number;
    /** What each may send; as configured without them. */
    rates?: MediaRates;
    /** What each encrypts with at first. */
    keyOf?: (id: number) => VirtualSide['key'];
    /** What each is behind; direct ways are looked for only where this is given, and not by those for whom it is null. */
    nats?: readonly (NatKind | null)[];
    /** What the network does to datagrams that go directly. */
    directTraits?: NetworkTraits;
    /** How long what is passed on by the server takes. */
    signalMs?: number;
  } = {},
): Promise<VirtualCall> {
  const { traits = [], withKeys = true, withTunnels = false, seed = 7 } = options;
  const { nats, directTraits = {}, signalMs = 40 } = options;
  const time = new VirtualTime();
  const direct = new BadNetwork(seed + 1_000, directTraits, () => time.now());
  const internet = new VirtualInternet();
  /** Who listens at which port of the relay's side of the network. */
  const ports = new Map<number, (bytes: Buffer) => void>();
  const mediaRates = options.rates ?? (await readConfig()).mediaRates;
  const tunnelRelay = {
    take: (bytes: Uint8Array, username: string) => relay.tunnelled(Buffer.from(bytes), username),
    onTunnelled: (_bytes: Buffer, _username: string): void => undefined,
  };
  const tunnels = new Tunnels(tunnelRelay, mediaRates, () => time.now());
  const relay: RelayCore = new RelayCore(
    {
      send: (bytes, port) => ports.get(port)?.(bytes),
      sendTunnelled: (bytes, username) => tunnelRelay.onTunnelled(bytes, username),
      later: (ms, run) => void time.after(ms, run),
    },
    () => time.now(),
    { rates: mediaRates, generation: 0 },
  );
  time.every(1_000, () => relay.sweep());
  let lastPort = 40_000;
  let lastId = 0;

  const make = (id: number): VirtualSide => {
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
    const network = new BadNetwork(seed + id, traits[id - 1] ?? {}, () => time.now());
    const random = seededRandom(seed * 100 + id);
    let receive: Datagram = () => undefined;
    let port = 0;
    let innerPort = 50_000 + 100 * id;
    const nat = new VirtualNat(nats?.[id - 1] ?? 'cone', {
      inner: `192.168.${id}.2`,
      outer: `203.0.113.${id}`,
      firstPort: 10_000 * id,
    });
    internet.join({
      nat,
      take: (bytes, to, from) => {
        direct.pass(bytes, id % 2 === 1 ? 'up' : 'down', (copy, waitMs) =>
          time.after(waitMs, () => {
            if (!clock.isAsleep && to === innerPort) receive(copy, from);
          }),
        );
      },
    });
    const move = (): void => {
      ports.delete(port);
      nat.forget();
      port = nats ? nat.out(innerPort, relayAddress).port : ++lastPort;
      ports.set(port, (bytes) => {
        network.pass(bytes, 'down', (copy, waitMs) =>
          time.after(waitMs, () => {
            if (!clock.isAsleep) receive(copy, relayAddress);
          }),
        );
      });
    };
    const clock = new SleepyClock(time);
    const outside: Outside = {
      now: () => clock.now(),
      wallMs: () => epochMs + clock.now(),
      random,
      after: (ms, run) => clock.after(ms, run),
      resolve: (address) => Promise.resolve({ address, family: 4 }),
      addresses: () => [{ address: nat.inner, family: 4, isLoopback: false }],
      openSocket: (_family, { datagram, ready }) => {
        innerPort++;
        move();
        receive = datagram;
        time.after(0, ready);
        return {
          port: innerPort,
          send: (bytes, toPort, address) => {
            if (address !== relayAddress.address) {
              internet.send(nat, innerPort, { address, port: toPort }, bytes);
              return;
            }
            network.pass(bytes, 'up', (copy, waitMs) => {
              const from = port;
              time.after(waitMs, () => relay.datagram(copy, nat.outer, from));
            });
          },
          close: async () => {
            receive = () => undefined;
          },
        };
      },
    };
    const frames: ReceivedFrame[] = [];
    const screens: ReceivedFrame[] = [];
    const control = new QualityControl();
    const screenControl = new QualityControl(tastes.screen);
    const latencies: number[] = [];
    const key = options.keyOf?.(id) ?? { epoch: 0, master: randomBytes(28) };
    const paths: VirtualSide['paths'] = [];
    let take = (_bytes: Buffer): void => undefined;
    const up = new VirtualStream(time, (bytes) => tunnels.received(end, { ssrc: ticket.ssrc, bytes }));
    const down = new VirtualStream(time, (bytes) => clock.isAsleep || take(bytes));
    const end: TunnelEnd = {
      sendDatagram: (_ssrc, bytes) => down.write(bytes),
      get datagramsWaitMs() {
        return down.waitMs;
      },
    };
    if (withTunnels) tunnels.attach(ticket, end);
    const tunnel = {
      up,
      down,
      suspected: 0,
      get traits() {
        return up.traits;
      },
      set traits(traits: StreamTraits) {
        up.traits = down.traits = traits;
      },
    };
    const mediaTunnel = {
      get waitMs() {
        return up.traits.isLost === true ? null : up.waitMs;
      },
      send: (bytes: Buffer) => up.write(bytes),
      suspect: () => {
        tunnel.suspected++;
      },
      onDatagram: (taker: (bytes: Buffer) => void) => {
        take = taker;
        return () => undefined;
      },
    };
    const access = { host: relayAddress.address, port: relayAddress.port, ...ticket };
    const session = new MediaSession(
      { access, self: { id, ssrc: ticket.ssrc, key }, tunnel: withTunnels ? mediaTunnel : null },
      {
        frame: (frame) => {
          frames.push(frame);
          if (frame.latencyMs !== null) latencies.push(frame.latencyMs);
        },
        audioPacket: (from, packet, capturedAt) => side.onSound(from, packet, capturedAt),
        path: (path) => paths.push({ path, atMs: time.now() }),
        screen: (frame) => screens.push(frame),
        pictureRate: (bps) => control.setBudget(bps),
        screenRate: (bps) => screenControl.setBudget(bps),
        ...(nats &&
          nats[id - 1] !== null && {
            offer: (to: number, bytes: Buffer) =>
              void time.after(signalMs, () => byId.get(to)?.session.offerCame(id, bytes)),
          }),
      },
      outside,
    );
    const onSound = (): void => undefined;
    const more = {
      receive: (bytes: Buffer, from = relayAddress) => receive(bytes, from),
      send: (bytes: Buffer) => relay.datagram(bytes, nat.outer, port),
      onSound,
      paths,
      tunnel: withTunnels ? tunnel : null,
      sleep: (ms: number) => clock.sleep(ms),
    };
    const side: VirtualSide & { ticket: typeof ticket; key: typeof key } = {
      ...{
        id,
        session,
        ticket,
        key,
        frames,
        latencies,
        screens,
        network,
        control,
        screenControl,
        move,
        ...more,
      },
    };
    return side;
  };

  const sides: VirtualSide[] = [];
  const byId = new Map<number, VirtualSide>();
  const meet = (side: VirtualSide, other: VirtualSide): void => {
    side.session.addPerson({ id: other.id, ssrc: other.id * 0x1000 });
    if (withKeys) side.session.setKey(other.id, other.key);
  };
  const join = (): VirtualSide => {
    const side = make(++lastId);
    for (const other of sides) {
      meet(side, other);
      meet(other, side);
    }
    sides.push(side);
    byId.set(side.id, side);
    side.session.start();
    return side;
  };
  while (sides.length < count) join();
  // Names are resolved by promises, which virtual time does not move.
  await new Promise((resolve) => setImmediate(resolve));
  for (let waits = 0; relay.bound < count && waits < 100; waits++) time.pass(100);

  const send = (
    session: MediaSession,
    control: QualityControl,
    picture: SizedPicture,
    stream: 'video' | 'screen',
  ): void => {
    const { jpeg, width, height } = picture.native;
    const decision = control.decide({ bytes: jpeg.length, width, height }, time.now());
    if (decision === 'skip') return;
    const form = decision === 'pass' ? picture.native : picture.of(decision);
    const bytes = session.sendFrame({ ...form, capturedAt: epochMs + time.now() }, stream);
    control.sent(bytes, decision === 'pass' ? null : decision);
  };

  return {
    time,
    relay,
    sides,
    direct,
    internet,
    join,
    leave: async (side) => {
      sides.splice(sides.indexOf(side), 1);
      byId.delete(side.id);
      relay.remove(side.ticket.username);
      for (const other of sides) other.session.removePerson(side.id);
      await side.session.close();
    },
    speak: (speakers) => {
      const samples = Int16Array.from({ length: blockSamples }, (_, at) => 6000 * Math.sin(at / 15));
      const silence = new Int16Array(blockSamples);
      const encoders = new Map<number, AudioEncoder>();
      const stop = time.every(blockMs, () => {
        for (const { id, session } of sides) {
          const encoder = encoders.get(id) ?? new AudioEncoder();
          encoders.set(id, encoder);
          const heard = !speakers || speakers.includes(id) ? samples : silence;
          session.sendSound(encoder, { samples: heard, capturedAt: epochMs + time.now() });
          for (const person of session.people.values()) person.audio.pull(time.now());
        }
      });
      return stop;
    },
    adapt: (picture, forMs, everyMs = 1000 / 30) => {
      const endMs = time.now() + forMs;
      while (time.now() < endMs) {
        for (const { session, control } of sides) send(session, control, picture, 'video');
        time.pass(everyMs);
      }
    },
    share: (screen) =>
      time.every(1000 / maxScreenFps, () => {
        for (const { session, screenControl } of sides) send(session, screenControl, screen, 'screen');
      }),
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

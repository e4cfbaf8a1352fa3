// A bad network between clients and a relay: loses, delays, repeats and blocks datagrams, always the same for the same seed.
import { createSocket, type Socket } from 'node:dgram';

export interface NetworkTraits {
  /** Share lost in each direction, 0 to 1. */
  loss?: number;
  /** Milliseconds in each direction. */
  delayMs?: number;
  /** Up to so many milliseconds more, for each datagram anew: datagrams overtake each other. */
  jitterMs?: number;
  /** Share that comes twice. */
  duplicate?: number;
  blocked?: boolean;
}

export interface UdpProxy {
  readonly port: number;
  /** May be changed at any time. */
  traits: NetworkTraits;
  /** Changes one datagram in so many, in one bit; 0 for none. */
  flipEvery: number;
  readonly counters: { passed: number; lost: number };
  /** Gives each client a new address as the relay sees it, as a move from wifi to mobile does. */
  moveClients(): Promise<void>;
  close(): Promise<void>;
}

/** A small generator of random numbers (mulberry32): the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Listens on a free loopback port and passes datagrams on to the relay at `target`. */
export async function openUdpProxy(
  target: number,
  seed: number,
  traits: NetworkTraits = {},
): Promise<UdpProxy> {
  const random = seededRandom(seed);
  const near = await bound();
  const far = new Map<number, Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let count = 0;
  let isClosed = false;
  const pass = (bytes: Buffer, send: (bytes: Buffer) => void): void => {
    const { loss = 0, delayMs = 0, jitterMs = 0, duplicate = 0, blocked = false } = proxy.traits;
    if (blocked || random() < loss) {
      proxy.counters.lost++;
      return;
    }
    proxy.counters.passed++;
    const copy = Buffer.from(bytes);
    if (proxy.flipEvery > 0 && ++count % proxy.flipEvery === 0) {
      const at = Math.floor(random() * copy.length);
      copy[at] = copy[at]! ^ (1 << Math.floor(random() * 8));
    }
    for (let copies = random() < duplicate ? 2 : 1; copies > 0; copies--) {
      const waitMs = delayMs + random() * jitterMs;
      if (waitMs === 0) send(copy);
      else {
        const timer = setTimeout(() => {
          timers.delete(timer);
          if (!isClosed) send(copy);
        }, waitMs);
        timers.add(timer);
      }
    }
  };
  const farOf = async (port: number): Promise<Socket> => {
    const known = far.get(port);
    if (known) return known;
    const socket = await bound();
    const first = far.get(port);
    if (first) {
      socket.close();
      return first;
    }
    far.set(port, socket);
    socket.on('message', (bytes) => pass(bytes, (copy) => near.send(copy, port, '127.0.0.1')));
    return socket;
  };
  near.on('message', (bytes, { port }) => {
    const known = far.get(port);
    if (known) pass(bytes, (copy) => known.send(copy, target, '127.0.0.1'));
    else void farOf(port).then((socket) => pass(bytes, (copy) => socket.send(copy, target, '127.0.0.1')));
  });
  const closeFar = async (): Promise<void> => {
    const sockets = [...far.values()];
    far.clear();
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  };
  const proxy: UdpProxy = {
    port: near.address().port,
    traits,
    flipEvery: 0,
    counters: { passed: 0, lost: 0 },
    moveClients: closeFar,
    close: async () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      await closeFar();
      await new Promise<void>((resolve) => near.close(() => resolve()));
    },
  };
  return proxy;
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

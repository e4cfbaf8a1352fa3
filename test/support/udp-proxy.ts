// A bad network between clients and a relay on loopback: a socket for each client, and what `BadNetwork` does on the way.
import { createSocket, type Socket } from 'node:dgram';
import { BadNetwork, type Direction, type NetworkTraits } from './bad-network.js';

export interface ProxyOptions {
  /** Of the clients, in the order in which they come, so many are behind the bad network; the way of the others is good. */
  behind?: number;
  /** Where it listens; by default on a free port of 127.0.0.1. */
  at?: { host: string; port: number };
  /** Sees each datagram as it comes, before anything happens to it. */
  watch?: (bytes: Buffer, direction: Direction) => void;
}

export interface UdpProxy {
  readonly port: number;
  /** Port of the relay; may be set later, for a relay that must know this port first. */
  target: number;
  /** What it does; its traits may be changed at any time. */
  readonly network: BadNetwork;
  /** Gives each client a new address as the relay sees it, as a move from wifi to mobile does. */
  moveClients(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a loopback port and passes datagrams on to the relay at `target`. */
export async function openUdpProxy(
  target: number,
  seed: number,
  traits: NetworkTraits = {},
  { behind = Infinity, watch, at }: ProxyOptions = {},
): Promise<UdpProxy> {
  let relayPort = target;
  const near = await bound(at);
  const far = new Map<number, Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const network = new BadNetwork(seed, traits, () => performance.now());
  let isClosed = false;
  const clients: number[] = [];
  const isBehind = (client: number): boolean => {
    if (!clients.includes(client)) clients.push(client);
    return clients.indexOf(client) < behind;
  };
  const pass = (client: number, bytes: Buffer, direction: Direction, send: (bytes: Buffer) => void): void => {
    watch?.(bytes, direction);
    if (!isBehind(client)) {
      send(bytes);
      return;
    }
    network.pass(bytes, direction, (copy, waitMs) => {
      if (waitMs === 0) send(copy);
      else {
        const timer = setTimeout(() => {
          timers.delete(timer);
          if (!isClosed) send(copy);
        }, waitMs);
        timers.add(timer);
      }
    });
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
    socket.on('message', (bytes) => pass(port, bytes, 'down', (copy) => near.send(copy, port, '127.0.0.1')));
    return socket;
  };
  near.on('message', (bytes, { port }) => {
    const known = far.get(port);
    if (known) pass(port, bytes, 'up', (copy) => known.send(copy, relayPort, '127.0.0.1'));
    else
      void farOf(port).then((socket) =>
        pass(port, bytes, 'up', (copy) => socket.send(copy, relayPort, '127.0.0.1')),
      );
  });
  const closeFar = async (): Promise<void> => {
    const sockets = [...far.values()];
    far.clear();
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  };
  return {
    port: near.address().port,
    get target() {
      return relayPort;
    },
    set target(port: number) {
      relayPort = port;
    },
    network,
    moveClients: closeFar,
    close: async () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      await closeFar();
      await new Promise<void>((resolve) => near.close(() => resolve()));
    },
  };
}

async function bound({ host, port } = { host: '127.0.0.1', port: 0 }): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(port, host, resolve));
  return socket;
}

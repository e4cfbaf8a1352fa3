// What a call's media needs of the machine: time, chance, names and UDP sockets; passed in, so that tests need no sleep and no network.
import { createSocket } from 'node:dgram';
import { lookup as resolveName } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { wallClock } from './wall-clock.js';

/** Holds a burst of pictures while this thread is busy. */
const socketBufferBytes = 4 * 1024 * 1024;

export interface Clock {
  /** Milliseconds, with fractions, on a clock that never goes back. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; returns the undo. */
  after(ms: number, run: () => void): () => void;
}

/** An open UDP socket. */
export interface DatagramSocket {
  /** Sends to a numeric address; what the network does to it is not known. */
  send(bytes: Buffer, port: number, address: string): void;
  close(): Promise<void>;
  /** Its own port; 0 before it is ready. */
  readonly port: number;
}

/** An address that this machine has. */
export interface MachineAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly isLoopback: boolean;
}

export type Datagram = (bytes: Buffer, from: { address: string; port: number }) => void;

export interface Outside extends Clock {
  /** Milliseconds since 1970, with fractions; never jumps. */
  wallMs(): number;
  /** A number from 0 up to but not 1. */
  random(): number;
  /** The address of a name; null when it cannot be known now. */
  resolve(host: string): Promise<{ address: string; family: number } | null>;
  /** The machine's addresses, as they are now. */
  addresses(): readonly MachineAddress[];
  /** A socket on a free port; `ready` is called once it may send, never before this returns. */
  openSocket(family: number, events: { datagram: Datagram; ready: () => void }): DatagramSocket;
}

/** The machine itself. */
export const theMachine: Outside = {
  now: () => performance.now(),
  wallMs: wallClock,
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  resolve: (host) => resolveName(host).catch(() => null),
  addresses: () => {
    try {
      return Object.values(networkInterfaces()).flatMap((all = []) =>
        all.map(({ address, family, internal }) => ({
          address,
          family: family === 'IPv6' ? (6 as const) : (4 as const),
          isLoopback: internal,
        })),
      );
    } catch {
      // On Android, where a program may not ask.
      return [];
    }
  },
  openSocket: (family, { datagram, ready }) => {
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      recvBufferSize: socketBufferBytes,
      sendBufferSize: socketBufferBytes,
      // The address is a number already.
      lookup: (host, _options, callback) => callback(null, host, family),
    });
    let closing: Promise<void> | null = null;
    let port = 0;
    socket.on('error', () => undefined);
    socket.on('message', datagram);
    socket.bind(0, () => {
      ({ port } = socket.address());
      queueMicrotask(ready);
    });
    return {
      get port() {
        return port;
      },
      send: (bytes, port, address) => {
        if (!closing) socket.send(bytes, port, address);
      },
      close: () => (closing ??= new Promise((resolve) => socket.close(() => resolve()))),
    };
  },
};

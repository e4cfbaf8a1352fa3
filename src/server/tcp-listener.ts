// The TCP port: accepts connections over TLS or plain, counts them, keeps them alive, and lets them go when it stops.
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { PytalkError } from '../protocol/errors.js';
import type { Certificate } from './certificate.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { dispatch } from './dispatch.js';
import type { ServerContext } from './handler.js';

const heartbeatCheckMs = 5_000;
const sweepMs = 60_000;
/** A person may take this long to type a password; programs log in at once. */
const loginTimeoutMs = 10 * 60_000;
/** What is not sent by then when the server stops is dropped. */
const stopGraceMs = 1_500;

interface TcpListener {
  address: { host: string; port: number };
  /** For connections from now on; those that are open keep theirs. */
  useCertificate(certificate: Certificate): void;
  close(): Promise<void>;
}

/** Listens; rejects with PytalkError when the port cannot be had. Without a certificate it speaks plain TCP. */
export async function listenTcp(
  context: ServerContext,
  certificate: Certificate | null,
  options: { host?: string; port?: number },
): Promise<TcpListener> {
  const { hub, config, log } = context;
  const perAddress = new Map<string, number>();
  const owner: ConnectionOwner = {
    request: (connection, value) => dispatch(context, connection, value),
    datagram: (connection, datagram) => context.calls.tunnels.received(connection, datagram),
    signedIn: (connection) => hub.signedIn(connection),
    closed: (connection) => {
      countDown(perAddress, connection.address);
      hub.disconnected(connection);
    },
    now: () => context.now(),
  };
  const connections = new Set<Connection>();
  const accept = (socket: Socket): void => {
    const address = socket.remoteAddress ?? '';
    const count = perAddress.get(address) ?? 0;
    if (connections.size >= config.maxConnections || count >= config.maxConnectionsPerAddress) {
      new Connection(socket, { ...owner, closed: () => undefined }).end('server-full');
      return;
    }
    perAddress.set(address, count + 1);
    const connection = new Connection(socket, owner);
    // After the connection's own listener, which has copied what it keeps.
    socket.on('data', freeRead);
    connections.add(connection);
    hub.connected(connection);
    socket.once('close', () => connections.delete(connection));
  };
  const server: Server = certificate
    ? createTlsServer(
        {
          key: certificate.key,
          cert: certificate.cert,
          minVersion: 'TLSv1.3',
          noDelay: true,
          handshakeTimeout: 10_000,
        },
        accept,
      )
    : createPlainServer({ noDelay: true }, accept);
  server.on('tlsClientError', (error: Error) => log.debug({ err: error }, 'TLS handshake failed'));
  // Raw sockets are ended too when the server stops while a handshake is under way.
  const raw = new Set<Socket>();
  const rawPerAddress = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    const address = socket.remoteAddress ?? '';
    const count = rawPerAddress.get(address) ?? 0;
    // Those who never finish their handshake are not connections yet, and must not be without number either.
    if (raw.size >= 2 * config.maxConnections || count >= 2 * config.maxConnectionsPerAddress) {
      socket.destroy();
      return;
    }
    raw.add(socket);
    rawPerAddress.set(address, count + 1);
    socket.once('close', () => {
      raw.delete(socket);
      countDown(rawPerAddress, address);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = `${options.host ?? '0.0.0.0'}:${options.port ?? 5000}`;
      const reason =
        cause.code === 'EADDRINUSE' ? `${where} is in use: choose another with --port` : cause.message;
      reject(new PytalkError('usage', { details: { reason }, cause }));
    });
    server.listen({ port: options.port ?? 5000, host: options.host ?? '0.0.0.0', backlog: 1024 }, resolve);
  });
  const heartbeat = setInterval(() => {
    const now = context.now();
    for (const connection of connections) connection.checkAlive(now, loginTimeoutMs);
  }, heartbeatCheckMs);
  const sweep = setInterval(() => hub.sweep(), sweepMs);
  const address = server.address() as AddressInfo;
  return {
    address: { host: address.address, port: address.port },
    useCertificate: ({ cert, key }) => {
      if (server instanceof TlsServer) server.setSecureContext({ cert, key, minVersion: 'TLSv1.3' });
    },
    close: async () => {
      clearInterval(heartbeat);
      clearInterval(sweep);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await hub.close();
      const grace = setTimeout(() => {
        for (const socket of raw) socket.destroy();
      }, stopGraceMs);
      await closed;
      clearTimeout(grace);
    },
  };
}

/** Reads that are shorter are left to the garbage collector: a message is not worth the call. */
const minFreedBytes = 4096;

/**
 * Frees what a socket has read, at once. During an upload each 16 KiB are a buffer of their own, and V8 collects
 * them only when there are 64 MB of them (measured with Node 24). Node 20, which has no `transfer`, does so earlier.
 */
function freeRead(data: Buffer): void {
  const { buffer } = data as { buffer: { byteLength: number; transfer?: (bytes: number) => unknown } };
  // One that is larger holds the bytes of others too.
  if (data.length >= minFreedBytes && data.length === buffer.byteLength) buffer.transfer?.(0);
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

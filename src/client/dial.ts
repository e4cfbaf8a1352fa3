// Opens the socket to a server, and says whose certificate is at the other end.
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { PytalkError } from '../protocol/errors.js';
import type { Address } from './address.js';
import type { Timers } from './timers.js';

export interface Dialled {
  socket: Socket;
  /** SHA-256 of the certificate, lower-case hexadecimal; null without TLS. */
  fingerprint: string | null;
  /** True when a public authority vouches for the certificate and it fits the host. */
  vouched: boolean;
}

export interface DialOptions {
  tls: boolean;
  timeoutMs: number;
  timers: Timers;
  /** Gives up at once, with `closed`. */
  signal?: AbortSignal;
  /** PEM of authorities to trust instead of the system's, for tests. */
  ca?: string;
}

/**
 * Connects; nothing has been written yet, so that the caller can judge the certificate first.
 * Rejects with `unreachable`, `timeout` or `tls-needed`.
 */
export function dial(address: Address, options: DialOptions): Promise<Dialled> {
  const { host, port, name } = address;
  return new Promise((resolve, reject) => {
    const socket = options.tls
      ? connectTls({
          host,
          port,
          minVersion: 'TLSv1.3',
          // Judged by fingerprint (pins.ts) when no authority vouches for it.
          rejectUnauthorized: false,
          ...(isIP(host) === 0 && { servername: host }),
          ...(options.ca !== undefined && { ca: options.ca }),
        })
      : connectPlain({ host, port });
    const seconds = options.timeoutMs / 1000;
    const stopTimer = options.timers.after(options.timeoutMs, () =>
      fail(new PytalkError('timeout', { details: { seconds } })),
    );
    const abort = (): void => fail(new PytalkError('closed'));
    const fail = (error: PytalkError): void => {
      stopTimer();
      options.signal?.removeEventListener('abort', abort);
      socket.destroy();
      reject(error);
    };
    options.signal?.addEventListener('abort', abort);
    socket.setNoDelay(true);
    socket.on('error', (error: NodeJS.ErrnoException) => fail(dialError(name, error, options.tls)));
    socket.once('close', () =>
      fail(new PytalkError('unreachable', { details: { server: name, reason: 'closed' } })),
    );
    socket.once(options.tls ? 'secureConnect' : 'connect', () => {
      stopTimer();
      options.signal?.removeEventListener('abort', abort);
      socket.removeAllListeners();
      // Until the connection takes over, an error must not end the process.
      socket.on('error', () => undefined);
      resolve({ socket, ...certificateOf(socket) });
    });
  });
}

function certificateOf(socket: Socket | TLSSocket): Pick<Dialled, 'fingerprint' | 'vouched'> {
  if (!('getPeerCertificate' in socket)) return { fingerprint: null, vouched: false };
  const certificate = socket.getPeerCertificate();
  return {
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    vouched: socket.authorized,
  };
}

function dialError(server: string, error: NodeJS.ErrnoException, tls: boolean): PytalkError {
  // A peer that answers a TLS greeting with anything else (OpenSSL: wrong version number, packet length too long).
  if (
    tls &&
    (error.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || error.code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
  ) {
    return new PytalkError('tls-needed', { details: { server }, cause: error });
  }
  // Several addresses were tried: each has its own error.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const reason = first instanceof Error ? first.message : error.message;
  return new PytalkError('unreachable', { details: { server, reason }, cause: error });
}

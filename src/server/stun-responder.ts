// The UDP port: tells whoever asks by STUN under which address they are seen, and counts everything else.
import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { PytalkError, ProtocolError } from '../protocol/errors.js';
import { decodeStun, encodeStun, encodeXorAddress, stunAttribute, stunType } from '../protocol/stun.js';

export interface StunResponder {
  address: { host: string; port: number };
  readonly counters: { answered: number; ignored: number };
  /** Idempotent. */
  close(): Promise<void>;
}

/** Listens. Rejects with PytalkError `usage` when the port cannot be had. */
export async function startStunResponder(options: { host: string; port: number }): Promise<StunResponder> {
  const { host, port } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const where = `${host}:${port}/udp`;
      const reason =
        cause.code === 'EADDRINUSE' ? `${where} is in use: choose another with --udp-port` : cause.message;
      socket.close();
      reject(new PytalkError('usage', { details: { reason }, cause }));
    });
    socket.bind(port, host, resolve);
  });
  const counters = { answered: 0, ignored: 0 };
  // What the network says about an answer that did not get there changes nothing.
  socket.removeAllListeners('error').on('error', () => undefined);
  socket.on('message', (datagram, from) => {
    const answer = answerTo(datagram, from);
    if (!answer) {
      counters.ignored++;
      return;
    }
    counters.answered++;
    socket.send(answer, from.port, from.address, () => undefined);
  });
  const bound = socket.address();
  let closing: Promise<void> | null = null;
  return {
    address: { host: bound.address, port: bound.port },
    counters,
    close: () => (closing ??= new Promise((resolve) => socket.close(() => resolve()))),
  };
}

/** Null for what is no Binding request, and for one that is shorter than its answer: nobody can be flooded through it. */
export function answerTo(datagram: Buffer, from: Pick<RemoteInfo, 'address' | 'port'>): Buffer | null {
  try {
    const { type, transactionId, attributes } = decodeStun(datagram);
    // Attributes up to 0x7fff must be understood (RFC 8489, section 14).
    const unknown = attributes.some(
      (attribute) => attribute.type < 0x8000 && attribute.type !== stunAttribute.padding,
    );
    if (type !== stunType.bindingRequest || unknown) return null;
    const value = encodeXorAddress(from, transactionId);
    const answer = encodeStun({
      type: stunType.bindingSuccess,
      transactionId,
      attributes: [{ type: stunAttribute.xorMappedAddress, value }],
    });
    return answer.length <= datagram.length ? answer : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

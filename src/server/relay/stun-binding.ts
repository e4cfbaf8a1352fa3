// STUN Binding requests (RFC 8489) as the relay takes and answers them.
import { ProtocolError } from '../../protocol/errors.js';
import {
  checkIntegrity,
  decodeStun,
  encodeStun,
  encodeXorAddress,
  stunAttribute,
  stunType,
  type SocketAddress,
} from '../../protocol/stun.js';

export interface Binding {
  readonly transactionId: Buffer;
  /** Null when the request has no ticket. */
  readonly username: string | null;
  /** Ours (`stunAttribute.counter`); null when it is missing. */
  readonly counter: bigint | null;
  /** Whether MESSAGE-INTEGRITY was made with this password. */
  isFrom(password: string): boolean;
}

/** Attributes below 0x8000 must be understood (section 14). */
const understood: ReadonlySet<number> = new Set([
  stunAttribute.username,
  stunAttribute.messageIntegrity,
  stunAttribute.padding,
]);

/** Null for what is no Binding request, or one that asks for what the relay does not know. */
export function readBinding(bytes: Buffer): Binding | null {
  try {
    const { type, transactionId, attributes } = decodeStun(bytes);
    if (type !== stunType.bindingRequest) return null;
    if (attributes.some((attribute) => attribute.type < 0x8000 && !understood.has(attribute.type)))
      return null;
    const find = (wanted: number): Buffer | null =>
      attributes.find((attribute) => attribute.type === wanted)?.value ?? null;
    const counter = find(stunAttribute.counter);
    return {
      transactionId,
      username: find(stunAttribute.username)?.toString('utf8') ?? null,
      counter: counter?.length === 8 ? counter.readBigUInt64BE(0) : null,
      isFrom: (password) => checkIntegrity(bytes, password),
    };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** The answer: under which address the request was seen; with a password, proven. */
export function answerBinding(
  { transactionId }: Binding,
  from: SocketAddress,
  password: string | null,
): Buffer {
  const value = encodeXorAddress(from, transactionId);
  return encodeStun(
    {
      type: stunType.bindingSuccess,
      transactionId,
      attributes: [{ type: stunAttribute.xorMappedAddress, value }],
    },
    password === null ? {} : { integrityKey: password },
  );
}

// STUN Binding requests (RFC 8489) as the relay takes and answers them.
import { ProtocolError } from '../../protocol/errors.js';
import { encodeTraffic, type BindingTraffic } from '../../protocol/binding-traffic.js';
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
  /** What an answer gave to be given back; null when it is missing. */
  readonly proof: Buffer | null;
  /** Whether media is to go this way from now on. */
  readonly isChoice: boolean;
  /** Bytes that make it longer; its answer is made as long. */
  readonly paddingBytes: number;
  /** Whether MESSAGE-INTEGRITY was made with this password. */
  isFrom(password: string): boolean;
}

/** Attributes below 0x8000 must be understood (section 14). */
const understood: ReadonlySet<number> = new Set([
  stunAttribute.username,
  stunAttribute.messageIntegrity,
  stunAttribute.useCandidate,
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
      proof: find(stunAttribute.proof),
      isChoice: find(stunAttribute.useCandidate) !== null,
      paddingBytes: find(stunAttribute.padding)?.length ?? 0,
      isFrom: (password) => checkIntegrity(bytes, password),
    };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** The answer to a stranger: under which address the request was seen. */
export function answerStranger({ transactionId }: Binding, from: SocketAddress): Buffer {
  const attributes = [mappedAddress(from, transactionId)];
  return encodeStun({ type: stunType.bindingSuccess, transactionId, attributes });
}

/** What an answer has and a request has not, at most. */
const answerExtraBytes = 48;

/** The answer to a participant, proven, and about as long as the request was made, but no longer. `traffic`: of this way, when it is counted; `proof`: to be given back. */
export function answerParticipant(
  { transactionId, paddingBytes }: Binding,
  from: SocketAddress,
  password: string,
  { traffic = null, proof = null }: { traffic?: BindingTraffic | null; proof?: Buffer | null } = {},
): Buffer {
  const attributes = [mappedAddress(from, transactionId)];
  if (traffic) attributes.push({ type: stunAttribute.traffic, value: encodeTraffic(traffic) });
  if (proof) attributes.push({ type: stunAttribute.proof, value: proof });
  const paddedBytes = paddingBytes - answerExtraBytes;
  if (paddedBytes > 0) attributes.push({ type: stunAttribute.padding, value: Buffer.alloc(paddedBytes) });
  return encodeStun({ type: stunType.bindingSuccess, transactionId, attributes }, { integrityKey: password });
}

function mappedAddress(from: SocketAddress, transactionId: Buffer): { type: number; value: Buffer } {
  return { type: stunAttribute.xorMappedAddress, value: encodeXorAddress(from, transactionId) };
}

// Connectivity checks of ICE (RFC 8445) as both ends of a call write and read them, and in which order ways are tried; pure values.
import { ProtocolError } from './errors.js';
import {
  checkIntegrity,
  decodeStun,
  decodeXorAddress,
  encodeStun,
  encodeXorAddress,
  stunAttribute,
  stunType,
  type SocketAddress,
  type StunMessage,
} from './stun.js';

/** How an address is known: of the machine itself, as the relay saw it, or as a check came from it. */
export type CandidateKind = 'host' | 'srflx' | 'prflx';
const typePreference: Record<CandidateKind, number> = { host: 126, prflx: 110, srflx: 100 };
const component = 1;

/** Section 5.1.2.1. `localPreference`: 0 to 65,535, higher for what is to be tried first among its kind. */
export function candidatePriority(kind: CandidateKind, localPreference: number): number {
  return typePreference[kind] * 2 ** 24 + localPreference * 2 ** 8 + (256 - component);
}

/** Section 6.1.2.3, of the candidates of the controlling and the controlled side. */
export function pairPriority(controlling: number, controlled: number): bigint {
  const [least, most] = [Math.min(controlling, controlled), Math.max(controlling, controlled)];
  return BigInt(least) * 2n ** 32n + 2n * BigInt(most) + (controlling > controlled ? 1n : 0n);
}

/** What each side of a pair proves itself with: short-term credentials (RFC 8489, section 9.1). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

export interface IceCheck {
  readonly transactionId: Buffer;
  /** USERNAME: the fragment of who is asked, a colon, and that of who asks. */
  readonly username: string;
  /** Of the candidate that whoever is asked would learn by it. */
  readonly priority: number;
  readonly isControlling: boolean;
  readonly tieBreaker: bigint;
  /** USE-CANDIDATE: the controlling side sends by this pair. */
  readonly isNomination: boolean;
  readonly paddingBytes: number;
}

/** `password`: of who is asked. */
export function encodeCheck(check: IceCheck, password: string): Buffer {
  const { transactionId, username, isControlling, isNomination, paddingBytes } = check;
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(check.priority);
  const tieBreaker = Buffer.alloc(8);
  tieBreaker.writeBigUInt64BE(check.tieBreaker);
  const attributes: StunMessage['attributes'][number][] = [
    { type: stunAttribute.username, value: Buffer.from(username) },
    { type: stunAttribute.priority, value: priority },
    { type: isControlling ? stunAttribute.iceControlling : stunAttribute.iceControlled, value: tieBreaker },
  ];
  if (isNomination) attributes.push({ type: stunAttribute.useCandidate, value: Buffer.alloc(0) });
  if (paddingBytes > 0) attributes.push({ type: stunAttribute.padding, value: Buffer.alloc(paddingBytes) });
  return encodeStun({ type: stunType.bindingRequest, transactionId, attributes }, { integrityKey: password });
}

/** Attributes below 0x8000 must be understood (RFC 8489, section 14). */
const understood: ReadonlySet<number> = new Set([
  stunAttribute.username,
  stunAttribute.messageIntegrity,
  stunAttribute.priority,
  stunAttribute.useCandidate,
  stunAttribute.padding,
]);

/** Reads a check whose MESSAGE-INTEGRITY was made with `password`; null for anything else. */
export function readCheck(bytes: Buffer, password: string): IceCheck | null {
  const message = stunOrNull(bytes);
  if (message?.type !== stunType.bindingRequest) return null;
  const { transactionId, attributes } = message;
  if (attributes.some(({ type }) => type < 0x8000 && !understood.has(type))) return null;
  const find = (wanted: number): Buffer | undefined => attributes.find(({ type }) => type === wanted)?.value;
  const username = find(stunAttribute.username);
  const priority = find(stunAttribute.priority);
  const controlling = find(stunAttribute.iceControlling);
  const tieBreaker = controlling ?? find(stunAttribute.iceControlled);
  if (username === undefined || priority?.length !== 4 || tieBreaker?.length !== 8) return null;
  if (!checkIntegrity(bytes, password)) return null;
  return {
    transactionId,
    username: username.toString('utf8'),
    priority: priority.readUInt32BE(0),
    isControlling: controlling !== undefined,
    tieBreaker: tieBreaker.readBigUInt64BE(0),
    isNomination: find(stunAttribute.useCandidate) !== undefined,
    paddingBytes: find(stunAttribute.padding)?.length ?? 0,
  };
}

/** What an answer has and a check has not, at most. */
const answerExtraBytes = 32;

/** The answer to a check that came from there, proven with the same password, about as long as the check and never longer. */
export function encodeCheckAnswer(check: IceCheck, from: SocketAddress, password: string): Buffer {
  const { transactionId, paddingBytes } = check;
  const attributes: StunMessage['attributes'][number][] = [
    { type: stunAttribute.xorMappedAddress, value: encodeXorAddress(from, transactionId) },
  ];
  if (paddingBytes > answerExtraBytes) {
    attributes.push({ type: stunAttribute.padding, value: Buffer.alloc(paddingBytes - answerExtraBytes) });
  }
  return encodeStun({ type: stunType.bindingSuccess, transactionId, attributes }, { integrityKey: password });
}

/** Role Conflict: both sides claim the same role. */
const roleConflict = 487;

/** The answer to a check whose sender claims our role (section 7.3.1.1). */
export function encodeRoleConflict({ transactionId }: IceCheck, password: string): Buffer {
  const value = Buffer.of(0, 0, Math.floor(roleConflict / 100), roleConflict % 100);
  return encodeStun(
    { type: stunType.bindingError, transactionId, attributes: [{ type: stunAttribute.errorCode, value }] },
    { integrityKey: password },
  );
}

/** Reads the answer to the check with this id, proven with the password it was asked with; null for anything else. */
export function readCheckAnswer(
  bytes: Buffer,
  transactionId: Buffer,
  password: string,
): { mapped: SocketAddress } | null {
  const message = stunOrNull(bytes);
  if (message?.type !== stunType.bindingSuccess || !message.transactionId.equals(transactionId)) return null;
  if (!checkIntegrity(bytes, password)) return null;
  const mapped = mappedAddress(message);
  return mapped && { mapped };
}

/** Under which address an answer says that its request was seen; null when it does not. */
export function mappedAddress({ attributes, transactionId }: StunMessage): SocketAddress | null {
  const attribute = attributes.find(({ type }) => type === stunAttribute.xorMappedAddress);
  try {
    return attribute ? decodeXorAddress(attribute.value, transactionId) : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function stunOrNull(bytes: Buffer): StunMessage | null {
  try {
    return decodeStun(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

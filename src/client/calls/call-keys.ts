// The keys of a call: one's X25519 key signed by the account, others' checked, and sender keys sealed from hand to hand.
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { callKeyStatement, type CallKey } from '../../protocol/call-shapes.js';
import type { IdentityKeys } from '../identity.js';

/** This device's side of the exchange, for one call alone. */
export interface CallSecret {
  readonly key: CallKey;
  readonly privateKey: KeyObject;
}

/** An SRTP master key and salt, 28 bytes, and its number. */
export interface SenderKey {
  readonly epoch: number;
  readonly master: Buffer;
}

const masterBytes = 28;
const rawKeyBytes = 32;

export function makeSenderKey(epoch: number): SenderKey {
  return { epoch, master: randomBytes(masterBytes) };
}

/** Makes an X25519 key pair (RFC 7748), its public half signed with the account's Ed25519 key (RFC 8032). */
export function makeCallSecret(call: string, user: number, identity: IdentityKeys): CallSecret {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const raw = publicKey.export({ format: 'jwk' }).x ?? '';
  const signer = createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: identity.publicKey, d: identity.privateKey },
    format: 'jwk',
  });
  const signature = sign(null, callKeyStatement(call, user, raw), signer).toString('base64url');
  return { key: { publicKey: raw, signature }, privateKey };
}

/** Whether the key was signed by this identity, for this call and this user. */
export function isSigned(call: string, user: number, key: CallKey, identity: string): boolean {
  try {
    const verifier = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: identity }, format: 'jwk' });
    const signature = Buffer.from(key.signature, 'base64url');
    const raw = Buffer.from(key.publicKey, 'base64url');
    const statement = callKeyStatement(call, user, key.publicKey);
    return raw.length === rawKeyBytes && verify(null, statement, verifier, signature);
  } catch {
    return false;
  }
}

/*
 * What is sealed from hand to hand, such as a sender key:
 *
 *   1 byte   version, 2
 *  12 bytes  nonce, random
 *   n bytes  AES-256-GCM; for a sender key 32: epoch (4) and master key (28)
 *  16 bytes  tag; the version is authenticated with it
 *
 * The AES key is HKDF-SHA256 (RFC 5869) of the X25519 secret, salted with the call's id; its info names the purpose, both
 * participants and both public keys, so that what one sealed for another cannot be passed off as anything else.
 */
const version = 2;
const nonceBytes = 12;
const epochBytes = 4;
const tagBytes = 16;

/** What is sealed, as its key is told to be for that alone. */
type Purpose = 'sender key' | 'way';

/** One direction between two participants of a call. */
export interface Direction {
  readonly call: string;
  /** Participant numbers. */
  readonly from: number;
  readonly to: number;
  /** The X25519 public keys of both, base64url. */
  readonly fromKey: string;
  readonly toKey: string;
}

export function directionOf(
  call: string,
  from: { id: number; key: CallKey },
  to: { id: number; key: CallKey },
): Direction {
  return { call, from: from.id, to: to.id, fromKey: from.key.publicKey, toKey: to.key.publicKey };
}

function aesKey(own: KeyObject, other: string, direction: Direction, purpose: Purpose): Buffer {
  const { call, from, to, fromKey, toKey } = direction;
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: other }, format: 'jwk' });
  // Throws for a public key that leads to the all-zero secret (RFC 7748, section 6.1).
  const secret = diffieHellman({ privateKey: own, publicKey });
  const info = `pytalk call ${purpose} v${version}\n${from}\n${to}\n${fromKey}\n${toKey}`;
  return Buffer.from(hkdfSync('sha256', secret, call, info, 32));
}

/** Seals something for the participant at the other end; returns base64url. Throws for a public key that is none. */
export function seal(own: KeyObject, direction: Direction, purpose: Purpose, plain: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', aesKey(own, direction.toKey, direction, purpose), nonce);
  cipher.setAAD(Buffer.of(version));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** Opens what `seal` made for this device and this purpose; null when it was not made for it, or is not whole. */
export function open(own: KeyObject, direction: Direction, purpose: Purpose, sealed: string): Buffer | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 1 + nonceBytes + tagBytes || bytes[0] !== version) return null;
  try {
    const nonce = bytes.subarray(1, 1 + nonceBytes);
    const key = aesKey(own, direction.fromKey, direction, purpose);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAAD(Buffer.of(version));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const sealedBytes = bytes.subarray(1 + nonceBytes, -tagBytes);
    return Buffer.concat([decipher.update(sealedBytes), decipher.final()]);
  } catch {
    return null;
  }
}

/** As `seal`. */
export function sealSenderKey(own: KeyObject, direction: Direction, key: SenderKey): string {
  const epoch = Buffer.alloc(epochBytes);
  epoch.writeUInt32BE(key.epoch);
  return seal(own, direction, 'sender key', Buffer.concat([epoch, key.master]));
}

/** As `open`. */
export function openSenderKey(own: KeyObject, direction: Direction, sealed: string): SenderKey | null {
  const plain = open(own, direction, 'sender key', sealed);
  if (plain?.length !== epochBytes + masterBytes) return null;
  return { epoch: plain.readUInt32BE(0), master: plain.subarray(epochBytes) };
}

// The account's identity: an Ed25519 key pair (RFC 8032), and its private key sealed for safekeeping by the server.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

export interface IdentityKeys {
  /** Base64url of the 32 raw bytes. */
  publicKey: string;
  /** Base64url of the 32 raw bytes (the seed of RFC 8032). */
  privateKey: string;
}

export function makeIdentity(): IdentityKeys {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  // Node gives both for every Ed25519 private key; the type cannot say so.
  return { publicKey: x ?? '', privateKey: d ?? '' };
}

/*
 * A sealed private key:
 *
 *   1 byte   version, 1
 *  12 bytes  nonce, random
 *  32 bytes  private key, AES-256-GCM
 *  16 bytes  tag; authenticated with it: the version byte and the 32 bytes of the public key
 *
 * The AES key is HKDF-SHA256 (RFC 5869) of the secret, no salt, and the purpose as info.
 */
const version = 1;
const nonceBytes = 12;
const keyBytes = 32;
const tagBytes = 16;

/** What a secret is for; the same secret gives another key for each. */
export type SealPurpose = 'export-key' | 'recovery-key';

function aesKey(secret: Buffer, purpose: SealPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `pytalk identity ${purpose} v${version}`, keyBytes));
}

function associated(publicKey: string): Buffer {
  return Buffer.concat([Buffer.of(version), Buffer.from(publicKey, 'base64url')]);
}

/** Seals the private key under a secret of at least 128 random bits; returns base64url. */
export function sealIdentity(keys: IdentityKeys, secret: Buffer, purpose: SealPurpose): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', aesKey(secret, purpose), nonce);
  cipher.setAAD(associated(keys.publicKey));
  const sealed = Buffer.concat([cipher.update(Buffer.from(keys.privateKey, 'base64url')), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** Opens what `sealIdentity` made; null when the secret does not fit or the bytes are not whole. */
export function openIdentity(
  sealed: { publicKey: string; wrapped: string },
  secret: Buffer,
  purpose: SealPurpose,
): IdentityKeys | null {
  const bytes = Buffer.from(sealed.wrapped, 'base64url');
  if (bytes.length !== 1 + nonceBytes + keyBytes + tagBytes || bytes[0] !== version) return null;
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', aesKey(secret, purpose), nonce);
  decipher.setAAD(associated(sealed.publicKey));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const key = Buffer.concat([
      decipher.update(bytes.subarray(1 + nonceBytes, 1 + nonceBytes + keyBytes)),
      decipher.final(),
    ]);
    return { publicKey: sealed.publicKey, privateKey: key.toString('base64url') };
  } catch {
    return null;
  }
}

const safetyVersion = 0;
/** As many as Signal's numeric fingerprint: makes a look-alike key dear to search for. */
const safetyIterations = 5200;

/** 30 digits for one side (after Signal's numeric fingerprint: iterated SHA-512, six times five digits). */
function half(side: { id: number; publicKey: string }): string {
  const key = Buffer.from(side.publicKey, 'base64url');
  let hash = Buffer.concat([Buffer.of(0, safetyVersion), key, Buffer.from(String(side.id))]);
  for (let i = 0; i < safetyIterations; i++) {
    hash = createHash('sha512').update(hash).update(key).digest();
  }
  let digits = '';
  for (let pos = 0; pos < 30; pos += 5) {
    digits += String(hash.readUIntBE(pos, 5) % 100_000).padStart(5, '0');
  }
  return digits;
}

/** 60 digits in 12 groups of 5, the same whichever side computes them. */
export function safetyNumberOf(
  one: { id: number; publicKey: string },
  other: { id: number; publicKey: string },
): string {
  const digits = [half(one), half(other)].sort().join('');
  return digits.replaceAll(/(\d{5})(?=\d)/g, '$1 ');
}

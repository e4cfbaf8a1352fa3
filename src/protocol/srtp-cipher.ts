// The cipher under SRTP and SRTCP: AEAD_AES_128_GCM (RFC 7714) with the key derivation of RFC 3711, section 4.3.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { PytalkError } from './errors.js';

const keyBytes = 16;
const saltBytes = 12;
const masterBytes = keyBytes + saltBytes;
export const tagBytes = 16;

/** Labels of the keys that are derived (RFC 3711, section 4.3.1). */
const labels = { srtp: { key: 0, salt: 2 }, srtcp: { key: 3, salt: 5 } } as const;

/**
 * AES-CM of RFC 3711, section 4.3.3, with a key derivation rate of 0. `masterSalt` has 14 bytes, or 12 for AEAD, which
 * count as if two zeros followed them (RFC 7714, section 11).
 */
export function deriveKey(masterKey: Buffer, masterSalt: Buffer, label: number, bytes: number): Buffer {
  const iv = Buffer.alloc(16);
  masterSalt.copy(iv);
  iv.writeUInt8(iv.readUInt8(7) ^ label, 7);
  return createCipheriv('aes-128-ctr', masterKey, iv).update(Buffer.alloc(bytes));
}

/** Seals and opens packets under one session key. Who calls it sees to it that no (SSRC, index) is sealed twice. */
export class SrtpCipher {
  readonly #key: Buffer;
  readonly #salt: Buffer;
  readonly #nonce = Buffer.alloc(saltBytes);

  constructor(sessionKey: Buffer, sessionSalt: Buffer) {
    this.#key = sessionKey;
    this.#salt = sessionSalt;
    sessionSalt.copy(this.#nonce);
  }

  /** Derives the session keys. `master` is 16 bytes of key and 12 of salt; else throws PytalkError `internal`. */
  static fromMaster(master: Buffer, kind: keyof typeof labels): SrtpCipher {
    if (master.length !== masterBytes) throw new PytalkError('internal');
    const derive = (label: number, bytes: number): Buffer =>
      deriveKey(master.subarray(0, keyBytes), master.subarray(keyBytes), label, bytes);
    return new SrtpCipher(derive(labels[kind].key, keyBytes), derive(labels[kind].salt, saltBytes));
  }

  /** Encrypts `plain` behind `clear`: returns both and the tag, with `spareBytes` more at the end, not filled. */
  seal(
    ssrc: number,
    index: number,
    clear: Buffer,
    plain: Buffer,
    spareBytes: number,
    associated = clear,
  ): Buffer {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonceFor(ssrc, index));
    cipher.setAAD(associated);
    const out = Buffer.allocUnsafe(clear.length + plain.length + tagBytes + spareBytes);
    clear.copy(out);
    cipher.update(plain).copy(out, clear.length);
    cipher.final();
    cipher.getAuthTag().copy(out, clear.length + plain.length);
    return out;
  }

  /** Decrypts `sealed`, whose last 16 bytes are the tag: returns `clear` and the plain bytes, or null when the tag is wrong. */
  open(ssrc: number, index: number, clear: Buffer, sealed: Buffer, associated = clear): Buffer | null {
    const end = sealed.length - tagBytes;
    if (end < 0) return null;
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonceFor(ssrc, index));
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
    } catch {
      return null;
    }
    const out = Buffer.allocUnsafe(clear.length + end);
    clear.copy(out);
    plain.copy(out, clear.length);
    return out;
  }

  /**
   * RFC 7714, sections 8.1 and 9.1: two zero bytes, SSRC, 48 bits of index (for SRTP rollover counter and sequence
   * number), under the salt. Written over the last one, which node:crypto has copied.
   */
  #nonceFor(ssrc: number, index: number): Buffer {
    const salt = this.#salt;
    const high = Math.floor(index / 0x1_0000);
    this.#nonce.writeUInt32BE((salt.readUInt32BE(2) ^ ssrc) >>> 0, 2);
    this.#nonce.writeUInt32BE((salt.readUInt32BE(6) ^ high) >>> 0, 6);
    this.#nonce.writeUInt16BE(salt.readUInt16BE(10) ^ (index & 0xffff), 10);
    return this.#nonce;
  }
}

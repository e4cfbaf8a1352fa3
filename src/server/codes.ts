// Secrets that the server hands out: tokens of devices, and codes that people type. It keeps only their hashes.
import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base 32: no I, L, O or U, so that nothing can be misread. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeChars = 16;

/** A device's token: 32 random bytes as base64url. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 of a token, hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** An invitation or reset code: 80 random bits as four groups of four. */
export function makeCode(): string {
  const chars = [...randomBytes(codeChars)].map((byte) => alphabet.charAt(byte % alphabet.length));
  return [0, 4, 8, 12].map((start) => chars.slice(start, start + 4).join('')).join('-');
}

/** SHA-256 of a code, hexadecimal, however it was typed: case and dashes do not matter, O is 0, I and L are 1. */
export function hashCode(code: string): string {
  const plain = code
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return hashToken(plain);
}

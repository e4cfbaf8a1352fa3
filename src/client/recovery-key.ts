// The recovery key: a secret to write down on paper, with which an account keeps its identity without its password.
import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base32: no I, L, O or U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const secretBytes = 16;
/** 128 bits of secret and 12 bits of check are 28 characters of 5 bits. */
const characters = 28;

/** The first 12 bits of a hash: a slip of the pen passes once in 4,096 times. */
function checkBits(secret: Buffer): bigint {
  return BigInt(
    createHash('sha256').update('pytalk recovery key').update(secret).digest().readUInt16BE(0) >> 4,
  );
}

export interface RecoveryKey {
  secret: Buffer;
  /** Seven groups of four characters. */
  text: string;
}

export function makeRecoveryKey(secret: Buffer = randomBytes(secretBytes)): RecoveryKey {
  let bits = (BigInt(`0x${secret.toString('hex')}`) << 12n) | checkBits(secret);
  let text = '';
  for (let i = 0; i < characters; i++) {
    text = (alphabet[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return { secret, text: text.replaceAll(/(.{4})(?=.)/g, '$1-') };
}

/** Reads a key as a person types it: any case, any grouping, O for 0, I or L for 1. Null when it is not one. */
export function parseRecoveryKey(typed: string): Buffer | null {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (text.length !== characters) return null;
  let bits = 0n;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) return null;
    bits = (bits << 5n) | BigInt(value);
  }
  const secret = Buffer.from((bits >> 12n).toString(16).padStart(2 * secretBytes, '0'), 'hex');
  return checkBits(secret) === (bits & 0xfffn) ? secret : null;
}

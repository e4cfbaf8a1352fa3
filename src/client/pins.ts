// Which certificate each server had: pinned on first use, as ssh does, unless a public authority vouches for it.
import { z } from 'zod';
import { PytalkError } from '../protocol/errors.js';
import type { Home } from './home.js';

const name = 'pins.json';
/** Stands for any certificate that a public authority vouches for, so that renewals pass. */
const byAuthority = 'authority';
const shape = z.record(z.string(), z.string());

/** Lower-case hexadecimal without colons. Throws PytalkError `usage`. */
export function readFingerprint(text: string): string {
  const hex = text
    .replace(/^sha256:/i, '')
    .replaceAll(/[:\s]/g, '')
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new PytalkError('usage', { details: { reason: 'a fingerprint has 64 hexadecimal digits' } });
}

export interface Presented {
  fingerprint: string;
  vouched: boolean;
}

/**
 * Accepts the certificate of `server` and remembers it, or rejects with `certificate-changed` or
 * `certificate-mismatch`. `expected` is the fingerprint given by hand: it settles the matter either way.
 */
export async function checkCertificate(
  home: Home,
  server: string,
  presented: Presented,
  expected: string | undefined,
): Promise<void> {
  const { fingerprint, vouched } = presented;
  const pins = (await home.readJson(name, shape)) ?? {};
  const pin = pins[server];
  if (expected !== undefined) {
    if (readFingerprint(expected) !== fingerprint) {
      throw new PytalkError('certificate-mismatch', { details: { server, fingerprint } });
    }
  } else if (!vouched && pin !== undefined && pin !== fingerprint) {
    throw new PytalkError('certificate-changed', { details: { server, fingerprint } });
  }
  const next = vouched && expected === undefined ? byAuthority : fingerprint;
  if (pin !== next) await home.writeJson(name, { ...pins, [server]: next });
}

// What the two of a call tell each other to find a direct way (RFC 8445, section 5.3): addresses, credentials, a key; sealed as JSON.
import { z } from 'zod';
import { ProtocolError } from './errors.js';
import { base64url } from './shapes.js';

export const maxCandidates = 12;
const rtcpKeyChars = 38;

const candidate = z.object({
  address: z.union([z.ipv4(), z.ipv6()]),
  port: z.int().min(1).max(65_535),
  /** Section 5.1.2. */
  priority: z
    .int()
    .min(1)
    .max(2 ** 31 - 1),
});
export type WireCandidate = z.infer<typeof candidate>;

const wayOffer = z.object({
  /** Grows with every offer to the same participant. */
  number: z.int().min(0),
  ufrag: base64url.min(4).max(32),
  password: base64url.min(22).max(64),
  /** SRTCP master key and salt (28 bytes, base64url) of what its sender sends by the direct way. */
  rtcpKey: base64url.length(rtcpKeyChars),
  candidates: z.array(candidate).max(maxCandidates),
});
export type WayOffer = z.infer<typeof wayOffer>;

export function encodeWayOffer(offer: WayOffer): Buffer {
  return Buffer.from(JSON.stringify(offer));
}

/** Throws ProtocolError `bad-frame`. */
export function decodeWayOffer(bytes: Buffer): WayOffer {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ProtocolError('bad-frame', { cause });
  }
  const result = wayOffer.safeParse(value);
  if (!result.success) throw new ProtocolError('bad-frame', { cause: result.error });
  return result.data;
}

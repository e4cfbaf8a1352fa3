// Errors as they cross the wire, apart from the messages: who only looks at one need not load them all.
import { z } from 'zod';
import { isErrorCode, ProtocolError, PytalkError, type ErrorCode } from './errors.js';

const wireErrorShape = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  retryAfterMs: z.number().optional(),
});
export type WireError = z.infer<typeof wireErrorShape>;

/** An error as it crosses the wire: never a cause or a stack. */
export function toWireError(error: PytalkError): WireError {
  return {
    code: error.code,
    message: error.message,
    ...(Object.keys(error.details).length > 0 && { details: { ...error.details } }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  };
}

/** An error from the wire; a code that this version does not know becomes `internal` with the peer's words. */
export function fromWireError(value: unknown): PytalkError {
  const result = wireErrorShape.safeParse(value);
  if (!result.success) return new ProtocolError('bad-frame', { cause: value });
  const { code, message, retryAfterMs } = result.data;
  // What to do next is said by who shows the error, not by a peer.
  const { hint: _hint, ...details } = result.data.details ?? {};
  const known: ErrorCode = isErrorCode(code) ? code : 'internal';
  return new PytalkError(known, {
    details,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(known !== code && { cause: new Error(message) }),
  });
}

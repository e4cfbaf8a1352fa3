// The JSON around every message: numbered requests, their answers, and pushes.
import type { z } from 'zod';
import { isErrorCode, ProtocolError, type PytalkError } from './errors.js';
import {
  isPushType,
  isRequestType,
  pushes,
  requests,
  type Push,
  type Reply,
  type RequestBody,
  type RequestType,
} from './messages.js';
import { fromWireError } from './wire-error.js';

/*
 * Request  {"req":7,"type":"event.send","body":{...}}
 * Answer   {"req":7,"ok":{...}}  or  {"req":7,"error":{"code","message","details","retryAfterMs"}}
 * Push     {"type":"event","body":{...}}
 */

/** A request as it arrived, valid; `body` belongs to `type`. */
export type AnyRequest = { [T in RequestType]: { req: number; type: T; body: RequestBody<T> } }[RequestType];

/** The number of a request, or null when the value has none that could be answered. */
export function requestNumber(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('req' in value)) return null;
  return typeof value.req === 'number' && Number.isSafeInteger(value.req) && value.req >= 0
    ? value.req
    : null;
}

/** Reads a request. Throws ProtocolError: `bad-frame` (no request at all), `unknown-type`, or the wrong field's. */
export function decodeRequest(value: unknown): AnyRequest {
  const req = requestNumber(value);
  if (req === null) throw new ProtocolError('bad-frame');
  const { type, body } = value as { type?: unknown; body?: unknown };
  if (typeof type !== 'string') throw new ProtocolError('bad-frame');
  if (!isRequestType(type))
    throw new ProtocolError('unknown-type', { details: { type: type.slice(0, 100) } });
  const result = requests[type].body.safeParse(body ?? {});
  if (!result.success) throw wrongField(result.error);
  return { req, type, body: result.data } as AnyRequest;
}

/** The error for the first wrong field of a message; a schema's own text may name the error code. */
function wrongField(error: z.ZodError): ProtocolError {
  const issue = error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const reason = issue?.message ?? 'not valid';
  if (isErrorCode(reason) && issue?.code === 'custom')
    return new ProtocolError(reason, { details: { field } });
  return new ProtocolError('invalid', { details: { field, reason } });
}

/** What a client receives. */
export type FromServer =
  | { kind: 'ok'; req: number; body: unknown }
  | { kind: 'error'; req: number; error: PytalkError }
  | { kind: 'push'; push: Push }
  /** A push of a type that this version does not know: to be passed over. */
  | { kind: 'unknown'; type: string };

/** Reads what the server sent. Throws ProtocolError. */
export function decodeFromServer(value: unknown): FromServer {
  const req = requestNumber(value);
  if (req !== null) {
    const answer = value as { ok?: unknown; error?: unknown };
    if (answer.error !== undefined) return { kind: 'error', req, error: fromWireError(answer.error) };
    return { kind: 'ok', req, body: answer.ok };
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    throw new ProtocolError('bad-frame');
  }
  const { type } = value;
  if (!isPushType(type)) return { kind: 'unknown', type };
  const result = pushes[type].body.safeParse((value as { body?: unknown }).body);
  if (!result.success) throw wrongField(result.error);
  return { kind: 'push', push: { type, body: result.data } as Push };
}

/** Reads the body of the answer to a request of type `type`. Throws ProtocolError. */
export function decodeReply<T extends RequestType>(type: T, body: unknown): Reply<T> {
  const result = requests[type].reply.safeParse(body);
  if (!result.success) throw wrongField(result.error);
  return result.data as Reply<T>;
}

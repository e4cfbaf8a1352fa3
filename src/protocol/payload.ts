// What is inside an event's payload: text that members write and read, and that the server never looks into.
import { z } from 'zod';
import { callMedia, callOutcome } from './call-shapes.js';
import { isEmoji } from './names.js';
import { limits } from './limits.js';

const text = z.string().min(1).max(limits.maxTextChars);

/** A file as its sender describes it; the bytes are fetched by `sha256`. */
const fileInfo = z.object({
  name: z.string().min(1).max(limits.maxFileNameChars),
  /** Bytes. */
  size: z.int().min(0),
  /** Media type (RFC 6838), as the sender saw it. */
  type: z.string().max(127),
  /** Lower-case hexadecimal SHA-256 of the bytes. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Pixels, for pictures. */
  width: z.int().min(1).max(100_000).optional(),
  height: z.int().min(1).max(100_000).optional(),
  /** Base64 of a JPEG or WebP of at most `limits.maxThumbBytes`. */
  thumb: z
    .base64()
    .max(Math.ceil(limits.maxThumbBytes / 3) * 4)
    .optional(),
});
export type FileInfo = z.infer<typeof fileInfo>;

/** Payloads of class `message`. */
const messagePayload = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text }),
  z.object({ kind: z.literal('file'), file: fileInfo, text: z.string().max(limits.maxTextChars).optional() }),
  z.object({
    kind: z.literal('poll'),
    question: z.string().min(1).max(limits.maxTextChars),
    options: z.array(z.string().min(1).max(limits.maxPollOptionChars)).min(2).max(limits.maxPollOptions),
  }),
]);
export type MessagePayload = z.infer<typeof messagePayload>;

/** Payloads of class `update`; the envelope's `target` names the message they change. */
const updatePayload = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('edit'), text: z.string().max(limits.maxTextChars) }),
  /** The member's one reaction; null takes it back. */
  z.object({ kind: z.literal('reaction'), emoji: z.string().refine(isEmoji).nullable() }),
  /** The member's one vote, from 0; null takes it back. */
  z.object({
    kind: z.literal('vote'),
    option: z
      .int()
      .min(0)
      .max(limits.maxPollOptions - 1)
      .nullable(),
  }),
  z.object({ kind: z.literal('delete') }),
]);
export type UpdatePayload = z.infer<typeof updatePayload>;

const userId = z.int().min(1);

/** Payloads of class `control`: written by the server, in the clear; `from` is who caused them. */
const controlPayload = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), name: z.string(), members: z.array(userId) }),
  z.object({ kind: z.literal('joined'), users: z.array(userId) }),
  /** `user` differs from the event's `from` when somebody was removed. */
  z.object({ kind: z.literal('left'), user: userId }),
  z.object({ kind: z.literal('renamed'), name: z.string() }),
  z.object({ kind: z.literal('admin'), user: userId }),
  /** A call that is over; the event's `from` is who called. */
  z.object({
    kind: z.literal('call'),
    call: z.string(),
    media: callMedia,
    outcome: callOutcome,
    /** From the first accept to the end; 0 when nobody accepted. */
    durationMs: z.int().min(0),
    /** Who was called; and who took part, the caller included. */
    called: z.array(userId),
    joined: z.array(userId),
  }),
]);
export type ControlPayload = z.infer<typeof controlPayload>;

export type EventClass = 'message' | 'update' | 'control';

/** A payload with the class of its event, told apart by `kind`. */
export type Payload = MessagePayload | UpdatePayload | ControlPayload;

const byClass = { message: messagePayload, update: updatePayload, control: controlPayload } as const;

/**
 * Reads an event's payload. Returns null when it was erased, is not valid or is of a kind that this version
 * does not know: a reader shows such an event as one it cannot read, and never fails.
 */
export function decodePayload(eventClass: 'message', payload: string): MessagePayload | null;
export function decodePayload(eventClass: 'update', payload: string): UpdatePayload | null;
export function decodePayload(eventClass: 'control', payload: string): ControlPayload | null;
export function decodePayload(eventClass: EventClass, payload: string): Payload | null {
  if (payload === '') return null;
  try {
    const value: unknown = JSON.parse(payload);
    const result = byClass[eventClass].safeParse(value);
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/** Writes a payload as it goes into an event. */
export function encodePayload(payload: Payload): string {
  return JSON.stringify(payload);
}

// The values that several messages share: people, conversations, events, sessions.
import { z } from 'zod';
import { limits } from './limits.js';
import { isEmail, isName, isOneLine, isPersonName, isPhone, isUuid } from './names.js';

/*
 * A refusal's text here is an error code (errors.ts), so that a wrong field is answered by its own error.
 */
export const userId = z.int().min(1);
export const conversationId = z.int().min(1);
export const seq = z.int().min(0);
/** Milliseconds since 1970, UTC. */
export const time = z.int().min(0);
export const username = z.string().refine(isName, { error: 'invalid-username' });
export const groupName = z.string().refine(isName, { error: 'invalid-group-name' });
export const phone = z.string().refine(isPhone, { error: 'invalid-phone' });
export const email = z.string().refine(isEmail, { error: 'invalid-email' });
export const personName = z.string().refine(isPersonName, { error: 'invalid-person-name' });
export const bio = z
  .string()
  .max(limits.maxBioChars)
  .refine((text) => !/[\p{Cs}]|[^\P{Cc}\n]/u.test(text));
export const deviceName = z.string().min(1).max(limits.maxDeviceNameChars).refine(isOneLine);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Id of an event, made by its sender: UUID version 7 (RFC 9562), lower case. */
export const eventId = z.string().refine(isUuid);
/** Base64url without padding (RFC 4648), as the OPAQUE library and keys use it. */
export const base64url = z
  .string()
  .max(8192)
  .regex(/^[A-Za-z0-9_-]+$/);
/** Number that the requester of a transfer chooses; unique among its transfers under way. */
export const transferId = z.int().min(1).max(0xffff_ffff);

/** An account's identity: an Ed25519 public key (RFC 8032), and the private key as ciphertext for its owner. */
export const identity = z.object({
  /** Base64url of 32 bytes. */
  publicKey: base64url,
  /** The private key, sealed by the client under the OPAQUE export key. */
  wrapped: base64url,
});
export type Identity = z.infer<typeof identity>;

/** A person as others see them. Phone and email are null unless this person has the viewer as a contact. */
export const user = z.object({
  id: userId,
  username: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  bio: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  /** The avatar picture's file; anybody logged in may fetch it. */
  avatar: sha256.nullable(),
  publicKey: base64url,
  /** True for an account that was deleted: its messages stay. */
  deleted: z.boolean(),
});
export type User = z.infer<typeof user>;

const eventClass = z.enum(['message', 'update', 'control']);

/** One entry of a conversation's log. */
export const event = z.object({
  conv: conversationId,
  /** Gapless, from 1. */
  seq: z.int().min(1),
  id: eventId,
  from: userId,
  /** When the server stored it. */
  at: time,
  /** `message` when absent. */
  class: eventClass.optional(),
  /** The event that this one replies to, changes or erases. */
  target: eventId.optional(),
  /** Files this event refers to. */
  files: z.array(sha256).max(limits.maxFilesPerEvent).optional(),
  /** Text the server does not look into (payload.ts); empty when it was erased. */
  payload: z.string(),
});
export type LogEvent = z.infer<typeof event>;

const member = z.object({
  user: userId,
  admin: z.boolean(),
  /** The last seq that has reached, and that was read by, this member. */
  delivered: seq,
  read: seq,
});
export type Member = z.infer<typeof member>;

/** A conversation as one of its members sees it. */
export const conversation = z.object({
  id: conversationId,
  kind: z.enum(['direct', 'group']),
  /** A group's name; null for a direct conversation. */
  name: z.string().nullable(),
  /** Present members; of a direct conversation always both. */
  members: z.array(member),
  /** The first seq this member may see: the one of joining. */
  firstSeq: z.int().min(1),
  /** The last seq this member may see; `firstSeq - 1` when there is none. */
  lastSeq: seq,
  /** When the last message was stored; null when there is none. */
  lastAt: time.nullable(),
  /** True when this member has left: nothing new comes. */
  left: z.boolean(),
  /** Messages of others after what this account has read. */
  unread: z.int().min(0),
  hidden: z.boolean(),
  muted: z.boolean(),
  /** Messages up to this seq were cleared from this account's own copy. */
  clearedSeq: seq,
  /** The call that runs in it, which this member may join; absent when there is none. */
  call: eventId.optional(),
});
export type Conversation = z.infer<typeof conversation>;

/** A logged-in device. */
export const session = z.object({
  id: z.int().min(1),
  device: z.string(),
  createdAt: time,
  lastSeenAt: time,
  address: z.string(),
  /** True for the session that asks. */
  current: z.boolean(),
});
export type SessionInfo = z.infer<typeof session>;

export const presence = z.object({
  user: userId,
  online: z.boolean(),
  lastSeenAt: time.nullable(),
});
export type Presence = z.infer<typeof presence>;

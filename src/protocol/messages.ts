// The one table of messages between client and server; types, validation, dispatch and docs derive from it.
import { z } from 'zod';
import {
  callEnd,
  callId,
  callKey,
  callMedia,
  callState,
  callTicket,
  participantId,
  relayPlace,
} from './call-shapes.js';
import { limits } from './limits.js';
import { isPayloadText } from './names.js';
import {
  base64url,
  bio,
  conversation,
  conversationId,
  deviceName,
  email,
  event,
  eventId,
  groupName,
  identity,
  personName,
  phone,
  presence,
  seq,
  session,
  sha256,
  time,
  transferId,
  user,
  userId,
  username,
} from './shapes.js';
import { statisticsReply } from './statistics-shapes.js';

interface RequestSpec {
  /** Whether the connection must be logged in. */
  login: boolean;
  doc: string;
  body: z.ZodObject;
  reply: z.ZodObject;
}

const nothing = z.object({});
const signedIn = z.object({
  user,
  /** Id of this device's session. */
  session: z.int().min(1),
  identity,
});
const withToken = signedIn.extend({
  /** Secret of this device: sent in `auth` from now on, revocable. */
  token: base64url,
});
const credential = base64url;
const sealedKey = base64url.max(limits.maxSealedKeyChars);
const sealedWay = base64url.max(limits.maxSealedWayChars);
const inCall = z.object({ state: callState, participant: participantId, ticket: callTicket });

/** Requests, from client to server. Each is answered once, by a reply or an error. */
export const requests = {
  hello: {
    login: false,
    doc: 'Must come first. Says which protocol and program this is; the server answers with what it allows.',
    body: z.object({ protocol: z.int(), client: z.string().max(100) }),
    reply: z.object({
      protocol: z.int(),
      server: z.string(),
      registration: z.enum(['open', 'invite', 'closed']),
      maxFileBytes: z.int(),
      maxGroupMembers: z.int(),
      /** Another one when the server's data came back from a backup: what a device has may not be in its logs. */
      epoch: z.string().max(100).optional(),
      /** For how many days the server keeps messages and files; null is for ever. Absent from older servers. */
      retention: z.object({ messagesDays: z.int().nullable(), filesDays: z.int().nullable() }).optional(),
      /** Where the relay of calls is, as in a ticket; absent from servers that are older. */
      relay: relayPlace.optional(),
    }),
  },
  ping: { login: false, doc: 'Asks for a sign of life.', body: nothing, reply: z.object({ at: time }) },

  'register.start': {
    login: false,
    doc: 'First step of OPAQUE registration (RFC 9807). Checks name and phone; reserves the user id.',
    body: z.object({
      username,
      phone,
      email: email.optional(),
      firstName: personName.optional(),
      lastName: personName.optional(),
      invite: z.string().max(100).optional(),
      request: credential,
    }),
    reply: z.object({ user: userId, response: credential }),
  },
  'register.finish': {
    login: false,
    doc: 'Second step: stores the account of the `register.start` before it on this connection, and logs in.',
    body: z.object({ record: credential, identity, device: deviceName }),
    reply: withToken,
  },
  'login.start': {
    login: false,
    doc: 'First step of an OPAQUE login. An unknown name is answered like a known one.',
    body: z.object({ username: z.string().max(64), request: credential }),
    reply: z.object({ response: credential }),
  },
  'login.finish': {
    login: false,
    doc: 'Second step: proves the password, opens a session for this device.',
    body: z.object({ proof: credential, device: deviceName }),
    reply: withToken,
  },
  auth: {
    login: false,
    doc: 'Logs in with the token of a session opened earlier.',
    body: z.object({ token: base64url }),
    reply: signedIn,
  },
  'reset.start': {
    login: false,
    doc: "Begins a new registration with an administrator's one-time code.",
    body: z.object({ username: z.string().max(64), code: z.string().max(100), request: credential }),
    reply: z.object({
      user: userId,
      response: credential,
      /** The identity as sealed under the recovery key, if one was made. */
      recovery: identity.nullable(),
    }),
  },
  'reset.finish': {
    login: false,
    doc: 'Stores the new registration, revokes every session, and logs in. Another public key means a new identity.',
    body: z.object({ record: credential, identity, device: deviceName }),
    reply: withToken,
  },
  logout: { login: true, doc: 'Ends this session; its token is void.', body: nothing, reply: nothing },
  'sessions.list': {
    login: true,
    doc: 'The devices that are logged in to this account.',
    body: nothing,
    reply: z.object({ sessions: z.array(session) }),
  },
  'sessions.revoke': {
    login: true,
    doc: "Ends another device's session, at once.",
    body: z.object({ session: z.int().min(1) }),
    reply: nothing,
  },
  'proof.start': {
    login: true,
    doc: 'Begins an OPAQUE login whose finish proves the password again, for what must not be done by a stolen token.',
    body: z.object({ request: credential }),
    reply: z.object({ response: credential }),
  },
  'password.start': {
    login: true,
    doc: 'Begins the registration of a new password.',
    body: z.object({ request: credential }),
    reply: z.object({ response: credential }),
  },
  'password.finish': {
    login: true,
    doc: 'Changes the password: proof of the old one, record of the new one, the identity wrapped anew. Other sessions end.',
    body: z.object({ proof: credential, record: credential, wrapped: base64url }),
    reply: nothing,
  },
  'recovery.set': {
    login: true,
    doc: 'Keeps the identity sealed under a recovery key that only its owner has.',
    body: z.object({ proof: credential, wrapped: base64url }),
    reply: nothing,
  },
  'account.delete': {
    login: true,
    doc: 'Deletes the account: profile, contacts, files and sessions go, groups are left, messages stay under the bare name.',
    body: z.object({ proof: credential }),
    reply: nothing,
  },

  'profile.set': {
    login: true,
    doc: 'Changes the fields that are present. The avatar is an uploaded file; null removes a field.',
    body: z.object({
      bio: bio.optional(),
      email: email.nullable().optional(),
      phone: phone.optional(),
      firstName: personName.nullable().optional(),
      lastName: personName.nullable().optional(),
      avatar: sha256.nullable().optional(),
    }),
    reply: z.object({ user }),
  },
  'users.find': {
    login: true,
    doc: 'A person by username.',
    body: z.object({ username: z.string().max(64) }),
    reply: z.object({ user }),
  },
  'users.get': {
    login: true,
    doc: 'People by id; ids that do not exist are left out.',
    body: z.object({ ids: z.array(userId).max(limits.maxUsersPerRequest) }),
    reply: z.object({ users: z.array(user) }),
  },

  'friends.list': {
    login: true,
    doc: "This account's contacts, its blocked people, and who is online.",
    body: nothing,
    reply: z.object({ friends: z.array(user), blocked: z.array(user), presence: z.array(presence) }),
  },
  'friends.add': {
    login: true,
    doc: 'Adds a contact by phone number (look-ups are rate-limited) or username. Adding twice changes nothing.',
    body: z.object({ phone: phone.optional(), username: z.string().max(64).optional() }),
    reply: z.object({ user, added: z.boolean() }),
  },
  'friends.remove': {
    login: true,
    doc: 'Removes a contact.',
    body: z.object({ user: userId }),
    reply: nothing,
  },
  'friends.block': {
    login: true,
    doc: 'Blocks or unblocks a person: nothing passes between the two any more, either way.',
    body: z.object({ user: userId, blocked: z.boolean() }),
    reply: nothing,
  },

  'conversations.list': {
    login: true,
    doc: 'Every conversation of this account, the people in them, and who is online.',
    body: nothing,
    reply: z.object({
      conversations: z.array(conversation),
      users: z.array(user),
      presence: z.array(presence),
    }),
  },
  'conversations.open': {
    login: true,
    doc: 'The direct conversation with a person; made when there is none. Nobody is told before the first message.',
    body: z.object({ user: userId }),
    reply: z.object({ conversation, user }),
  },
  'conversations.set': {
    login: true,
    doc: "Changes this account's own state of a conversation: hidden, muted, cleared up to a seq.",
    body: z.object({
      conv: conversationId,
      hidden: z.boolean().optional(),
      muted: z.boolean().optional(),
      clearedSeq: seq.optional(),
    }),
    reply: nothing,
  },
  'groups.create': {
    login: true,
    doc: 'Makes a group with this account as its admin.',
    body: z.object({ name: groupName, members: z.array(userId).max(limits.maxGroupMembers) }),
    reply: z.object({ conversation }),
  },
  'groups.add': {
    login: true,
    doc: 'Adds members (admins only). They see the conversation from here on.',
    body: z.object({ conv: conversationId, users: z.array(userId).min(1).max(limits.maxGroupMembers) }),
    reply: nothing,
  },
  'groups.remove': {
    login: true,
    doc: 'Removes members (admins only), or leaves, when the user is oneself.',
    body: z.object({ conv: conversationId, user: userId }),
    reply: nothing,
  },
  'groups.admin': {
    login: true,
    doc: 'Makes a member an admin (admins only).',
    body: z.object({ conv: conversationId, user: userId }),
    reply: nothing,
  },
  'groups.rename': {
    login: true,
    doc: 'Changes the name (admins only).',
    body: z.object({ conv: conversationId, name: groupName }),
    reply: nothing,
  },

  'event.send': {
    login: true,
    doc: 'Appends an event. Answered after it is safely stored; the same id again stores nothing and gets the same answer.',
    body: z.object({
      conv: conversationId,
      id: eventId,
      class: z.enum(['message', 'update']).optional(),
      target: eventId.optional(),
      files: z.array(sha256).max(limits.maxFilesPerEvent).optional(),
      /** Erase the target's payload and files; allowed to its author and to group admins. */
      erase: z.boolean().optional(),
      payload: z
        .string()
        .min(1)
        .max(limits.maxPayloadBytes)
        .refine(isPayloadText, { error: 'holds control characters or half a surrogate pair' }),
    }),
    reply: z.object({ seq: z.int().min(1), at: time }),
  },
  'events.get': {
    login: true,
    doc: 'A page of the log, oldest first: after a seq, or the last ones before a seq. `updates` are later updates of the page.',
    body: z.object({
      conv: conversationId,
      /** Exactly one of the two. */
      after: seq.optional(),
      before: seq.optional(),
      limit: z.int().min(1).max(limits.maxPageEvents),
    }),
    reply: z.object({
      events: z.array(event),
      /** Updates after the page whose target is in it, in order. */
      updates: z.array(event),
      /** True when there are more updates than sent: ask again with `events.updates`. */
      moreUpdates: z.boolean(),
      firstSeq: z.int().min(1),
      lastSeq: seq,
    }),
  },
  'events.updates': {
    login: true,
    doc: 'Updates after a seq of the events named, oldest first.',
    body: z.object({
      conv: conversationId,
      targets: z.array(eventId).min(1).max(limits.maxPageEvents),
      after: seq,
      limit: z.int().min(1).max(limits.maxPageEvents),
    }),
    reply: z.object({ updates: z.array(event), more: z.boolean() }),
  },
  'events.find': {
    login: true,
    doc: 'One event by id, from a conversation one is in, with its updates.',
    body: z.object({ id: eventId }),
    reply: z.object({ event, updates: z.array(event), moreUpdates: z.boolean() }),
  },
  receipt: {
    login: true,
    doc: 'Says up to which seq events have reached this account and were read by it. Never goes back. With `private` the reading counts for this account alone: the others are not told of it.',
    body: z.object({
      conv: conversationId,
      delivered: seq.optional(),
      read: seq.optional(),
      private: z.boolean().optional(),
    }),
    reply: nothing,
  },
  typing: {
    login: true,
    doc: 'Says that the person is typing, or has stopped. Passed on to who is connected, kept nowhere.',
    body: z.object({ conv: conversationId, on: z.boolean() }),
    reply: nothing,
  },

  'file.put': {
    login: true,
    doc: 'Begins or resumes an upload. Chunk frames follow from `offset`; when it equals the size, send `file.finish` at once.',
    body: z.object({ transfer: transferId, sha256, size: z.int().min(0) }),
    reply: z.object({ offset: z.int().min(0) }),
  },
  'file.finish': {
    login: true,
    doc: 'Ends an upload: the server checks its SHA-256 and keeps it.',
    body: z.object({ transfer: transferId }),
    reply: nothing,
  },
  'file.get': {
    login: true,
    doc: 'Begins a download at an offset. Chunk frames follow the reply, then `file.end`.',
    body: z.object({ transfer: transferId, sha256, offset: z.int().min(0) }),
    reply: z.object({ size: z.int().min(0) }),
  },
  'file.cancel': {
    login: true,
    doc: 'Ends a transfer early. What was uploaded stays for a while, to be resumed.',
    body: z.object({ transfer: transferId }),
    reply: nothing,
  },

  'call.start': {
    login: true,
    doc: 'Calls members of a conversation; without `users`, all others. The caller is the first participant.',
    body: z.object({
      call: callId,
      conv: conversationId,
      media: callMedia,
      users: z
        .array(userId)
        .min(1)
        .max(limits.maxCallParticipants - 1)
        .optional(),
      key: callKey,
    }),
    reply: inCall,
  },
  'call.ringing': {
    login: true,
    doc: 'Says that this device rings.',
    body: z.object({ call: callId }),
    reply: nothing,
  },
  'call.accept': {
    login: true,
    doc: 'Joins a call to which one is invited, with this device; it stops ringing on the others.',
    body: z.object({ call: callId, key: callKey }),
    reply: inCall,
  },
  'call.decline': {
    login: true,
    doc: 'Declines a call on all devices; `busy` says that this account is in another one.',
    body: z.object({ call: callId, busy: z.boolean().optional() }),
    reply: nothing,
  },
  'call.leave': {
    login: true,
    doc: 'Hangs up; or cancels, when nobody has accepted yet.',
    body: z.object({ call: callId }),
    reply: nothing,
  },
  'call.resume': {
    login: true,
    doc: 'Takes up a call again after the chat connection was lost, within 20 s, from the same session.',
    body: z.object({ call: callId, participant: participantId }),
    reply: inCall,
  },
  'call.host': {
    login: true,
    doc: 'This connection answers by itself: it may be in so many calls at once, where others may be in one. `anew`: the program has just begun, so the calls in which an earlier connection of this kind took part from the same session are left.',
    body: z.object({ calls: z.int().min(1).max(limits.maxHostedCalls), anew: z.boolean() }),
    reply: nothing,
  },
  'call.key': {
    login: true,
    doc: 'Passes a sender key to another participant, sealed for them: the server cannot open it.',
    body: z.object({ call: callId, to: participantId, sealed: sealedKey }),
    reply: nothing,
  },
  'call.way': {
    login: true,
    doc: 'Passes to another participant by which addresses a direct way might be found, sealed for them. Who is away does not get it.',
    body: z.object({ call: callId, to: participantId, sealed: sealedWay }),
    reply: nothing,
  },
  'call.set': {
    login: true,
    doc: 'Tells the others that the microphone is muted or the camera is off, or on again; that there is a second picture, such as the screen, or no longer; and that this side records, before it does.',
    body: z.object({
      call: callId,
      muted: z.boolean().optional(),
      camera: z.boolean().optional(),
      screen: z.boolean().optional(),
      recording: z.boolean().optional(),
    }),
    reply: nothing,
  },

  'server.statistics': {
    login: true,
    doc: 'How the server does: figures of the last hour that are newer than `since`, calls, log (administrators only).',
    body: z.object({ since: time }),
    reply: statisticsReply,
  },
} as const satisfies Record<string, RequestSpec>;

interface PushSpec {
  doc: string;
  body: z.ZodObject;
}

/** Pushes, from server to client, unasked. */
export const pushes = {
  event: { doc: 'An event was stored. Comes to every member, the sender included.', body: event },
  receipts: {
    doc: 'Members have got or read more; several are told at once.',
    body: z.object({
      conv: conversationId,
      receipts: z.array(z.object({ user: userId, delivered: seq, read: seq })),
    }),
  },
  typing: {
    doc: 'A member types, or has stopped.',
    body: z.object({ conv: conversationId, user: userId, on: z.boolean() }),
  },
  presence: { doc: 'Somebody one talks with came or went.', body: presence },
  conversation: {
    doc: "A conversation is new, or its members, name or this account's own state have changed.",
    body: z.object({ conversation, users: z.array(user) }),
  },
  user: { doc: "Somebody's profile has changed.", body: z.object({ user }) },
  friend: {
    doc: 'A contact was added or removed on another device of this account.',
    body: z.object({ user, added: z.boolean() }),
  },
  block: {
    doc: 'A person was blocked or unblocked on another device of this account.',
    body: z.object({ user, blocked: z.boolean() }),
  },
  'file.progress': {
    doc: 'An upload is stored up to here.',
    body: z.object({ transfer: transferId, offset: z.int().min(0) }),
  },
  'file.end': { doc: 'A download is complete.', body: z.object({ transfer: transferId }) },
  'file.failed': {
    doc: 'A transfer has failed.',
    body: z.object({
      transfer: transferId,
      error: z.object({ code: z.string(), message: z.string() }).loose(),
    }),
  },
  'call.incoming': {
    doc: 'Somebody calls. Comes to every device, also to one that logs in while it rings.',
    body: z.object({ state: callState }),
  },
  'call.state': { doc: 'A call one is in has changed.', body: z.object({ state: callState }) },
  'call.key': {
    doc: "Another participant's sender key, sealed for this one.",
    body: z.object({ call: callId, from: participantId, sealed: sealedKey }),
  },
  'call.way': {
    doc: 'By which addresses another participant might be reached directly, sealed for this one.',
    body: z.object({ call: callId, from: participantId, sealed: sealedWay }),
  },
  'call.ended': {
    doc: 'A call one is in, or that rings here, is over for this device. `durationMs` counts from the first accept.',
    body: z.object({ call: callId, reason: callEnd, durationMs: z.int().min(0) }),
  },
  closing: {
    doc: 'The server is about to close this connection, and why: `stopping`, `session-ended`, `too-slow`, …',
    body: z.object({ error: z.object({ code: z.string(), message: z.string() }).loose() }),
  },
} as const satisfies Record<string, PushSpec>;

export type RequestType = keyof typeof requests;
export type PushType = keyof typeof pushes;
export type RequestBody<T extends RequestType> = z.infer<(typeof requests)[T]['body']>;
export type Reply<T extends RequestType> = z.infer<(typeof requests)[T]['reply']>;
export type PushBody<T extends PushType> = z.infer<(typeof pushes)[T]['body']>;
/** Any push with its type, to be told apart by `type`. */
export type Push = { [T in PushType]: { type: T; body: PushBody<T> } }[PushType];

export function isRequestType(type: string): type is RequestType {
  return Object.hasOwn(requests, type);
}

export function isPushType(type: string): type is PushType {
  return Object.hasOwn(pushes, type);
}

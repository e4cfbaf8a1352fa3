// The values that the messages of calls share: participants, their keys and streams, tickets for the relay.
import { z } from 'zod';
import { limits } from './limits.js';
import { ssrcsPerParticipant } from './media-streams.js';
import { base64url, conversationId, eventId, time, userId } from './shapes.js';

/** Id of a call: UUID version 7 (RFC 9562), made by the caller. */
export const callId = eventId;
export const callMedia = z.enum(['audio', 'video']);
export type CallMedia = z.infer<typeof callMedia>;

/** Number of a participant within a call; given once. */
export const participantId = z.int().min(1).max(limits.maxParticipantNumber);

/**
 * A participant's X25519 public key (RFC 7748) for this call alone, signed with the account's Ed25519 identity
 * (RFC 8032): what is signed, `callKeyStatement` says.
 */
export const callKey = z.object({
  /** Base64url of 32 bytes. */
  publicKey: base64url.max(limits.maxCallKeyChars),
  /** Base64url of 64 bytes. */
  signature: base64url.max(limits.maxCallKeyChars),
});
export type CallKey = z.infer<typeof callKey>;

/** The bytes that a `callKey` signs: purpose, call and user, so that the key can stand for nothing else. */
export function callKeyStatement(call: string, user: number, publicKey: string): Buffer {
  return Buffer.from(`pytalk call key v1\n${call}\n${user}\n${publicKey}`);
}

const participant = z.object({
  id: participantId,
  user: userId,
  key: callKey,
  /** First SSRC of this participant, a multiple of 8. */
  ssrc: z.int().min(0).max(0xffff_ffff).multipleOf(ssrcsPerParticipant),
  /** The microphone is off. */
  muted: z.boolean(),
  /** The camera is on. */
  camera: z.boolean(),
  /** Sends a second picture beside the camera's, such as its screen. False for one that does not say. */
  screen: z.boolean().default(false),
  /** Keeps what it sees and hears in a file. False for one that does not say. */
  recording: z.boolean().default(false),
  /** The chat connection is lost; the participant leaves when it does not come back in time. */
  away: z.boolean(),
});
export type Participant = z.infer<typeof participant>;

/** Where somebody who was invited stands. */
const invitation = z.object({
  user: userId,
  /** `calling`: no device has answered yet; `ringing`: at least one rings. */
  state: z.enum(['calling', 'ringing', 'joined', 'declined', 'busy', 'no-answer', 'left']),
});
export type Invitation = z.infer<typeof invitation>;

/** A call as it is now; sent whole at every change. */
export const callState = z.object({
  call: callId,
  conv: conversationId,
  media: callMedia,
  /** Who called. */
  by: userId,
  startedAt: time,
  /** When the first one accepted; null while nobody has. */
  answeredAt: time.nullable(),
  participants: z.array(participant).max(limits.maxCallParticipants),
  invited: z.array(invitation).max(limits.maxCallParticipants),
});
export type CallState = z.infer<typeof callState>;

/** Why a call has ended for somebody. `elsewhere`: another device of the same account has taken it. */
export const callEnd = z.enum([
  'hangup',
  'declined',
  'busy',
  'no-answer',
  'cancelled',
  'elsewhere',
  'failed',
]);
export type CallEnd = z.infer<typeof callEnd>;

/** How a call went, as the conversation's log keeps it. */
export const callOutcome = z.enum(['answered', 'missed', 'declined', 'busy', 'cancelled']);
export type CallOutcome = z.infer<typeof callOutcome>;

/** Where the relay is; `host` is null for the one at which the server itself was reached. */
export const relayPlace = z.object({
  host: z.string().max(255).nullable(),
  port: z.int().min(1).max(65_535),
});

/** What lets a participant use the relay, for this call alone. */
export const callTicket = z.object({
  /** USERNAME of STUN's short-term credentials (RFC 8489, section 9.1). */
  username: z.string().min(1).max(64),
  /** Their password. */
  password: z.string().min(16).max(128),
  ...relayPlace.shape,
  /** Base64url of 28 bytes each: SRTCP master key and salt (AEAD_AES_128_GCM, RFC 7714) to the relay and from it. */
  toRelay: base64url,
  fromRelay: base64url,
  /** True when the server also takes and gives media datagrams on the connection itself, in frames of kind 2. */
  tunnel: z.boolean().optional(),
});
export type CallTicket = z.infer<typeof callTicket>;

// Every size and count limit of the wire, in one place; rates and quotas are in the server's configuration.

/** Version of the wire protocol, sent in `hello`. */
export const protocolVersion = 1;

/** What a new account says of itself; a reader's program may say it in their language. */
export const defaultBio = 'Hi, I use PyTalk!';

export const limits = {
  /** Largest frame a client may send, kind byte and payload, in bytes. */
  maxClientFrameBytes: 512 * 1024,
  /** The same before the client has logged in. */
  maxStrangerFrameBytes: 64 * 1024,
  /** Largest frame a server may send, kind byte and payload, in bytes. */
  maxServerFrameBytes: 8 * 1024 * 1024,
  /** Data bytes in one file chunk frame. */
  maxChunkBytes: 256 * 1024,
  /** Bytes of an upload that may be under way without an acknowledgement. */
  uploadWindowBytes: 2 * 1024 * 1024,
  /** Bytes of one media datagram in a frame: no UDP path carries more without splitting it. */
  maxDatagramBytes: 1_500,
  /** Transfers under way at once on one connection, each way. */
  maxTransfers: 8,
  /** Requests of one connection that may wait for their answer at once. */
  maxRequestsInFlight: 512,
  /** Bytes waiting to be sent to one client before it is disconnected as too slow. */
  maxSendQueueBytes: 16 * 1024 * 1024,
  /** UTF-8 bytes of an event's payload. */
  maxPayloadBytes: 64 * 1024,
  /** Characters of a password; only its owner's program can count them. */
  minPasswordChars: 8,
  /** Characters of one text message (a payload must still fit its own limit). */
  maxTextChars: 16_000,
  /** Bytes of a thumbnail inside a file payload, before base64. */
  maxThumbBytes: 8 * 1024,
  /** Files one event may refer to. */
  maxFilesPerEvent: 16,
  /** Events in one page of history. */
  maxPageEvents: 500,
  /** Bytes of event payloads after which the server ends a page early. */
  pageBudgetBytes: 512 * 1024,
  maxGroupMembers: 50,
  /** Groups one may be in: a list of all, with their members, must fit one frame. */
  maxGroups: 1_000,
  /** People one may have as contacts: a list of them must fit one frame. */
  maxContacts: 5_000,
  maxPollOptions: 12,
  maxPollOptionChars: 200,
  maxBioChars: 500,
  maxPersonNameChars: 64,
  maxEmailChars: 254,
  maxDeviceNameChars: 64,
  maxFileNameChars: 255,
  maxEmojiChars: 16,
  /** Ids in one `users.get`. */
  maxUsersPerRequest: 200,
  maxAvatarBytes: 1024 * 1024,
  /** Calls in which one connection may be at once, when it asks for that (`call.host`). */
  maxHostedCalls: 8,
  /** People in one call. */
  maxCallParticipants: 8,
  /** Participant numbers are never given twice in a call: so many may join it, one after the other. */
  maxParticipantNumber: 65_535,
  /** Characters of a key in a call, or of its signature: the state of a call, which holds all of them, is sent often. */
  maxCallKeyChars: 128,
  /** Characters of a sender key that is sealed for a participant. */
  maxSealedKeyChars: 1_024,
  /** Characters of what is sealed for a participant about a direct way: at most 12 candidates. */
  maxSealedWayChars: 4_096,
} as const;

/** Seconds of silence after which a client sends a ping; it gives up after twice that, the server after three times. */
export const heartbeatSeconds = 20;

/** How long a call rings before it counts as not answered. */
export const ringTimeoutMs = 45_000;
/** How long a participant may be without a chat connection before the call goes on without them. */
export const callAwayTimeoutMs = 20_000;

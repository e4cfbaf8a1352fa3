// Which streams a participant of a call has, and their payload types; apart from the shapes, which load a validator.

/** Streams of one participant: each has the SSRC `ssrc + offset` (RFC 3550), where `ssrc` is a multiple of 8. */
export const streamOffset = { audio: 0, video: 1, screen: 2, repair: 3 } as const;
export const ssrcsPerParticipant = 8;

/** Payload types on the wire: JPEG is static (RFC 3551), the others are ours. */
export const payloadType = { jpeg: 26, opus: 111, red: 63, flexfec: 112 } as const;

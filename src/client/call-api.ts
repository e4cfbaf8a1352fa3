// The contract of calls: what command line, terminal UI and bots see of signalling and keys. Media is elsewhere (src/media).
import type { CallEnd, CallMedia } from '../protocol/call-shapes.js';
import type { PytalkError } from '../protocol/errors.js';

/** Somebody else in a call. */
export interface CallPerson {
  /** Participant number, unique in the call; streams and keys hang on it. */
  id: number;
  username: string;
  /** First of the participant's SSRCs. */
  ssrc: number;
  muted: boolean;
  camera: boolean;
  /** Sends a second picture beside the camera's. */
  screen: boolean;
  /** Keeps what it sees and hears in a file. */
  recording: boolean;
  /** The chat connection of that side is lost; media may go on. */
  away: boolean;
  /** 28 bytes, SRTP master key and salt of what this participant sends, with its number; null until it has come. */
  key: { epoch: number; master: Buffer } | null;
  /** What it told last about ways to reach it directly; null for nothing yet. */
  way: Buffer | null;
}

/** What this side tells of itself. */
export interface CallSelfState {
  muted?: boolean;
  camera?: boolean;
  screen?: boolean;
  recording?: boolean;
}

/** What the media of a call needs to reach the relay. */
export interface RelayAccess {
  host: string;
  port: number;
  username: string;
  password: string;
  /** 28 bytes each: SRTCP master key and salt. */
  toRelay: Buffer;
  fromRelay: Buffer;
}

/** The way of media through the chat connection, for when UDP does not get through. */
export interface CallTunnel {
  /** How long what was sent before waits for the connection, in milliseconds; null while there is none. */
  readonly waitMs: number | null;
  /** Sends a datagram; lost when there is no connection. */
  send(bytes: Buffer): void;
  /** The network may have changed: a connection that does not answer now is begun anew. */
  suspect(): void;
  /** Calls `take` for each datagram that comes; returns the undo. */
  onDatagram(take: (bytes: Buffer) => void): () => void;
}

/** `ringing` until somebody accepts (or this device does), then `connected`, then `ended`. */
export type CallPhase = 'ringing' | 'connected' | 'ended';

export interface CallEvents {
  /** People, invitations or their states have changed; read them from the call. */
  changed: undefined;
  /** The first other participant is there and their key was verified. Told once. */
  connected: undefined;
  /** A participant's key is there, or a new one. */
  key: { person: CallPerson };
  /** What this device sends is to be sealed with this key from now on; the others have it. */
  renewed: { key: { epoch: number; master: Buffer } };
  /** A participant tells by which addresses it might be reached directly: bytes for the media of the call. */
  way: { person: CallPerson; way: Buffer };
  /** Somebody has gone. */
  gone: { person: CallPerson };
  ended: { reason: CallEnd; durationMs: number; error: PytalkError | null };
}

/**
 * One call on this device. It survives the loss of the chat connection for 20 s. Events are told in order, never inside
 * another method's call.
 */
export interface Call {
  readonly id: string;
  /** `@name` or `#name`. */
  readonly conversation: string;
  readonly media: CallMedia;
  /** True when this device called, or joined a call that did not ring here. */
  readonly outgoing: boolean;
  /** Username of who called. */
  readonly by: string;
  readonly phase: CallPhase;
  /** This device's participant number, first SSRC and own sender key; null before it has joined. */
  readonly self: {
    id: number;
    ssrc: number;
    key: { epoch: number; master: Buffer };
    /** Whether the others are told, by what the server said last, that this device records. */
    recording: boolean;
  } | null;
  /** Null before this device has joined. */
  readonly relay: RelayAccess | null;
  /** Null before this device has joined, and when the server offers none. */
  readonly tunnel: CallTunnel | null;
  /** The other participants. */
  readonly people: readonly CallPerson[];
  /** Who was invited, by username: `calling`, `ringing`, `joined`, `declined`, `busy`, `no-answer`, `left`. */
  readonly invited: readonly { username: string; state: string }[];
  /** ISO 8601; null before the first accept. */
  readonly answeredAt: string | null;
  readonly end: CallEvents['ended'] | null;

  /**
   * Answers an incoming call on this device. Rejects with `call-not-found` when it is over or taken elsewhere,
   * `key-invalid` or `key-changed` when the caller's key cannot be trusted (the call is declined then).
   */
  accept(): Promise<void>;
  /** Declines an incoming call on all devices; `busy` tells the caller so. Never rejects for a lost connection. */
  decline(busy?: boolean): Promise<void>;
  /** Hangs up or cancels; idempotent. Never rejects for a lost connection. */
  hangUp(): Promise<void>;
  /** Tells the others that the microphone is muted, the camera is off, there is a second picture, that this side records. */
  set(state: CallSelfState): Promise<void>;
  /** Tells a participant, sealed, by which addresses this side might be reached; again when a lost connection is back. */
  readonly ways: { send(to: number, way: Buffer): void };
  on<T extends keyof CallEvents>(type: T, listener: (event: CallEvents[T]) => void): () => void;
}

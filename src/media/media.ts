// The contracts between the stages of a call's media: pictures, sound, where they come from and where they go.
import type { PytalkError } from '../protocol/errors.js';

/** A picture as a camera gave it: one whole baseline JPEG that obeys the rules of RTP/JPEG (RFC 2435). */
export interface JpegFrame {
  readonly jpeg: Buffer;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** When the picture was taken, in milliseconds since 1970 on this machine's clock, with fractions. */
  readonly capturedAt: number;
}

/** Sound in a call: 48,000 Hz, one channel, 16 bits signed, in blocks of 20 ms. */
export const sampleRate = 48_000;
export const blockSamples = 960;
export const blockMs = 20;

/** One block of `blockSamples` samples. */
export interface SoundBlock {
  readonly samples: Int16Array;
  /** When its first sample was taken, in milliseconds since 1970 on this machine's clock, with fractions. */
  readonly capturedAt: number;
}

/** What a source tells while it runs. Nothing is told after `close` was called. */
export interface SourceEvents<T> {
  /** The next picture or block. */
  data(item: T): void;
  /**
   * The source has failed (unplugged, ffmpeg ended, the address does not answer). `retryInMs` is null when it is over
   * for good; else the source tries again by itself, and `data` goes on when that works.
   */
  problem(error: PytalkError, retryInMs: number | null): void;
}

/** A camera or microphone that runs. */
export interface Source {
  /** What it is, for people: a device's name, an address. */
  readonly label: string;
  /** True for a microphone behind the system's echo canceller. */
  readonly cancelsEcho?: boolean;
  /** Idempotent; resolves when processes, sockets and timers are gone. */
  close(): Promise<void>;
}

/** Where sound goes: a speaker or a file. */
export interface Sink {
  readonly label: string;
  /** Milliseconds of sound written and not yet heard, device included. */
  readonly delayMs: number;
  /** Takes one block; the caller keeps the pace of one block each 20 ms. */
  write(samples: Int16Array): void;
  /** Idempotent; resolves when a file is whole, or the device is given back. */
  close(): Promise<void>;
}

/** Settings of a camera; what it cannot do it does as nearly as it can. */
export interface CameraSettings {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
  /** Path of the ffmpeg to use; null looks for one (ffmpeg.ts). */
  readonly ffmpeg: string | null;
}

/** A sender's SRTP master key: 16 bytes key and 12 bytes salt (AEAD_AES_128_GCM, RFC 7714), and its number. */
export interface SenderKey {
  /** From 0, one more at each change, up to 2^32 - 1; its low byte is on the wire, as MKI (RFC 3711, section 3.1). */
  readonly epoch: number;
  /** 28 bytes. */
  readonly master: Buffer;
}

/** One whole picture of somebody else, decrypted and put together. */
export interface ReceivedFrame extends JpegFrame {
  /** Participant number. */
  readonly from: number;
  /** RTP timestamp, 90 kHz (RFC 2435). */
  readonly timestamp: number;
  /** When it was taken, on the sender's clock; null when the packets did not say. */
  readonly captureTimeMs: number | null;
  /** From capture there to this moment, in milliseconds, clocks of both sides brought together; null while not known. */
  readonly latencyMs: number | null;
}

/** A packet of sound as it travels: Opus, or Opus with redundancy (RFC 2198). */
interface SoundPacket {
  /** Participant number; 0 is oneself. */
  readonly from: number;
  readonly payloadType: number;
  /** RTP timestamp, 48 kHz. */
  readonly timestamp: number;
  readonly payload: Buffer;
  /** When its newest block was taken: on the sender's clock (null when not told), and on this machine's. */
  readonly captureTimeMs: number | null;
  readonly capturedAt: number;
}

/** Figures of one stream of pictures over the last second, and since it began. */
interface VideoStats {
  readonly fps: number;
  readonly kbps: number;
  readonly width: number;
  readonly height: number;
  /** Whole frames so far. */
  readonly frames: number;
}

/** `dropped`: frames that were given up before they were sent. */
export type SentVideoStats = VideoStats & { readonly dropped: number };

/**
 * `lost`: frames that were begun or skipped and never became whole; `recovered`: packets that were lost and worked out of
 * repair packets; `latencyMs`: median of the last second; `freezes`: how often, and for how long together, the picture stood
 * still though more was sent.
 */
export type ReceivedVideoStats = VideoStats & {
  readonly lost: number;
  readonly recovered: number;
  readonly latencyMs: number | null;
  readonly freezes: number;
  readonly freezeMs: number;
};

/** What `--stats` writes each second; see docs/CLI.md. Persons by participant number. */
export interface MediaStats {
  readonly path: 'udp' | 'tcp' | 'direct';
  /** Round trip to the relay, or to the other one when `path` is direct; null while not known. */
  readonly rttMs: number | null;
  readonly sent: {
    readonly video: SentVideoStats;
    /** The second picture; absent while there has been none. */
    readonly screen?: SentVideoStats;
    readonly audio: { readonly kbps: number; readonly packets: number };
  };
  readonly received: ReadonlyMap<
    number,
    {
      readonly video: ReceivedVideoStats;
      readonly screen?: ReceivedVideoStats;
      /** `lost`: packets that came by no way; `concealedMs`: sound made up; `bufferMs`: how long sound waits; `stretchedMs`: sound added or left out to make it wait longer or shorter. */
      readonly audio: {
        readonly kbps: number;
        readonly packets: number;
        readonly lost: number;
        readonly concealedMs: number;
        readonly bufferMs: number;
        readonly stretchedMs: number;
      };
    }
  >;
}

/** Tells the media of a call what to do; made by `startCallMedia` (call-media.ts). */
export interface CallMedia {
  /** Somebody has joined: their pictures and sound are wanted. */
  addPerson(person: { id: number; username: string; ssrc: number }): void;
  /** Their sender key, or a new one. Packets that come before it wait a moment for it. */
  setKey(id: number, key: SenderKey): void;
  /** Sends under this key from now on, if it is newer: the others have it. */
  setOwnKey(key: SenderKey): void;
  /** A participant tells how it can be reached directly: what its `offer` gave. */
  offerCame(from: number, bytes: Buffer): void;
  removePerson(id: number): void;
  /** Microphone off or on. */
  setMuted(muted: boolean): void;
  /** Camera off or on (released while off); `source` is the camera from now on. */
  setCamera(on: boolean, source: string): void;
  /** The second picture, such as the screen, off or on. */
  setScreen(on: boolean): void;
  /** Playback: 0 is silence, 1 as it came, at most 2. */
  setVolume(volume: number): void;
  stats(): MediaStats;
  on<T extends keyof CallMediaEvents>(type: T, listener: (event: CallMediaEvents[T]) => void): () => void;
  /** Idempotent; resolves when processes, sockets, files and timers are gone. */
  close(): Promise<void>;
}

export interface CallMediaEvents {
  /** One's own picture, as it is sent. */
  self: JpegFrame;
  /** A picture of somebody else, the newest whole one. */
  frame: ReceivedFrame;
  /** The same of second pictures: one's own, and somebody else's. */
  selfScreen: JpegFrame;
  screen: ReceivedFrame;
  /** Sound as it came, and one's own as it is sent. */
  sound: SoundPacket;
  /** 20 ms of everybody else together, as the speaker gets it; not when there is nothing to hear. */
  heard: { samples: Int16Array };
  /** Loudness, 0 to 1, about ten times a second; participant number 0 is oneself. */
  level: { from: number; level: number };
  /** How media travels now; null when nothing has come from the relay for a while. */
  path: { path: 'udp' | 'tcp' | 'direct' | null };
  /** A camera, the second picture, a microphone or speaker fails, or tries again; the call goes on. */
  problem: {
    part: 'camera' | 'screen' | 'microphone' | 'speaker';
    error: PytalkError;
    retryInMs: number | null;
  };
}

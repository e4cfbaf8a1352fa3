// What the server and the relay's thread tell each other.
import type { DatagramBatch } from './datagram-batch.js';
import type { RelayCounters } from './relay-counters.js';
import type { TokenRate } from './token-bucket.js';
import type { Way } from './way-figures.js';

/** A participant's ticket, as the relay knows it. */
export interface RelayParticipant {
  /** USERNAME of the ticket (RFC 8489). */
  username: string;
  password: string;
  call: string;
  /** Number within the call. */
  id: number;
  /** First SSRC, a multiple of 8. */
  ssrc: number;
  /** SRTCP master keys, 28 bytes: what comes to the relay, and what goes from it. */
  toRelay: Uint8Array;
  fromRelay: Uint8Array;
}

/** What one participant may send, resends included. */
export interface MediaRates {
  packets: TokenRate;
  bytes: TokenRate;
  feedback: TokenRate;
  resends: TokenRate;
  /** Bytes that go to an address before somebody there has proved to get them. */
  unproved: TokenRate;
}

export interface RelayWorkerData {
  host: string;
  port: number;
  family: 'udp4' | 'udp6';
  rates: MediaRates;
  /** How often the thread was started before: what it seals must not repeat what an earlier one has sealed. */
  generation: number;
}

export type ToWorker =
  | { do: 'add'; participant: RelayParticipant }
  | { do: 'remove'; username: string }
  /** Came through chat connections. */
  | { do: 'take'; batch: DatagramBatch }
  | { do: 'close' };

export type FromWorker =
  | { did: 'listening'; address: { host: string; port: number } }
  | { did: 'failed'; code: string | undefined; reason: string }
  /** To be sent through chat connections. */
  | { did: 'send'; batch: DatagramBatch }
  | { did: 'counted'; counters: RelayCounters; ways: Readonly<Record<string, Way>> };

// Sound on its way out: Opus (RFC 7587) in blocks of 20 ms, each packet with the ones before it (RFC 2198); silence is not sent.
import { Encoder } from '@evan/opus';
import { payloadType } from '../../protocol/media-streams.js';
import { encodeRed, redLimits, type RedBlock } from '../../protocol/red.js';
import { blockMs, blockSamples, type SoundBlock } from '../media.js';
import { rms } from './mixer.js';

/** Softer than this (of 32,767) counts as silence: the noise of a quiet room is above, of a muted line below. */
const silenceRms = 40;
/** After the last sound, blocks that are sent all the same: the ends of words are soft. */
const hangoverBlocks = 15;
/** In silence one block in so many is sent, as Opus' own DTX does it. */
const silentEveryBlocks = 20;
/** A source that is this much out of step was interrupted: its clock is taken anew. */
const resyncMs = 100;

export interface EncodedSound {
  payload: Buffer;
  payloadType: number;
  /** First packet after silence (RFC 3551, section 4.1). */
  marker: boolean;
  /** 48 kHz. */
  timestamp: number;
  captureTimeMs: number;
}

export interface SoundShape {
  /** Bits a second. */
  readonly bitrate: number;
  /** How many blocks before the newest ride along with it. */
  readonly redundancy: number;
}
export const usualSound: SoundShape = { bitrate: 32_000, redundancy: 1 };

export class AudioEncoder {
  readonly #opus: Encoder;
  /** Encoded blocks before the newest, oldest first. */
  #previous: { timestamp: number; data: Buffer }[] = [];
  #redundancy: number;
  #bitrate: number;
  #timestamp: number | null = null;
  #expectedMs = 0;
  #quietBlocks = 0;
  #wasSilent = true;

  constructor({ bitrate, redundancy }: SoundShape = usualSound) {
    this.#redundancy = redundancy;
    this.#bitrate = bitrate;
    this.#opus = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
    this.#opus.bitrate = bitrate;
    this.#opus.complexity = 5;
  }

  /** For the packets from now on, as in the constructor. */
  setShape({ bitrate, redundancy }: SoundShape): void {
    this.#redundancy = redundancy;
    if (bitrate === this.#bitrate) return;
    this.#bitrate = bitrate;
    this.#opus.bitrate = bitrate;
  }

  /** The packet of a block; null when it is silence that needs not be sent. */
  encode({ samples, capturedAt }: SoundBlock): EncodedSound | null {
    const timestamp = this.#nextTimestamp(capturedAt);
    // Always encoded, so that the coder's state follows the sound.
    const encoded = this.#opus.encode(samples);
    // The coder may use its memory again.
    const data = Buffer.from(encoded);
    this.#quietBlocks = rms(samples) < silenceRms ? this.#quietBlocks + 1 : 0;
    const isSilent = this.#quietBlocks > hangoverBlocks;
    if (isSilent && this.#quietBlocks % silentEveryBlocks !== 0) {
      this.#wasSilent = true;
      this.#previous = [];
      return null;
    }
    const payload = encodeRed([
      ...this.#redundant(timestamp),
      { payloadType: payloadType.opus, timestampOffset: 0, data },
    ]);
    const marker = this.#wasSilent && !isSilent;
    this.#wasSilent = isSilent;
    this.#previous.push({ timestamp, data });
    this.#previous = this.#previous.slice(-Math.max(1, this.#redundancy));
    return { payload, payloadType: payloadType.red, marker, timestamp, captureTimeMs: capturedAt };
  }

  #redundant(timestamp: number): RedBlock[] {
    if (this.#redundancy === 0) return [];
    return this.#previous.slice(-this.#redundancy).flatMap(({ timestamp: older, data }): RedBlock[] => {
      const timestampOffset = (timestamp - older) >>> 0;
      const fits = timestampOffset <= redLimits.maxTimestampOffset && data.length <= redLimits.maxBlockBytes;
      return fits ? [{ payloadType: payloadType.opus, timestampOffset, data }] : [];
    });
  }

  /** Blocks follow each other without a gap, unless the source was interrupted. */
  #nextTimestamp(capturedAt: number): number {
    if (this.#timestamp === null) {
      this.#timestamp = 0;
    } else {
      const behindMs = capturedAt - this.#expectedMs;
      const missed = Math.abs(behindMs) > resyncMs ? Math.round(behindMs / blockMs) : 0;
      this.#timestamp = (this.#timestamp + (1 + Math.max(0, missed)) * blockSamples) >>> 0;
      if (missed !== 0) {
        this.#expectedMs = capturedAt;
        this.#previous = [];
        this.#wasSilent = true;
      }
    }
    if (this.#expectedMs === 0) this.#expectedMs = capturedAt;
    this.#expectedMs += blockMs;
    return this.#timestamp;
  }
}

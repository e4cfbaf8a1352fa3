// Everybody's sound together, one beat of 20 ms after the other; decoded only while somebody hears it.
import { level, mix } from './mixer.js';
import type { AudioReceiver } from './receiver.js';

/** Loudness is told every so many blocks of 20 ms. */
const levelEvery = 5;

export interface PlaybackEvents {
  /** Whether anybody hears it, or wants to know how loud it is. */
  isWanted(): boolean;
  level(id: number, level: number): void;
  /** 20 ms of all together; null for silence. */
  heard(samples: Int16Array | null): void;
}

export class Playback {
  readonly #events: PlaybackEvents;
  #beats = 0;
  /** 0 is silence, 1 as it came. */
  volume = 1;

  constructor(events: PlaybackEvents) {
    this.#events = events;
  }

  /** Whether loudness is told now. */
  get isLevelBeat(): boolean {
    return this.#beats % levelEvery === 0;
  }

  /** To be called every 20 ms; `nowMs` is on the clock of the packets' arrivals. */
  beat(people: Iterable<{ id: number; audio: AudioReceiver }>, nowMs: number): void {
    this.#beats++;
    const isWanted = this.#events.isWanted();
    const blocks: Int16Array[] = [];
    for (const { id, audio } of people) {
      audio.isHeard = isWanted;
      const block = audio.pull(nowMs);
      if (!isWanted) continue;
      if (block) blocks.push(block);
      if (this.isLevelBeat) this.#events.level(id, block ? level(block) : 0);
    }
    if (isWanted) this.#events.heard(mix(blocks, this.volume));
  }
}

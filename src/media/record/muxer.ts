// Puts blocks that come in order into clusters, and declares tracks as they appear; what it writes can be played at any moment.
import {
  clusterStart,
  cues,
  head,
  headBytes,
  maxBlockOffsetMs,
  simpleBlock,
  type Cue,
  type Track,
} from './matroska.js';

const clusterMs = 5_000;

type Fields<T> = T extends unknown ? Omit<T, 'number'> : never;
/** What of a track its first block tells. */
export type TrackFields = Fields<Track>;

/** Where the bytes go. */
export interface Output {
  readonly length: number;
  append(bytes: Buffer): void;
  overwriteStart(bytes: Buffer): void;
}

export class Muxer {
  readonly #out: Output;
  readonly #about: { startedAt: number; app: string };
  readonly #tracks: Track[] = [];
  /** Time of each track's last block. */
  readonly #lastMs = new Map<number, number>();
  readonly #cues: Cue[] = [];
  #cluster: { atMs: number } | null = null;
  #endMs = 0;

  constructor(out: Output, about: { startedAt: number; app: string }) {
    this.#out = out;
    this.#about = about;
    out.append(head({ ...about, tracks: [], end: null }) ?? Buffer.alloc(headBytes));
  }

  /** Time of the latest block. */
  get endMs(): number {
    return this.#endMs;
  }

  /** The number of a person's track, declared the first time; null when the head has no room for another one. */
  track(fields: TrackFields): number | null {
    const known = this.#tracks.find(({ kind, name }) => kind === fields.kind && name === fields.name);
    if (known) return known.number;
    const track = { number: this.#tracks.length + 1, ...fields };
    const bytes = head({ ...this.#about, tracks: [...this.#tracks, track], end: null });
    if (!bytes) return null;
    this.#tracks.push(track);
    this.#out.overwriteStart(bytes);
    return track.number;
  }

  /** Writes a block; times of a track only grow, and a block that would break that is left out. */
  block(track: number, atMs: number, data: Buffer): void {
    const at = Math.round(atMs);
    if (at < 0 || at <= (this.#lastMs.get(track) ?? -1)) return;
    this.#lastMs.set(track, at);
    this.#endMs = Math.max(this.#endMs, at);
    const offsetMs = at - (this.#cluster?.atMs ?? 0);
    if (!this.#cluster || offsetMs >= clusterMs || offsetMs < -maxBlockOffsetMs) {
      this.#cues.push({ atMs: at, track, position: this.#out.length });
      this.#cluster = { atMs: at };
      this.#out.append(clusterStart(at));
    }
    this.#out.append(simpleBlock(track, at - this.#cluster.atMs, data));
  }

  /** Adds what makes jumping quick, and says how long it is. Nothing may follow. */
  end(): void {
    const cuesAt = this.#cues.length === 0 ? null : this.#out.length;
    if (cuesAt !== null) this.#out.append(cues(this.#cues));
    const end = { durationMs: this.#endMs, cuesAt };
    const bytes = head({ ...this.#about, tracks: this.#tracks, end });
    if (bytes) this.#out.overwriteStart(bytes);
  }
}

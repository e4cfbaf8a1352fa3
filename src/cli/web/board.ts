// What the page of a call can ask for: only the newest of everything, so that slow readers cost nothing and see no past.

/** Pieces of an answer: kind (1 byte), number and length (4 bytes each, big-endian), then the bytes. */
const kinds = { version: 0, state: 1, picture: 2, sound: 3 } as const;
const headerBytes = 9;
/** Blocks of 20 ms that wait for whoever asks a little late. */
const maxBlocks = 10;

interface Entry {
  readonly version: number;
  readonly bytes: Buffer;
}

export class Board {
  #version = 0;
  #state: Entry | null = null;
  readonly #pictures = new Map<number, Entry>();
  #blocks: Entry[] = [];
  readonly #waiting = new Set<() => void>();

  /** Bytes that are kept, whoever reads. */
  get keptBytes(): number {
    const entries = [...(this.#state ? [this.#state] : []), ...this.#pictures.values(), ...this.#blocks];
    return entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** How the call stands; told only when it has changed. */
  state(value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value));
    if (this.#state?.bytes.equals(bytes) !== true) this.#state = this.#entry(bytes);
  }

  picture(id: number, jpeg: Buffer): void {
    this.#pictures.set(id, this.#entry(jpeg));
  }

  /** Whose picture is not to be seen any more. */
  forget(id: number): void {
    this.#pictures.delete(id);
  }

  /** 20 ms of everybody's sound. */
  sound(samples: Int16Array): void {
    const bytes = Buffer.alloc(2 * samples.length);
    for (const [at, sample] of samples.entries()) bytes.writeInt16LE(sample, 2 * at);
    this.#blocks = [...this.#blocks, this.#entry(bytes)].slice(-maxBlocks);
  }

  /** What has come since `version`, in pieces, the new version first; null when there is nothing. */
  since(version: number): Buffer | null {
    const isNew = (entry: Entry): boolean => entry.version > version;
    const pieces = [
      ...(this.#state && isNew(this.#state) ? [piece(kinds.state, 0, this.#state.bytes)] : []),
      ...this.#blocks.filter(isNew).map(({ bytes }) => piece(kinds.sound, 0, bytes)),
      ...[...this.#pictures].flatMap(([id, entry]) =>
        isNew(entry) ? [piece(kinds.picture, id, entry.bytes)] : [],
      ),
    ];
    if (pieces.length === 0) return null;
    return Buffer.concat([piece(kinds.version, this.#version, Buffer.alloc(0)), ...pieces]);
  }

  /** Calls `tell` once when there is something new; returns the undo. */
  onNews(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => this.#waiting.delete(tell);
  }

  #entry(bytes: Buffer): Entry {
    const entry = { version: ++this.#version, bytes };
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // What comes in the same moment goes into the same answer.
    if (waiting.length > 0) setImmediate(() => waiting.forEach((tell) => tell()));
    return entry;
  }
}

function piece(kind: number, id: number, bytes: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header[0] = kind;
  header.writeUInt32BE(id, 1);
  header.writeUInt32BE(bytes.length, 5);
  return Buffer.concat([header, bytes]);
}

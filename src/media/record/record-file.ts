// The file of a recording: takes bytes in order without waiting, writes them one after the other, and ends at the first failure.

/** What of a file handle is needed. */
export interface Disk {
  write(bytes: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export class RecordFile {
  readonly #disk: Disk;
  readonly #failed: (error: unknown) => void;
  #queue: { bytes: Buffer; position: number }[] = [];
  #writing: Promise<void> | null = null;
  #length = 0;
  #isOver = false;
  #closing: Promise<void> | null = null;
  /** Bytes that wait for the disk. */
  waitingBytes = 0;

  /** `failed` is told once, and nothing is written after that. */
  constructor(disk: Disk, failed: (error: unknown) => void) {
    this.#disk = disk;
    this.#failed = failed;
  }

  /** Bytes, those that wait included. */
  get length(): number {
    return this.#length;
  }

  append(bytes: Buffer): void {
    this.#add(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes over the beginning, after all that was appended before. */
  overwriteStart(bytes: Buffer): void {
    this.#add(bytes, 0);
  }

  /** Resolves when everything is on the disk, or the file has failed, and it is closed. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= (async () => {
      await this.#writing;
      this.#isOver = true;
      await this.#disk.close().catch(() => undefined);
    })());
  }

  #add(bytes: Buffer, position: number): void {
    if (this.#isOver || this.#closing) return;
    this.#queue.push({ bytes, position });
    this.waitingBytes += bytes.length;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { bytes, position } = next;
      try {
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await this.#disk.write(bytes, done, bytes.length - done, position + done);
          done += bytesWritten;
        }
      } catch (error) {
        this.#queue = [];
        this.#isOver = true;
        // What is half there would only confuse a player.
        if (position > 0) await this.#disk.truncate(position).catch(() => undefined);
        this.#failed(error);
      }
      this.waitingBytes = this.#isOver ? 0 : this.waitingBytes - bytes.length;
    }
  }
}

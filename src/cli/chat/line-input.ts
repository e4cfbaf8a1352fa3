// Lines of an input, one after the other: kept until somebody takes them, so that none is lost between two who read.
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';

export class LineInput {
  readonly #input: Readable;
  readonly #lines: string[] = [];
  #reader: Interface | null = null;
  #isEnded = false;
  #wake: () => void = () => undefined;

  /** Reads nothing before the first line is asked for. */
  constructor(input: Readable) {
    this.#input = input;
  }

  /** Undefined after the last one. */
  async next(): Promise<string | undefined> {
    if (!this.#isEnded) this.#reader ??= this.#open();
    while (this.#lines.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#lines.shift();
  }

  /** No more lines come. Idempotent. */
  close(): void {
    this.#isEnded = true;
    this.#reader?.close();
    this.#wake();
  }

  #open(): Interface {
    const reader = createInterface({ input: this.#input, terminal: false });
    reader.on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    reader.on('close', () => this.close());
    return reader;
  }
}

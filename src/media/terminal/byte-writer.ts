// Builds what goes to a terminal in one growing buffer: pictures are too many bytes for strings.

const numbers = Array.from({ length: 1000 }, (_, value) => Buffer.from(String(value)));

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Begins anew. */
  clear(): void {
    this.#length = 0;
  }

  /** A copy of what was written. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 up, in decimal. */
  number(value: number): void {
    const known = numbers[value];
    if (known) this.buffer(known);
    else this.text(String(value));
  }

  text(text: string): void {
    this.#room(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  buffer(bytes: Buffer): void {
    this.#room(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Moves the cursor (CUP); row and column from 0. */
  moveTo(row: number, column: number): void {
    this.text('\u001b[');
    this.number(row + 1);
    this.byte(0x3b);
    this.number(column + 1);
    this.byte(0x48);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

// A ready-made `event.send` frame in which only what differs from message to message is written anew.
import { encodeJson } from '../src/protocol/frame.js';
import { encodePayload } from '../src/protocol/payload.js';

/** Characters of every text that is sent. */
export const textChars = 100;
/** Bytes of JSON after the text, at the end of every `event` push. */
const pushTailBytes = '\\"}"}}'.length;
const firstRequest = 1_000_000_000;

const marker = '@@M';
const senderAt = marker.length;
const numberAt = senderAt + 2;
const timeAt = numberAt + 8;
const timeDigits = 16;

/** Microseconds since this process started, as they are written into texts. */
export function nowMicros(): number {
  return Math.floor(performance.now() * 1000);
}

/** Frames of one sender to one conversation, numbered from 0. */
export class SendTemplate {
  readonly #frame: Buffer;
  readonly #reqAt: number;
  readonly #idAt: number;
  readonly #textAt: number;
  #next = 0;
  /** The time in the id of `#frame`. */
  #millis = 0;

  /** `sender` (0 to 99) tells the senders of one run apart. */
  constructor(conv: number, sender: number) {
    const text = marker + String(sender).padStart(2, '0') + 'x'.repeat(textChars - numberAt);
    const random = Math.floor(Math.random() * 0x1000)
      .toString(16)
      .padStart(3, '0');
    const id = `00000000-0000-7${random}-8${random}-${String(sender).padStart(2, '0')}0000000000`;
    const payload = encodePayload({ kind: 'text', text });
    this.#frame = encodeJson({ req: firstRequest, type: 'event.send', body: { conv, id, payload } });
    this.#reqAt = this.#frame.indexOf(String(firstRequest)) + 1;
    this.#idAt = this.#frame.indexOf(id);
    this.#textAt = this.#frame.indexOf(marker);
  }

  get sent(): number {
    return this.#next;
  }

  /** The next `count` frames in one buffer, each with its own request number, UUIDv7, number and time. */
  next(count: number): Buffer {
    const bytes = this.#frame.length;
    const frames = Buffer.allocUnsafe(bytes * count);
    const micros = nowMicros();
    this.#setTime();
    for (let i = 0; i < count; i++) {
      const at = i * bytes;
      this.#frame.copy(frames, at);
      writeDecimal(frames, at + this.#textAt + numberAt, this.#next, 8);
      writeDecimal(frames, at + this.#textAt + timeAt, micros, timeDigits);
      this.#number(frames, at);
    }
    return frames;
  }

  /** Gives a copy of a frame at `at` the next request number and id, and leaves its text alone. */
  renew(frames: Buffer, at: number): void {
    this.#setTime();
    this.#frame.copy(frames, at, 0, this.#textAt);
    this.#number(frames, at);
  }

  /** Puts the time into the id, as UUIDv7 has it. */
  #setTime(): void {
    const millis = Date.now();
    if (millis === this.#millis) return;
    this.#millis = millis;
    const hex = millis.toString(16).padStart(12, '0');
    this.#frame.write(hex.slice(0, 8), this.#idAt, 'latin1');
    this.#frame.write(hex.slice(8), this.#idAt + 9, 'latin1');
  }

  #number(frames: Buffer, at: number): void {
    writeDecimal(frames, at + this.#reqAt, this.#next, 9);
    writeDecimal(frames, at + this.#idAt + 26, this.#next, 10);
    this.#next++;
  }
}

/** What the text in an `event` push says; `end` is where the push ends in `bytes`. */
export function readText(bytes: Buffer, end: number): { sender: number; number: number; micros: number } {
  const textAt = end - pushTailBytes - textChars;
  return {
    sender: readDecimal(bytes, textAt + senderAt, 2),
    number: readDecimal(bytes, textAt + numberAt, 8),
    micros: readDecimal(bytes, textAt + timeAt, timeDigits),
  };
}

function writeDecimal(bytes: Buffer, at: number, value: number, digits: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const tens = Math.floor(rest / 10);
    bytes[i] = 48 + rest - tens * 10;
    rest = tens;
  }
}

function readDecimal(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + (bytes[i] ?? 48) - 48;
  return value;
}

// Where results, notes and errors go, and whether in colour; the only place of the commands that writes to the streams.
import { once } from 'node:events';
import { safeJson } from './clean-text.js';
import type { Io, OutputStream } from './io.js';

type Paint = (text: string) => string;

export interface Paints {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  /** A colour that always is the same for the same name. */
  readonly name: (name: string, text?: string) => string;
}

/** SGR colours that are readable on dark and on light terminals. */
const nameColours = [32, 33, 34, 35, 36, 91, 92, 94, 95, 96] as const;

function paintsFor(isColoured: boolean): Paints {
  const sgr =
    (code: number, end: number): Paint =>
    (text) =>
      isColoured ? `\x1b[${code}m${text}\x1b[${end}m` : text;
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    red: sgr(31, 39),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
    name: (name, text = name) => {
      const hash = Array.from(name).reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7);
      return sgr(nameColours[hash % nameColours.length] ?? 36, 39)(text);
    },
  };
}

function hasColour(stream: OutputStream, env: Io['env']): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** Events that wait for a reader, in bytes, before it counts as stuck. */
const maxUnreadBytes = 64 * 1024 * 1024;

export class Output {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly paint: Paints;
  /** Whether results are in colour. */
  readonly isColoured: boolean;
  readonly #io: Io;
  readonly #stuck = new AbortController();
  #drained: Promise<unknown> | null = null;

  constructor(io: Io, options: { json: boolean; quiet: boolean }) {
    this.#io = io;
    this.isJson = options.json;
    this.isQuiet = options.quiet;
    this.isColoured = hasColour(options.json ? io.stderr : io.stdout, io.env);
    this.paint = paintsFor(this.isColoured);
  }

  /** Cells of a line; 80 where nobody knows. */
  get columns(): number {
    return this.#io.stdout.columns ?? 80;
  }

  /** One JSON object a line, on stdout. Resolves when the reader has room for more. */
  async json(value: unknown): Promise<void> {
    const { stdout, interrupt } = this.#io;
    if (stdout.write(`${safeJson(value)}\n`) || !stdout.writableNeedDrain) return;
    this.#drained ??= once(stdout, 'drain', { signal: interrupt }).finally(() => (this.#drained = null));
    await this.#drained;
  }

  /** The same for what happens by itself and cannot be held back; `stuck` aborts when the reader takes nothing. */
  event(value: unknown): void {
    if (this.#io.stdout.writableLength > maxUnreadBytes) this.#stuck.abort();
    else this.json(value).catch(() => undefined);
  }

  /** Aborts when events were given up because nobody took them. */
  get stuck(): AbortSignal {
    return this.#stuck.signal;
  }

  /** A result for people: stdout, or stderr when stdout carries JSON. The text must be clean already. */
  line(text = ''): void {
    (this.isJson ? this.#io.stderr : this.#io.stdout).write(`${text}\n`);
  }

  /** What went well, beside the result; not with --quiet. Always on stderr. */
  note(text: string): void {
    if (!this.isQuiet) this.#io.stderr.write(`${text}\n`);
  }

  /** An error or a warning: stderr, with --quiet too. */
  alert(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }
}

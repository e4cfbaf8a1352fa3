// A terminal in memory: takes the bytes that a real one would, and tells what its screen shows.
import { EventEmitter } from 'node:events';
import { KeyDecoder, type Input } from '../../src/cli/chat/keys.js';
import type { Terminal } from '../../src/cli/chat/terminal.js';
import { graphemesOf, widthOf } from '../../src/cli/chat/text-width.js';

/** APC, DCS and OSC with their terminators: ST, or BEL as iTerm2 has it. */
const strings = /^\u001b([_P\]](?:[^\u0007\u001b]|\u001b(?!\\))*)(\u001b\\|\u0007)/;
const sequence = /\u001b\[([?>]?)([0-9;]*)([A-Za-z])/y;

/** Understands what src/cli/chat/screen.ts writes, and throws at anything else. */
export class FakeTerminal implements Terminal {
  /** All bytes written, in pieces. */
  readonly writes: string[] = [];
  bells = 0;
  /** Operating system commands that were written: notifications. */
  readonly notices: string[] = [];
  /** Other strings that were written, with their introducers: of graphics (APC, DCS, OSC 1337), and questions. */
  readonly strings: string[] = [];
  isEntered = false;
  /** Whether it was asked to report the mouse. */
  isMouse = false;
  cursor: { row: number; column: number } | null = null;
  /** Full clears of the screen. */
  clears = 0;
  protected cells: string[][] = [];
  protected row = 0;
  protected column = 0;
  private isCursorShown = true;
  /** Where the cursor was at the last DECSC. */
  private saved: [row: number, column: number] = [0, 0];
  private readonly emitter = new EventEmitter();
  private readonly decoder = new KeyDecoder();

  constructor(
    public columns: number,
    public rows: number,
  ) {
    this.clear();
  }

  write(data: string | Uint8Array): boolean {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString();
    this.writes.push(text);
    this.apply(text);
    return true;
  }

  ask(question: string): void {
    this.write(question);
  }

  bell(): void {
    this.bells++;
  }

  setMouse(isOn: boolean): void {
    this.isMouse = isOn;
  }

  enter(): void {
    this.isEntered = true;
  }

  leave(): void {
    this.isEntered = false;
  }

  onInput(listener: (inputs: readonly Input[]) => void): () => void {
    return this.listen('input', listener);
  }

  onResize(listener: () => void): () => void {
    return this.listen('resize', listener);
  }

  onDrain(listener: () => void): () => void {
    return this.listen('drain', listener);
  }

  /** How many listeners there are: none after a clean end. */
  get listeners(): number {
    return ['input', 'resize', 'drain'].reduce((sum, name) => sum + this.emitter.listenerCount(name), 0);
  }

  /** Types: the bytes that a terminal sends for keys. */
  type(bytes: string): void {
    const inputs = [...this.decoder.push(bytes), ...(this.decoder.isWaiting ? this.decoder.flush() : [])];
    this.emitter.emit('input', inputs);
  }

  /** Bytes of which more may follow. */
  push(bytes: string): void {
    this.emitter.emit('input', this.decoder.push(bytes));
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emitter.emit('resize');
  }

  /** The screen as text, rows without trailing spaces. */
  get text(): string {
    return this.lines.join('\n');
  }

  get lines(): string[] {
    return this.cells.map((row) => row.join('').trimEnd());
  }

  private listen(name: string, listener: (...args: never[]) => void): () => void {
    this.emitter.on(name, listener as (...args: unknown[]) => void);
    return () => this.emitter.off(name, listener as (...args: unknown[]) => void);
  }

  private clear(): void {
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++) this.wiped(row, column);
    this.cells = Array.from({ length: this.rows }, () => Array.from({ length: this.columns }, () => ' '));
    this.row = 0;
    this.column = 0;
  }

  private apply(data: string): void {
    let at = 0;
    while (at < data.length) {
      sequence.lastIndex = at;
      const match = sequence.exec(data);
      if (match !== null) {
        this.obey(match[1] ?? '', match[2] ?? '', match[3] ?? '');
        at += match[0].length;
        continue;
      }
      const [text, string = '', terminator = ''] = strings.exec(data.slice(at)) ?? [];
      if (text !== undefined) {
        if (string.startsWith(']') && terminator !== '\u0007') this.notices.push(string.slice(1));
        else this.obeyString(string);
        at += text.length;
        continue;
      }
      if (data.startsWith('\u001b7', at) || data.startsWith('\u001b8', at)) {
        if (data[at + 1] === '7') this.saved = [this.row, this.column];
        else [this.row, this.column] = this.saved;
        at += 2;
        continue;
      }
      const next = data.indexOf('\u001b', at + 1);
      const end = next === -1 ? data.length : next;
      const piece = data.slice(at, end);
      if (/[\u0000-\u001f\u007f-\u009f]/.test(piece))
        throw new Error(`control character in ${JSON.stringify(piece)}`);
      for (const grapheme of graphemesOf(piece)) this.put(grapheme);
      at = end;
    }
    this.cursor = this.isCursorShown ? { row: this.row, column: this.column } : null;
  }

  /** A string of graphics: nothing here draws any. */
  protected obeyString(string: string): void {
    this.strings.push(string);
  }

  /** What is in a cell has been written over or erased. */
  protected wiped(_row: number, _column: number): void {
    // Nothing but text is in it.
  }

  private put(grapheme: string): void {
    const width = widthOf(grapheme);
    // Directions and the like take no cell: a terminal keeps them with the one before.
    if (width === 0) return;
    const row = this.cells[this.row];
    if (row === undefined || this.column + width > this.columns) {
      throw new Error(`${grapheme} outside the screen at ${this.row},${this.column}`);
    }
    row[this.column] = grapheme;
    for (let at = 1; at < width; at++) row[this.column + at] = '';
    for (let at = 0; at < width; at++) this.wiped(this.row, this.column + at);
    this.column += width;
  }

  private obey(mark: string, parameters: string, final: string): void {
    const [first = 1, second = 1] = parameters.split(';').map((text) => Math.max(1, Number(text)));
    const row = this.cells[this.row];
    if (final === 'm') return;
    if (/^([>]?q|t|c)$/.test(`${mark}${final}`)) {
      this.strings.push(`[${mark}${parameters}${final}`);
      return;
    }
    if (mark === '?' && first === 25) this.isCursorShown = final === 'h';
    if (mark === '?') return;
    if (final === 'H') [this.row, this.column] = [first - 1, second - 1];
    else if (final === 'G') this.column = first - 1;
    else if (final === 'C') this.column += first;
    else if (final === 'K' && row !== undefined) {
      const from = first === 2 ? 0 : Math.min(this.column, this.columns - 1);
      row.fill(' ', from);
      for (let at = from; at < this.columns; at++) this.wiped(this.row, at);
    } else if (final === 'J') {
      this.clears++;
      this.clear();
    } else throw new Error(`unknown sequence ${mark}${parameters}${final}`);
  }
}

// The screen of a call: everybody's picture in a tile with a name, a status line, notices; written as fast as the terminal takes it.
import sharp from 'sharp';
import { ProtocolError } from '../../protocol/errors.js';
import { parseJpeg } from '../../protocol/rtp-jpeg.js';
import { ByteWriter } from './byte-writer.js';
import type { Graphics } from './detect.js';
import { fitted, layoutOf, layouts, type Tile } from './layout.js';
import type { Pixels, Region, Renderer } from './renderer.js';
import { rendererFor } from './renderer-for.js';
import { Speaking } from './speaking.js';
import { filledUp, firstOf, hinted, nameLine, wrapped } from './tile-text.js';

/** Synchronised output (DEC private mode 2026): the terminal shows an update as a whole; others ignore it. */
const beginUpdate = '\u001b[?2026h';
const endUpdate = '\u001b[?2026l';
/** A picture without anything new for so long is told to stand still. */
const frozenMs = 2_000;

export interface ScreenOptions {
  /** False when the terminal's buffer is full; `drained` is called when it is not any more. */
  write: (bytes: Uint8Array) => boolean;
  columns: number;
  rows: number;
  graphics: Graphics;
  now: () => number;
  /** The rows below belong to somebody else, who also has the cursor. */
  isShared?: boolean;
}

export interface PersonLook {
  name: string;
  muted: boolean;
  camera: boolean;
}

interface Person extends PersonLook {
  /** The newest picture that was not decoded yet. */
  waiting: Buffer | null;
  isDecoding: boolean;
  /** Shown while the camera is off. */
  avatar: Buffer | null;
  pixels: Pixels | null;
  /** Where the pixels belong; null when they must be decoded anew. */
  region: Region | null;
  /** The last picture, to be drawn again in another size. */
  last: Buffer | null;
  lastAtMs: number;
  level: number;
  readonly speaking: Speaking;
  isDirty: boolean;
}

/** Of a camera's picture without asking a decoder; of an avatar by it. */
async function sizeOf(picture: Buffer, image: sharp.Sharp): Promise<{ width: number; height: number }> {
  try {
    return parseJpeg(picture);
  } catch (error) {
    if (error instanceof ProtocolError) return image.metadata();
    throw error;
  }
}

/** Pictures of a call are small, and there are many: threads and caches would only cost. */
sharp.concurrency(1);

export class CallScreen {
  readonly #options: ScreenOptions;
  readonly #renderer: Renderer;
  readonly #out = new ByteWriter();
  readonly #people = new Map<number, Person>();
  /** Lines of text that are shown, by row and column. */
  readonly #texts = new Map<string, string>();
  #columns: number;
  #rows: number;
  #tiles: Tile[] = [];
  #layout = 0;
  #status: (cells: number) => string = () => '';
  #noticed: readonly string[] = [];
  #mustClear = true;
  #isBlocked = false;
  #isScheduled = false;
  #isClosed = false;
  /** Bytes written; updates of pictures drawn, and those that were not as the terminal was busy. */
  readonly stats = { bytes: 0, drawn: 0, skipped: 0 };

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#renderer = rendererFor(options.graphics);
    this.#columns = options.columns;
    this.#rows = options.rows;
  }

  get people(): readonly number[] {
    return [...this.#people.keys()];
  }

  setPerson(id: number, look: PersonLook): void {
    const person = this.#people.get(id);
    if (person) {
      if (person.camera && !look.camera) this.#showAvatar(person);
      Object.assign(person, look);
      this.#schedule();
      return;
    }
    this.#people.set(id, {
      ...look,
      waiting: null,
      isDecoding: false,
      avatar: null,
      pixels: null,
      region: null,
      last: null,
      lastAtMs: this.#options.now(),
      level: 0,
      speaking: new Speaking(),
      isDirty: false,
    });
    this.#relayout();
  }

  removePerson(id: number): void {
    if (this.#people.delete(id)) this.#relayout();
  }

  /** A picture to show while there is none from the camera: PNG, JPEG, GIF or WebP. */
  avatar(id: number, bytes: Buffer): void {
    const person = this.#people.get(id);
    if (!person) return;
    person.avatar = bytes;
    if (!person.camera || person.last === null) this.#showAvatar(person);
  }

  /** The newest picture of somebody: of those that come faster than they are drawn the older are left out. */
  picture(id: number, jpeg: Buffer): void {
    const person = this.#people.get(id);
    if (!person || this.#isClosed) return;
    if (person.waiting) this.stats.skipped++;
    person.waiting = jpeg;
    person.last = jpeg;
    person.lastAtMs = this.#options.now();
    void this.#decode(person, id);
  }

  /** Loudness, 0 to 1. */
  level(id: number, level: number): void {
    const person = this.#people.get(id);
    if (!person) return;
    person.level = level;
    person.speaking.heard(level, this.#options.now());
    this.#schedule();
  }

  /** The last line; the hint at its end stays in sight where the text is cut. */
  status(text: string, hint = ''): void {
    this.#status = (cells) => hinted(text, hint, cells);
    this.#schedule();
  }

  /** Lines above the status line; none takes them away. */
  notice(lines: readonly string[]): void {
    const before = this.#notice.length;
    this.#noticed = lines.filter((line, at) => line !== '' || at > 0);
    if (this.#notice.length === before) this.#schedule();
    else this.#relayout();
  }

  resize(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#relayout();
  }

  /** A safety number that is cut cannot be compared: long lines are broken, as far as there is room for them. */
  get #notice(): readonly string[] {
    const room = Math.max(1, this.#rows - 1);
    return this.#noticed.flatMap((line) => wrapped(line, this.#columns)).slice(0, room);
  }

  nextLayout(): void {
    this.#layout = (this.#layout + 1) % layouts.length;
    this.#relayout();
  }

  /** The terminal takes more. */
  drained(): void {
    this.#isBlocked = false;
    this.#catchUp();
    this.#schedule();
  }

  /** Takes the pictures off; nothing is written after it. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#out.clear();
    this.#renderer.erase(this.#out);
    this.#wipe(this.#out);
    this.#options.write(this.#out.take());
  }

  #wipe(out: ByteWriter): void {
    const own = this.#options.isShared === true ? this.#rows : 0;
    out.text(own === 0 ? '\u001b[0m\u001b[2J' : '\u001b[0m');
    for (let row = 0; row < own; row++) {
      out.moveTo(row, 0);
      out.text('\u001b[2K');
    }
  }

  // ---- pictures -------------------------------------------------------------------------------------------

  #showAvatar(person: Person): void {
    person.last = person.avatar;
    person.waiting = person.avatar;
    person.pixels = null;
    this.#mustClear = true;
    for (const [id, one] of this.#people) if (one === person && person.avatar) void this.#decode(person, id);
    this.#schedule();
  }

  /** Decodes the newest picture to the size of its tile, one at a time. */
  async #decode(person: Person, id: number): Promise<void> {
    if (person.isDecoding || this.#isBlocked) return;
    person.isDecoding = true;
    try {
      while (person.waiting && !this.#isClosed) {
        const jpeg = person.waiting;
        person.waiting = null;
        const tile = this.#tiles.find((one) => one.id === id);
        if (!tile) break;
        const decoded = await this.#pixelsOf(jpeg, tile.picture);
        if (!decoded || !this.#tiles.includes(tile)) continue;
        person.pixels = decoded.pixels;
        person.region = decoded.region;
        person.isDirty = true;
        this.#schedule();
      }
    } finally {
      person.isDecoding = false;
    }
  }

  async #pixelsOf(picture: Buffer, tile: Region): Promise<{ pixels: Pixels; region: Region } | null> {
    const { cellWidth, cellHeight } = this.#options.graphics;
    try {
      const image = sharp(picture, { failOn: 'none', limitInputPixels: 64_000_000 });
      const { width, height } = await sizeOf(picture, image);
      const region = fitted(tile, width, height, cellWidth / cellHeight);
      const size = this.#renderer.pixelsOf(region);
      const { data, info } = await image
        .resize(size.width, size.height, { fit: 'fill', kernel: 'linear' })
        .flatten({ background: '#808080' })
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      if (info.channels !== 3) return null;
      return { pixels: { width: info.width, height: info.height, rgb: data, source: picture }, region };
    } catch {
      // A picture that cannot be decoded is passed over: the next one comes.
      return null;
    }
  }

  // ---- drawing --------------------------------------------------------------------------------------------

  #relayout(): void {
    this.#mustClear = true;
    const rows = Math.max(2, this.#rows - 1 - this.#notice.length);
    const name = layouts[this.#layout] ?? 'split';
    this.#tiles = layoutOf([...this.#people.keys()], name, this.#columns, rows);
    for (const [id, person] of this.#people) {
      person.pixels = null;
      if (!person.last) continue;
      person.waiting ??= person.last;
      void this.#decode(person, id);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#isBlocked || this.#isClosed) return;
    const out = this.#out;
    out.clear();
    out.text(beginUpdate);
    const empty = out.length;
    if (this.#mustClear) {
      this.#mustClear = false;
      this.#renderer.erase(out);
      this.#renderer.reset();
      this.#texts.clear();
      for (const person of this.#people.values()) person.isDirty = person.pixels !== null;
      this.#wipe(out);
    }
    for (const tile of this.#tiles) this.#drawTile(tile);
    const first = this.#rows - 1 - this.#notice.length;
    this.#notice.forEach((line, at) => this.#text(first + at, 0, this.#columns, line, '\u001b[1m'));
    this.#text(this.#rows - 1, 0, this.#columns, this.#status(this.#columns), '\u001b[7m');
    if (out.length === empty) return;
    out.text(endUpdate);
    const bytes = out.take();
    this.stats.bytes += bytes.length;
    if (!this.#options.write(bytes)) this.#isBlocked = true;
  }

  /** What came while the terminal was busy. */
  #catchUp(): void {
    for (const [id, person] of this.#people) if (person.waiting) void this.#decode(person, id);
  }

  #drawTile({ id, nameRow, picture }: Tile): void {
    const person = this.#people.get(id);
    if (!person) return;
    const speaks = this.#speaks(person);
    const line = this.#nameLine(person, picture.columns, speaks);
    this.#text(nameRow, picture.column, picture.columns, line, speaks === true ? '\u001b[1m' : '');
    if (person.isDirty && person.pixels && person.region) {
      person.isDirty = false;
      this.#renderer.draw(this.#out, id, person.region, person.pixels);
      this.stats.drawn++;
    }
    if (person.pixels === null && person.last === null) {
      // Nothing to show: the first letter in the middle stands for the person.
      const letter = firstOf(person.name);
      const middle = picture.row + Math.floor(picture.rows / 2);
      this.#text(
        middle,
        picture.column + Math.floor(picture.columns / 2),
        2,
        letter.toUpperCase(),
        '\u001b[1m',
      );
    }
  }

  /** Null where nobody is marked: with one other person it is plain who speaks. */
  #speaks({ speaking, muted }: Person): boolean | null {
    return this.#people.size > 2 ? speaking.is && !muted : null;
  }

  #nameLine(person: Person, columns: number, speaks: boolean | null): string {
    const { name, muted, camera, level, last, lastAtMs } = person;
    const isFrozen = camera && last !== null && this.#options.now() - lastAtMs > frozenMs;
    return nameLine({ name, muted, isFrozen, level, speaks }, columns);
  }

  /** Writes a line of text where it is not shown already, filled up with spaces. */
  #text(row: number, column: number, columns: number, text: string, style: string): void {
    const filled = filledUp(text, columns);
    const key = `${row} ${column}`;
    if (this.#texts.get(key) === filled) return;
    this.#texts.set(key, filled);
    this.#out.moveTo(row, column);
    this.#out.text(`${style}${filled}${style === '' ? '' : '\u001b[0m'}`);
  }
}

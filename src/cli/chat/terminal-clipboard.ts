// Asks the terminal for the picture in its clipboard, which works over SSH too: kitty's OSC 5522.
// https://sw.kovidgoyal.net/kitty/clipboard/
import { randomBytes } from 'node:crypto';

/** `empty`: no picture; `refused`: by the person or their configuration; `none`: the terminal cannot, or does not answer. */
export type Answer = Buffer | 'empty' | 'refused' | 'none';

/** The person may be asked by the terminal first. */
const permissionMs = 60_000;
const nextPieceMs = 10_000;
/** Larger ones are files. */
const maxBytes = 32 * 1024 * 1024;
const pictureType = Buffer.from('image/png').toString('base64');

export class TerminalClipboard {
  readonly #write: (data: string) => unknown;
  #id = '';
  #pieces: Buffer[] = [];
  #bytes = 0;
  #answer: (answer: Answer) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (data: string) => unknown) {
    this.#write = write;
  }

  /** Asks once; a second question while the first is open gives the first one up. */
  ask(): Promise<Answer> {
    this.#end('none');
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#id = randomBytes(8).toString('hex');
      this.#wait(permissionMs);
      this.#write(`\u001b]5522;type=read:id=${this.#id};${pictureType}\u001b\\`);
    });
  }

  /** A report of the terminal, `5522;type=read:status=DATA:id=…:mime=…;BASE64`. What was not asked for is let be. */
  hear(report: string): void {
    const [, metadata = '', data = ''] = /^5522;([^;]*)(?:;(.*))?$/.exec(report) ?? [];
    const keys = new Map(metadata.split(':').map((pair) => pair.split(/=(.*)/s) as [string, string]));
    if (this.#id === '' || keys.get('id') !== this.#id || keys.get('type') !== 'read') return;
    switch (keys.get('status') ?? '') {
      case 'OK':
        this.#wait(nextPieceMs);
        return;
      case 'DATA':
        this.#wait(nextPieceMs);
        if (keys.get('mime') === pictureType) this.#take(Buffer.from(data, 'base64'));
        return;
      case 'DONE':
        this.#end(this.#bytes === 0 ? 'empty' : Buffer.concat(this.#pieces));
        return;
      case 'EPERM':
        this.#end('refused');
        return;
      default:
        this.#end('none');
    }
  }

  /** Idempotent. */
  close(): void {
    this.#end('none');
  }

  #take(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > maxBytes) this.#end('none');
    else this.#pieces.push(piece);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end('none'), ms);
  }

  #end(answer: Answer): void {
    clearTimeout(this.#timer);
    this.#id = '';
    this.#pieces = [];
    this.#bytes = 0;
    const told = this.#answer;
    this.#answer = () => undefined;
    told(answer);
  }
}

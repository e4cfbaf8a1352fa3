// Asks questions on a terminal, with or without echo, and always gives the terminal back as it was.
import { StringDecoder } from 'node:string_decoder';
import { text as readAll } from 'node:stream/consumers';
import { PytalkError } from '../protocol/errors.js';
import type { Say } from './catalogue/translate.js';
import { cleanLine } from './clean-text.js';
import type { Io } from './io.js';

const keys = {
  enter: /[\r\n]/,
  backspace: /[\x7f\b]/,
  interrupt: '\x03',
  end: '\x04',
  erase: '\x15',
} as const;
/** Arrow keys and the like, which mean nothing here. */
const sequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/g;

export class Prompter {
  readonly #io: Io;
  readonly #say: Say;
  /** Typed ahead of the next question. */
  #ahead = '';
  #stop: (() => void) | undefined;
  #piped: Promise<string[]> | undefined;

  constructor(io: Io, say: Say) {
    this.#io = io;
    this.#say = say;
  }

  /** Asks for a line. Rejects with `cancelled` at Ctrl-C, or Ctrl-D on an empty line. */
  line(question: string): Promise<string> {
    return this.#ask(question, true);
  }

  /** Asks for a secret, which is not shown. */
  secret(question: string): Promise<string> {
    return this.#ask(question, false);
  }

  /** True for `y` or `o`(ui); the question should say so. */
  async confirm(question: string): Promise<boolean> {
    const answer = (await this.line(question)).trim().toLowerCase();
    return this.#say('prompt.yes-answers').split(' ').includes(answer);
  }

  /** The lines of stdin when it is no terminal: read once, then given out one by one; undefined after the last. */
  async pipedLine(): Promise<string | undefined> {
    this.#piped ??= readAll(this.#io.stdin).then((all) => all.split(/\r?\n/));
    const lines = await this.#piped;
    const line = lines.shift();
    // What follows the last line break is no line.
    return line === '' && lines.length === 0 ? undefined : line;
  }

  /** Gives the terminal back if a question is open. */
  close(): void {
    this.#stop?.();
  }

  #ask(question: string, echo: boolean): Promise<string> {
    const { stdin, stderr, interrupt } = this.#io;
    stderr.write(question);
    return new Promise((resolve, reject) => {
      let typed = '';
      const finish = (): void => {
        this.#stop = undefined;
        stdin.off('data', onData).off('end', onEnd);
        interrupt.removeEventListener('abort', onAbort);
        stdin.setRawMode?.(false);
        stdin.pause();
        stderr.write('\n');
      };
      const cancel = (): void => {
        finish();
        reject(new PytalkError('cancelled'));
      };
      const onAbort = cancel;
      const onEnd = cancel;
      const show = (text: string): void => {
        if (echo) stderr.write(text);
      };
      /** Returns true when the answer is complete. */
      const take = (char: string): boolean => {
        if (keys.enter.test(char)) return true;
        if (char === keys.erase || keys.backspace.test(char)) {
          const left = char === keys.erase ? '' : Array.from(typed).slice(0, -1).join('');
          show('\b \b'.repeat(Array.from(typed).length - Array.from(left).length));
          typed = left;
        } else if (char >= ' ') {
          typed += char;
          show(cleanLine(char));
        }
        return false;
      };
      const decoder = new StringDecoder('utf8');
      const onData = (chunk: Buffer | string): void => {
        const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
        const input = (this.#ahead + text).replace(sequences, '');
        this.#ahead = '';
        const chars = Array.from(input);
        for (const [index, char] of chars.entries()) {
          if (char === keys.interrupt || (char === keys.end && typed === '')) {
            cancel();
            return;
          }
          if (!take(char)) continue;
          this.#ahead = chars
            .slice(index + 1)
            .join('')
            .replace(/^\n/, '');
          finish();
          resolve(typed);
          return;
        }
      };
      this.#stop = cancel;
      stdin.setRawMode?.(true);
      stdin.on('data', onData).on('end', onEnd);
      interrupt.addEventListener('abort', onAbort, { once: true });
      stdin.resume();
      // What was typed ahead may hold the whole answer.
      if (this.#ahead !== '') onData('');
    });
  }
}

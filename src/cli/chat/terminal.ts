// The real terminal: takes it over (alternate screen, raw keys, bracketed paste) and always gives it back.
import { writeSync } from 'node:fs';
import { KeyDecoder, type Input } from './keys.js';

/** Alternate screen, no automatic wrapping, bracketed paste, reports of focus (xterm's control sequences). */
const enterCodes = '\u001b[?1049h\u001b[?7l\u001b[?2004h\u001b[?1004h\u001b[2J\u001b[H';
/** Reports of buttons and wheel, in the form that has no limit of columns (xterm, DEC private modes 1000 and 1006). */
const mouseOnCodes = '\u001b[?1000h\u001b[?1006h';
const mouseOffCodes = '\u001b[?1006l\u001b[?1000l';
const leaveCodes = `${mouseOffCodes}\u001b[?2026l\u001b[?1004l\u001b[?2004l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l`;
/** After this long a lone ESC is the Escape key and not the beginning of a sequence. */
const escapeTimeoutMs = 40;
/** The same while answers of the terminal are expected, which on a slow line come in pieces. */
const answerPieceMs = 500;
/** Answers are expected so long after a question. */
const answerMs = 3000;

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** False when the buffer is full. */
  write(data: string | Uint8Array): boolean;
  /** Writes a question: its answer comes among the inputs, maybe in pieces. */
  ask(question: string): void;
  bell(): void;
  /** Whether the mouse is reported, while the terminal is entered; else it marks text. */
  setMouse(isOn: boolean): void;
  /** Tells all that came at once together; returns the undo. */
  onInput(listener: (inputs: readonly Input[]) => void): () => void;
  onResize(listener: () => void): () => void;
  onDrain(listener: () => void): () => void;
  /** Idempotent, both; `leave` is synchronous, so that it also works while the process exits. */
  enter(): void;
  leave(): void;
}

/** Writes at once, past any buffer: the process may end on the next line. A terminal that is gone is no error. */
function writeNow(fd: number, data: string): void {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      writeSync(fd, data);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
    }
  }
}

/** Listens to the keys of a raw stdin; returns the undo. */
function readKeys(
  stdin: NodeJS.ReadStream,
  isExpecting: () => boolean,
  listener: (inputs: readonly Input[]) => void,
): () => void {
  const decoder = new KeyDecoder();
  let timer: NodeJS.Timeout | undefined;
  const emit = (inputs: readonly Input[]): void => {
    if (inputs.length > 0) listener(inputs);
  };
  let lastMs = -Infinity;
  const onData = (data: string | Buffer): void => {
    clearTimeout(timer);
    const chunk = data.toString();
    const isLate = performance.now() - lastMs > escapeTimeoutMs;
    if (decoder.isWaiting && isLate && !decoder.goesOn(chunk)) emit(decoder.flush());
    emit(decoder.push(chunk));
    lastMs = performance.now();
    if (!decoder.isWaiting) return;
    const waitMs = decoder.mayBeAnswer && isExpecting() ? answerPieceMs : escapeTimeoutMs;
    timer = setTimeout(() => emit(decoder.flush()), waitMs);
  };
  stdin.on('data', onData);
  return () => {
    clearTimeout(timer);
    stdin.off('data', onData);
  };
}

/** Aborts when nobody can type any more: the terminal was closed, and in a session of its own no signal tells so. */
export function terminalGone(stdin: NodeJS.ReadStream): AbortSignal {
  const controller = new AbortController();
  for (const event of ['end', 'error'] as const) stdin.once(event, () => controller.abort());
  return controller.signal;
}

/** The terminal behind the process' own streams. */
export function processTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream & { readonly fd: number },
): Terminal {
  let isEntered = false;
  let isMouse = false;
  let askedAtMs = -Infinity;
  /** A terminal that was closed makes writes fail (EIO, EPIPE): SIGHUP ends the program, not this. */
  const ignoreError = (): void => undefined;
  const leave = (): void => {
    if (!isEntered) return;
    isEntered = false;
    writeNow(stdout.fd, leaveCodes);
    try {
      stdin.setRawMode(false);
    } catch {
      // the terminal is gone
    }
    stdin.pause();
    process.off('exit', leave);
    process.off('uncaughtExceptionMonitor', leave);
  };
  return {
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    write: (data) => stdout.write(data),
    ask(question) {
      askedAtMs = performance.now();
      stdout.write(question);
    },
    bell: () => stdout.write('\u0007'),
    setMouse(isOn) {
      if (isOn === isMouse) return;
      isMouse = isOn;
      if (isEntered) stdout.write(isOn ? mouseOnCodes : mouseOffCodes);
    },
    onInput: (listener) => readKeys(stdin, () => performance.now() - askedAtMs < answerMs, listener),
    onResize(listener) {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
    onDrain(listener) {
      stdout.on('drain', listener);
      return () => stdout.off('drain', listener);
    },
    enter() {
      if (isEntered) return;
      isEntered = true;
      process.on('exit', leave);
      process.on('uncaughtExceptionMonitor', leave);
      for (const stream of [stdin, stdout]) {
        stream.off('error', ignoreError);
        stream.on('error', ignoreError);
      }
      stdin.setEncoding('utf8');
      stdin.setRawMode(true);
      stdin.resume();
      stdout.write(isMouse ? enterCodes + mouseOnCodes : enterCodes);
    },
    leave,
  };
}

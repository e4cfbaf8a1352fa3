// Asks a terminal what it can draw. Its answers are read before anything else listens to the keyboard.
import type { ReadStream, WriteStream } from 'node:tty';
import { coloursOf, type Colours, type Env } from './colours.js';
import { askTmux, isInTmux, type Tmux } from './tmux.js';

/** How pictures are drawn. */
type View = 'kitty' | 'sixel' | 'iterm2' | 'blocks' | 'ascii';

export interface Graphics {
  readonly view: View;
  readonly colours: Colours;
  /** Pixels of one cell; a guess where the terminal does not say. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Whether the terminal has told how large its cells are. */
  readonly knowsCell: boolean;
  /** Whether it shows kitty's Unicode placeholders: pictures that are text to whoever is in between. */
  readonly placeholders: boolean;
  /** Sequences for the terminal go through tmux. */
  readonly inTmux: boolean;
  /** Whether programs may ask it for a picture in its clipboard (OSC 5522). */
  readonly clipboard: boolean;
}

/** What most terminals have: twice as high as wide. */
const guessedCell = { cellWidth: 10, cellHeight: 20, knowsCell: false };
/** Terminals that show placeholders, by XTVERSION or TERM. Others with kitty's graphics do not: Konsole, WezTerm. */
const showsPlaceholders = /\b(kitty|ghostty)\b/i;

/*
 * The questions, in two steps; every terminal answers the last one of each (primary device attributes), so its answer ends the step.
 *   cell size       ESC [ 16 t                      ->  ESC [ 6 ; height ; width t
 *   version         ESC [ > q                       ->  ESC P > | name ESC \
 *   attributes      ESC [ c                         ->  ESC [ ? 62 ; 4 ; ... c      (4: sixel)
 * Then, of a terminal that has told its name:
 *   kitty graphics  ESC _ G i=31,a=q ... ESC \      ->  ESC _ G i=31;OK ESC \
 * tmux makes the title of its pane of that one, so it must never get it; also where the environment does not tell of it (after `ssh`).
 */
const askAttributes = '\u001b[c';
const askFirst = `\u001b[16t\u001b[>q${askAttributes}`;
const askKitty = `\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\${askAttributes}`;
const attributes = /\u001b\[\?([\d;]+)c/g;
const isMultiplexer = /^(tmux|screen)\b/i;

/** What a terminal calls itself (XTVERSION); empty for one that does not say. */
function nameIn(answers: string): string {
  return /\u001bP>\|([^\u001b]*)\u001b\\/.exec(answers)?.[1] ?? '';
}

/** The questions to one terminal, step by step. Nothing of them is shown by a terminal that does not know them. */
export class Questions {
  readonly first = askFirst;
  /** What has been answered. */
  answers = '';
  #steps = 1;
  #mayHaveKitty: boolean;

  constructor(env: Env) {
    this.#mayHaveKitty = !isInTmux(env);
  }

  /** More of the answers; returns what to ask next, empty while that is awaited, null when all is answered. */
  hear(answers: string): string | null {
    this.answers += answers;
    if ((this.answers.match(attributes)?.length ?? 0) < this.#steps) return '';
    const name = nameIn(this.answers);
    if (!this.#mayHaveKitty || name === '' || isMultiplexer.test(name)) return null;
    this.#mayHaveKitty = false;
    this.#steps++;
    return askKitty;
  }
}

/** What the answers say, and inside tmux what tmux says; pure, for tests. */
export function readAnswers(answers: string, env: Env, tmux: Tmux | null = null): Graphics {
  const colours = coloursOf(env);
  const [, height, width] = /\u001b\[6;(\d{1,4});(\d{1,4})t/.exec(answers) ?? [];
  const cell =
    Number(height) > 0 && Number(width) > 0
      ? { cellWidth: Number(width), cellHeight: Number(height), knowsCell: true }
      : guessedCell;
  const name = nameIn(answers);
  const inTmux = isInTmux(env) || isMultiplexer.test(name);
  const hasKitty = inTmux
    ? tmux?.passes === true && showsPlaceholders.test(tmux.outside)
    : answers.includes('\u001b_Gi=31;OK');
  const isIterm = !inTmux && (/iTerm2/i.test(name) || env['TERM_PROGRAM'] === 'iTerm.app');
  // tmux says so only when both it and the terminal outside can.
  const isSixel = [...answers.matchAll(attributes)].some(([, told = '']) => told.split(';').includes('4'));
  const known = {
    colours,
    ...cell,
    placeholders: inTmux || showsPlaceholders.test(name),
    inTmux,
    clipboard: !inTmux && /\bkitty\b/i.test(name),
  };
  if (colours === 'none') return { view: 'ascii', ...known };
  if (hasKitty) return { view: 'kitty', ...known };
  if (isIterm) return { view: 'iterm2', ...known };
  return { view: isSixel ? 'sixel' : 'blocks', ...known };
}

/**
 * Asks, and waits for the answers at most so long. Without an answer it is judged by the environment. The keyboard is
 * left as raw or not as it was; keys pressed meanwhile are lost.
 */
export async function detectGraphics(options: {
  stdin: ReadStream;
  stdout: WriteStream;
  env: Env;
  timeoutMs: number;
}): Promise<Graphics> {
  const { stdin, stdout, env, timeoutMs } = options;
  if (!stdin.isTTY || !stdout.isTTY || env['TERM'] === 'dumb') return readAnswers('', env);
  const tmux = askTmux(env);
  const wasRaw = stdin.isRaw;
  const wasFlowing = stdin.readableFlowing === true;
  const questions = new Questions(env);
  let timer: NodeJS.Timeout | undefined;
  let listen: (data: string | Buffer) => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
    listen = (data) => {
      const next = questions.hear(data.toString());
      if (next === null) resolve();
      else if (next !== '') stdout.write(next);
    };
  });
  stdin.setRawMode(true);
  stdin.on('data', listen);
  stdin.resume();
  stdout.write(questions.first);
  await done;
  clearTimeout(timer);
  stdin.off('data', listen);
  if (!wasFlowing) stdin.pause();
  stdin.setRawMode(wasRaw);
  return readAnswers(questions.answers, env, await tmux);
}

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
 * The questions, in one write; every terminal answers the last one (primary device attributes), so its answer ends them.
 *   kitty graphics  ESC _ G i=31,a=q ... ESC \      ->  ESC _ G i=31;OK ESC \
 *   cell size       ESC [ 16 t                      ->  ESC [ 6 ; height ; width t
 *   version         ESC [ > q                       ->  ESC P > | name ESC \
 *   attributes      ESC [ c                         ->  ESC [ ? 62 ; 4 ; ... c      (4: sixel)
 */
const askKitty = '\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\';
const askRest = '\u001b[16t\u001b[>q\u001b[c';
const attributes = /\u001b\[\?([\d;]+)c/;

/** What to write to ask. Nothing of it is shown by a terminal that does not know it. */
export function questionsFor(env: Env): string {
  // tmux would drop the first one.
  return isInTmux(env) ? askRest : askKitty + askRest;
}

/** Whether the answers are all there. */
export function areWhole(answers: string): boolean {
  return attributes.test(answers);
}

/** What the answers say, and inside tmux what tmux says; pure, for tests. */
export function readAnswers(answers: string, env: Env, tmux: Tmux | null = null): Graphics {
  const colours = coloursOf(env);
  const [, height, width] = /\u001b\[6;(\d{1,4});(\d{1,4})t/.exec(answers) ?? [];
  const cell =
    Number(height) > 0 && Number(width) > 0
      ? { cellWidth: Number(width), cellHeight: Number(height), knowsCell: true }
      : guessedCell;
  const name = /\u001bP>\|([^\u001b]*)\u001b\\/.exec(answers)?.[1] ?? '';
  const inTmux = isInTmux(env);
  const hasKitty = inTmux
    ? tmux?.passes === true && showsPlaceholders.test(tmux.outside)
    : answers.includes('\u001b_Gi=31;OK');
  const isIterm = !inTmux && (/iTerm2/i.test(name) || env['TERM_PROGRAM'] === 'iTerm.app');
  // tmux says so only when both it and the terminal outside can.
  const isSixel = (attributes.exec(answers)?.[1] ?? '').split(';').includes('4');
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
  let answers = '';
  let timer: NodeJS.Timeout | undefined;
  let listen: (data: string | Buffer) => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
    listen = (data) => {
      answers += data.toString();
      if (areWhole(answers)) resolve();
    };
  });
  stdin.setRawMode(true);
  stdin.on('data', listen);
  stdin.resume();
  stdout.write(questionsFor(env));
  await done;
  clearTimeout(timer);
  stdin.off('data', listen);
  if (!wasFlowing) stdin.pause();
  stdin.setRawMode(wasRaw);
  return readAnswers(answers, env, await tmux);
}

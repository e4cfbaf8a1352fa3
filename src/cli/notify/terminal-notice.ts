// Notifications by the terminal itself: which sequence this one knows, and how it is written.
/*
 * OSC 9 (iTerm2, ghostty, WezTerm, ConEmu): one text. OSC 777 (rxvt, foot): title and text. OSC 99 (kitty): title and text in base64.
 * tmux hands a sequence on inside ESC P tmux; with every ESC doubled, when `allow-passthrough` is on; else it drops it.
 */
import type { Env } from '../../media/terminal/colours.js';
import { throughTmux } from '../../media/terminal/tmux.js';

export type NoticeWay = 'osc9' | 'osc777' | 'osc99';

/** Each variable is set by one terminal, and is there inside tmux too. */
const byVariable: readonly (readonly [name: string, way: NoticeWay])[] = [
  ['KITTY_WINDOW_ID', 'osc99'],
  ['GHOSTTY_RESOURCES_DIR', 'osc777'],
  ['WEZTERM_PANE', 'osc777'],
  ['ITERM_SESSION_ID', 'osc9'],
  ['ConEmuPID', 'osc9'],
];
const byProgram: Readonly<Partial<Record<string, NoticeWay>>> = {
  ghostty: 'osc777',
  WezTerm: 'osc777',
  'iTerm.app': 'osc9',
};

/** The sequence that this terminal knows; null when it is known for none. */
export function noticeWayOf(env: Env): NoticeWay | null {
  const term = env['TERM'] ?? '';
  if (term === 'dumb') return null;
  if (term.startsWith('xterm-kitty')) return 'osc99';
  if (/^(foot|rxvt)/.test(term)) return 'osc777';
  const program = byProgram[env['TERM_PROGRAM'] ?? ''] ?? byProgram[env['LC_TERMINAL'] ?? ''];
  if (program !== undefined) return program;
  return byVariable.find(([name]) => (env[name] ?? '') !== '')?.[1] ?? null;
}

const start = '\u001b]';
const end = '\u001b\\';

function sequenceOf(way: NoticeWay, title: string, text: string, id: string): string {
  if (way === 'osc9') return `${start}9;${title}: ${text}${end}`;
  if (way === 'osc777') return `${start}777;notify;${title.replaceAll(';', ',')};${text}${end}`;
  const coded = (part: string): string => Buffer.from(part).toString('base64');
  return `${start}99;i=${id}:d=0:e=1;${coded(title)}${end}${start}99;i=${id}:d=1:e=1:p=body;${coded(text)}${end}`;
}

/** The bytes of a notification. `title` and `text` are clean: no control characters. */
export function encodeNotice(
  way: NoticeWay,
  notice: { title: string; text: string; id: string },
  inTmux: boolean,
): string {
  const sequence = sequenceOf(way, notice.title, notice.text, notice.id);
  return inTmux ? throughTmux(sequence) : sequence;
}

// Vim's keys in the running chat: gives them to the pure part, and does what it asks for.
import type { ChatContext } from './context.js';
import { currentComposer } from './state.js';
import type { TextBuffer } from './text-buffer.js';
import { vimKey, type VimWish } from './vim.js';

/** What the keys of the table do already. */
export interface VimHands {
  compose(buffer: TextBuffer): void;
  up(): void;
  down(): void;
  selectUp(): void;
  selectDown(): void;
  scroll(rows: number): void;
  scrollToEnd(): void;
}

/** More rows than any conversation has. */
const allRows = 1_000_000_000;

type Grant = (context: ChatContext, hands: VimHands, isEmpty: boolean) => void;

/** With nothing written, up and down choose messages. */
const grants: Readonly<Record<VimWish, Grant>> = {
  undo: (context) => context.dispatch({ type: 'undone', direction: -1 }),
  redo: (context) => context.dispatch({ type: 'undone', direction: 1 }),
  up: (_context, hands, isEmpty) => (isEmpty ? hands.selectUp() : hands.up()),
  down: (_context, hands, isEmpty) => (isEmpty ? hands.selectDown() : hands.down()),
  oldest: (_context, hands) => hands.scroll(-allRows),
  newest: (_context, hands) => hands.scrollToEnd(),
  search: (context) => begin(context, '/search '),
  command: (context) => begin(context, '/'),
};

function begin(context: ChatContext, text: string): void {
  context.dispatch({ type: 'command-begun', text });
  context.dispatch({ type: 'vim', vim: { mode: 'insert', pending: '' }, register: context.state.register });
}

/** True when vim has taken the key. */
export function vimInput(context: ChatContext, key: string, hands: VimHands): boolean {
  const { state } = context;
  if (state.keymap.mode !== 'vim' || state.keymap.own.has(key)) return false;
  const { buffer } = currentComposer(state);
  const step = vimKey(state.vim, buffer, state.register, key);
  if (step === null) return false;
  if (step.buffer !== buffer) hands.compose(step.buffer);
  context.dispatch({ type: 'vim', vim: step.vim, register: step.register });
  if (step.wish !== null) grants[step.wish](context, hands, step.buffer.text === '');
  return true;
}

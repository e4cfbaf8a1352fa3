// What a key, typed text or a paste does: looks it up in the table of bindings and does it.
import { cleanBlock, cleanLine } from '../clean-text.js';
import { layoutBuffer, moveRow } from './composer-layout.js';
import { volumeStep } from './calls.js';
import type { ChatContext } from './context.js';
import { neighbour, underCursor, visibleConversations } from './conversation-list.js';
import { activeField, moved, switched, withField } from './forms.js';
import { formCommands, type Command, type Place } from './key-bindings.js';
import { commandOf } from './keymap.js';
import type { Input } from './keys.js';
import { composerCells, layoutOf } from './layout.js';
import { handleMouse } from './mouse.js';
import { offerPicture } from './pasted-picture.js';
import { currentComposer, currentThread, type ChatState } from './state.js';
import { edits, insert, isEditName, type EditName, type TextBuffer } from './text-buffer.js';
import { graphemesOf } from './text-width.js';
import { vimInput, type VimHands } from './vim-input.js';

/** What keys may do beside what commands may. */
export interface InputContext extends ChatContext {
  /** The composed text was sent with Enter. */
  submit(): void;
  submitForm(): void;
  complete(direction: 1 | -1): void;
  /** The person is writing: tells the others. */
  composing(text: string): void;
  /** The screen was scrolled: older messages may be needed, newer ones may be read now. */
  scrolled(): void;
  interrupt(): void;
  /** The key to quit: asks once more while a call goes on. */
  leave(): void;
  /** Runs a slash command as if it had been typed. */
  runSlash(text: string): void;
}

function placeOf(state: ChatState): Place {
  if (state.form !== null) return 'form';
  if (state.overlay !== null) return 'page';
  return state.focus === 'list' ? 'list' : 'composer';
}

function compose(context: InputContext, buffer: TextBuffer): void {
  context.dispatch({ type: 'composed', buffer });
  context.composing(buffer.text);
}

function edit(context: InputContext, name: EditName): void {
  const { state } = context;
  const change = edits[name];
  const field = state.form === null ? undefined : activeField(state.form);
  if (state.form !== null && field !== undefined) {
    context.dispatch({ type: 'form-changed', form: withField(state.form, change(field.buffer)) });
  } else if (placeOf(state) === 'list') context.dispatch({ type: 'filtered', filter: change(state.filter) });
  else {
    const { buffer } = currentComposer(state);
    const next = change(buffer);
    const killed = /^delete-(?:word|to)/.test(name) ? removed(buffer, next) : '';
    context.dispatch({ type: 'composed', buffer: next, ...(killed !== '' && { killed }) });
    context.composing(next.text);
  }
}

/** The part that an edit has taken out. */
function removed(before: TextBuffer, after: TextBuffer): string {
  const count = before.text.length - after.text.length;
  return before.text.slice(after.cursor, after.cursor + Math.max(0, count));
}

/** Typed or pasted text goes where the cursor is. Line breaks stay only in the composer. */
function write(context: InputContext, text: string): void {
  const { state } = context;
  const field = state.form === null ? undefined : activeField(state.form);
  if (state.form !== null && field !== undefined) {
    const buffer = insert(field.buffer, cleanLine(text));
    context.dispatch({ type: 'form-changed', form: withField(state.form, buffer) });
  } else if (placeOf(state) === 'list' && !text.startsWith('/')) {
    context.dispatch({ type: 'filtered', filter: insert(state.filter, cleanLine(text)) });
  } else {
    if (state.focus === 'list') context.dispatch({ type: 'focused', focus: 'composer' });
    compose(context, insert(currentComposer(context.state).buffer, cleanBlock(text)));
  }
}

/** Up and Down move inside a text of several rows, and through the history at its ends. */
function upOrDown(context: InputContext, direction: -1 | 1): void {
  const { state } = context;
  const composer = currentComposer(state);
  const cells = composerCells(layoutOf(state).pane);
  const isWalking = composer.historyAt !== null && layoutBuffer(composer.buffer, cells).rows.length === 1;
  const buffer = isWalking ? null : moveRow(composer.buffer, direction, cells);
  if (buffer !== null) context.dispatch({ type: 'composed', buffer });
  else context.dispatch({ type: 'history', direction });
}

/** Escape undoes one thing at a time, the nearest first. */
function cancel(context: InputContext): void {
  const { state } = context;
  const composer = currentComposer(state);
  if (state.completion !== null) {
    context.dispatch({ type: 'completion', completion: null, buffer: composer.buffer });
  } else if (composer.beforeOffer !== null) {
    context.dispatch({ type: 'offered', buffer: composer.beforeOffer, before: null });
    context.dispatch({ type: 'noticed', notice: null });
  } else if (state.notice !== null) context.dispatch({ type: 'noticed', notice: null });
  else if (composer.editing !== null) context.dispatch({ type: 'composer-reset' });
  else if (composer.replyTo !== null) context.dispatch({ type: 'replying', id: null });
  else if (currentThread(state).selected !== null) context.dispatch({ type: 'deselected' });
  else context.dispatch({ type: 'scrolled-to-end' });
  context.scrolled();
}

function openNeighbour(context: InputContext, places: number): void {
  const next = neighbour(context.state, context.state.current, places);
  if (next !== null) context.attempt(() => context.open(next));
}

function scroll(context: InputContext, pages: number): void {
  const page = Math.max(1, layoutOf(context.state).messageRows - 2);
  context.dispatch({ type: 'scrolled', rows: pages * page });
  context.scrolled();
}

function scrollPage(context: InputContext, rows: number): void {
  context.dispatch({ type: 'overlay-scrolled', rows });
}

function changeForm(context: InputContext, places: number): void {
  const { form } = context.state;
  if (form !== null) context.dispatch({ type: 'form-changed', form: moved(form, places) });
}

function formEnter(context: InputContext): void {
  const { form } = context.state;
  if (form === null || form.isBusy) return;
  if (form.active === form.fields.length - 1) context.submitForm();
  else changeForm(context, 1);
}

function openFromList(context: InputContext): void {
  const chosen = underCursor(context.state);
  if (chosen !== null) context.attempt(() => context.open(chosen));
  // What was typed stays, to be mended.
  else if (context.state.filter.text.trim() !== '') context.info('chat.list-no-match');
  else context.dispatch({ type: 'focused', focus: 'composer' });
}

function selectMessage(context: InputContext, direction: -1 | 1): void {
  context.dispatch({ type: 'selected', direction });
  context.scrolled();
}

function scrollToEnd(context: InputContext): void {
  context.dispatch({ type: 'scrolled-to-end' });
  context.scrolled();
}

function undo(context: InputContext, direction: -1 | 1): void {
  context.dispatch({ type: 'undone', direction });
  context.composing(currentComposer(context.state).buffer.text);
}

function vimHands(context: InputContext): VimHands {
  return {
    compose: (buffer) => compose(context, buffer),
    up: () => upOrDown(context, -1),
    down: () => upOrDown(context, 1),
    selectUp: () => selectMessage(context, -1),
    selectDown: () => selectMessage(context, 1),
    scroll: (rows) => {
      context.dispatch({ type: 'scrolled', rows });
      context.scrolled();
    },
    scrollToEnd: () => scrollToEnd(context),
  };
}

type Handler = (context: InputContext, key: string) => void;

const handlers: Readonly<Record<Exclude<Command, EditName>, Handler>> = {
  send: (context) => {
    const { buffer } = currentComposer(context.state);
    // A backslash at the end of the line asks for one more line.
    if (buffer.cursor === buffer.text.length && /(^|[^\\])\\$/.test(buffer.text)) {
      compose(context, edits.newline(edits['delete-left'](buffer)));
    } else if (buffer.text === '' && context.state.current === null) openFromList(context);
    else context.submit();
  },
  up: (context) => upOrDown(context, -1),
  down: (context) => upOrDown(context, 1),
  complete: (context) => {
    const { state } = context;
    if (currentComposer(state).buffer.text === '') context.dispatch({ type: 'focused', focus: 'list' });
    else context.complete(1);
  },
  'complete-back': (context) => context.complete(-1),
  cancel,
  'scroll-up': (context) => scroll(context, -1),
  'scroll-down': (context) => scroll(context, 1),
  'scroll-end': scrollToEnd,
  'select-up': (context) => selectMessage(context, -1),
  'select-down': (context) => selectMessage(context, 1),
  undo: (context) => undo(context, -1),
  redo: (context) => undo(context, 1),
  'paste-picture': (context) => context.runSlash('/paste'),
  yank: (context) => compose(context, insert(currentComposer(context.state).buffer, context.state.register)),
  'next-conversation': (context) => openNeighbour(context, 1),
  'previous-conversation': (context) => openNeighbour(context, -1),
  'next-unread': (context) => {
    const next = context.state.conversations.find(
      (one) => one.unread > 0 && one.id !== context.state.current,
    );
    if (next !== undefined) context.attempt(() => context.open(next));
  },
  'nth-conversation': (context, key) => {
    const chosen = visibleConversations(context.state)[Number(key.at(-1)) - 1];
    if (chosen !== undefined) context.attempt(() => context.open(chosen));
  },
  'list-up': (context) => context.dispatch({ type: 'list-moved', places: -1 }),
  'list-down': (context) => context.dispatch({ type: 'list-moved', places: 1 }),
  'list-open': openFromList,
  'to-composer': (context) => context.dispatch({ type: 'focused', focus: 'composer' }),
  'page-up': (context) => scrollPage(context, -(context.state.size.rows - 4)),
  'page-down': (context) => scrollPage(context, context.state.size.rows - 4),
  'page-line-up': (context) => scrollPage(context, -1),
  'page-line-down': (context) => scrollPage(context, 1),
  'page-enter': (context) => {
    const { choice } = context.state.overlay ?? {};
    if (choice === undefined) scrollPage(context, 1);
    else choice.choose(choice.at);
  },
  'page-close': (context) => {
    context.dispatch({ type: 'overlay', overlay: null });
    context.scrolled();
  },
  'field-next': (context) => changeForm(context, 1),
  'field-previous': (context) => changeForm(context, -1),
  'form-enter': formEnter,
  'form-switch': (context) => {
    const { form } = context.state;
    if (form !== null && !form.isBusy) context.dispatch({ type: 'form-changed', form: switched(form) });
  },
  call: (context) => context.attempt(() => context.calls.press()),
  'call-sound': (context) => context.attempt(() => context.calls.pressSound()),
  'call-end': (context) => context.attempt(() => context.calls.hangUp()),
  'call-camera': (context) => context.calls.camera(),
  'call-softer': (context) => context.calls.volume({ by: -volumeStep }),
  'call-louder': (context) => context.calls.volume({ by: volumeStep }),
  'call-screen': (context) => context.calls.screen(),
  help: (context) => context.runSlash('/help'),
  redraw: (context) => context.redraw(),
  interrupt: (context) => context.interrupt(),
  suspend: (context) => context.suspend(),
  quit: (context) => context.leave(),
};

/** True where letters are vim's keys. */
function isVimNormal(state: ChatState): boolean {
  return placeOf(state) === 'composer' && state.keymap.mode === 'vim' && state.vim.mode === 'normal';
}

function handleText(context: InputContext, text: string): void {
  const place = placeOf(context.state);
  if (place !== 'page' && !isVimNormal(context.state)) {
    write(context, text);
    return;
  }
  // Letters are keys here; what was typed ahead, after the one that ends that, is text again.
  const [first = '', ...rest] = graphemesOf(text);
  handleInput(context, { type: 'key', name: first });
  if (rest.length > 0) handleText(context, rest.join(''));
}

export function handleInput(context: InputContext, input: Input): void {
  const place = placeOf(context.state);
  if (input.type === 'text') {
    handleText(context, input.text);
    return;
  }
  if (input.type === 'paste') {
    const before = currentComposer(context.state).buffer;
    // Terminals whose clipboard holds no text paste nothing.
    if (input.text === '' && place === 'composer') context.runSlash('/paste');
    if (place !== 'page') write(context, input.text);
    if (place === 'composer') context.attempt(() => offerPicture(context, input.text, before));
    return;
  }
  if (input.type === 'mouse') handleMouse(context, input, () => cancel(context));
  if (input.type !== 'key') return;
  if (place === 'composer' && vimInput(context, input.name, vimHands(context))) return;
  const command = commandOf(context.state.keymap, input.name, place);
  if (command === undefined) return;
  if (isEditName(command)) {
    edit(context, command);
    return;
  }
  if (place === 'form' && !formCommands.has(command)) return;
  if (isSlash(command)) context.runSlash(command);
  else handlers[command](context, input.name);
}

function isSlash(command: string): command is `/${string}` {
  return command.startsWith('/');
}

// The composer's part of the state: drafts, the history of what was sent, replies and edits.
import { emptyComposer, currentComposer, type ChatState, type Composer } from './state.js';
import { bufferOf, type TextBuffer } from './text-buffer.js';

const maxSent = 200;
const maxUndo = 200;

export function withComposer(state: ChatState, change: (composer: Composer) => Composer): ChatState {
  const composer = change(currentComposer(state));
  return { ...state, composers: { ...state.composers, [state.current ?? 0]: composer }, completion: null };
}

/** True when one letter of a word was added at the cursor: undo takes words, not letters. */
function isLetterMore(before: TextBuffer, after: TextBuffer): boolean {
  const added = after.text.slice(before.cursor, after.cursor);
  return (
    added.length > 0 &&
    added.length <= 2 &&
    /^\S+$/.test(added) &&
    after.text === before.text.slice(0, before.cursor) + added + before.text.slice(before.cursor)
  );
}

/** The composer with another text. Once a picture is offered no more, Escape has nothing to bring back. */
function holding(composer: Composer, buffer: TextBuffer): Composer {
  const isOffer = buffer.text.startsWith('/file ');
  return { ...composer, buffer, beforeOffer: isOffer ? composer.beforeOffer : null };
}

/** The text as a key has made it; undo goes back to what it was. */
export function withBuffer(composer: Composer, buffer: TextBuffer): Composer {
  const before = composer.buffer;
  if (buffer.text === before.text) {
    const stays = buffer.cursor === before.cursor;
    return { ...composer, buffer, isTyping: composer.isTyping && stays };
  }
  const isTyping = isLetterMore(before, buffer);
  const joins = isTyping && composer.isTyping;
  const past = joins ? composer.past : [...composer.past, before].slice(-maxUndo);
  return { ...holding(composer, buffer), past, future: [], isTyping };
}

/** The text with a candidate in it. Going through the candidates is one step for undo. */
export function withCompleted(state: ChatState, buffer: TextBuffer): ChatState {
  const goesOn = state.completion !== null;
  return withComposer(state, (composer) =>
    goesOn ? { ...composer, buffer, isTyping: false } : { ...withBuffer(composer, buffer), isTyping: false },
  );
}

/** An offer in place of the text, or the text again. One step for undo. */
export function withOffer(state: ChatState, buffer: TextBuffer, before: TextBuffer | null): ChatState {
  return withComposer(state, (composer) => ({ ...withBuffer(composer, buffer), beforeOffer: before }));
}

/** Undo (-1) and redo (1). */
export function withUndone(state: ChatState, direction: -1 | 1): ChatState {
  return withComposer(state, (composer) => {
    const { past, future, buffer } = composer;
    const next = direction === -1 ? past.at(-1) : future.at(-1);
    if (next === undefined) return composer;
    const steps =
      direction === -1
        ? { past: past.slice(0, -1), future: [...future, buffer] }
        : { past: [...past, buffer], future: future.slice(0, -1) };
    return { ...holding(composer, next), ...steps, isTyping: false };
  });
}

/** A command in the place of a draft, which comes back when the command has run or is given up. */
export function withCommandBegun(state: ChatState, text: string): ChatState {
  return withComposer(state, (composer) => ({
    ...composer,
    buffer: bufferOf(text),
    past: [],
    future: [],
    isTyping: false,
    aside: composer.aside ?? (composer.buffer.text === '' ? null : composer.buffer),
  }));
}

/** The composer is empty again, or has the draft that had to wait. */
export function withReset(state: ChatState): ChatState {
  return withComposer(state, ({ aside, replyTo, editing }) =>
    aside === null ? emptyComposer : { ...emptyComposer, buffer: aside, replyTo, editing },
  );
}

/** Walks through what was sent: -1 is further back. Coming back from the newest restores what was being written. */
export function withHistory(state: ChatState, direction: -1 | 1): ChatState {
  return withComposer(state, (composer) => {
    const at = (composer.historyAt ?? state.sent.length) + direction;
    if (at < 0 || at > state.sent.length) return composer;
    const stash = composer.historyAt === null ? composer.buffer : composer.stash;
    const text = state.sent[at];
    if (text === undefined)
      return { ...withBuffer(composer, stash ?? composer.buffer), historyAt: null, stash: null };
    return { ...withBuffer(composer, bufferOf(text)), historyAt: at, stash };
  });
}

/** The text was sent or run: it goes into the history, and the composer is empty again. */
export function withSubmitted(state: ChatState, text: string): ChatState {
  const sent = state.sent.at(-1) === text ? state.sent : [...state.sent, text].slice(-maxSent);
  return withReset({ ...state, sent });
}

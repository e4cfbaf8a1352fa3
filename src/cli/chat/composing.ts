// The composer's part of the state: drafts, the history of what was sent, replies and edits.
import { emptyComposer, currentComposer, type ChatState, type Composer } from './state.js';
import { bufferOf } from './text-buffer.js';

const maxSent = 200;

export function withComposer(state: ChatState, change: (composer: Composer) => Composer): ChatState {
  const composer = change(currentComposer(state));
  return { ...state, composers: { ...state.composers, [state.current ?? 0]: composer }, completion: null };
}

/** Walks through what was sent: -1 is further back. Coming back from the newest restores what was being written. */
export function withHistory(state: ChatState, direction: -1 | 1): ChatState {
  return withComposer(state, (composer) => {
    const at = (composer.historyAt ?? state.sent.length) + direction;
    if (at < 0 || at > state.sent.length) return composer;
    const stash = composer.historyAt === null ? composer.buffer : composer.stash;
    const text = state.sent[at];
    if (text === undefined)
      return { ...composer, buffer: stash ?? composer.buffer, historyAt: null, stash: null };
    return { ...composer, buffer: bufferOf(text), historyAt: at, stash };
  });
}

/** The text was sent or run: it goes into the history, and the composer is empty again. */
export function withSubmitted(state: ChatState, text: string): ChatState {
  const sent = state.sent.at(-1) === text ? state.sent : [...state.sent, text].slice(-maxSent);
  return withComposer({ ...state, sent }, () => emptyComposer);
}

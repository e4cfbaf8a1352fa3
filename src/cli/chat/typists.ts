// Who types in which conversation, in the state.
import type { ChatState } from './state.js';

/** Somebody types until then (milliseconds), or has stopped (null). */
export function withTypist(
  state: ChatState,
  action: { readonly conv: number; readonly user: string; readonly untilMs: number | null },
): ChatState {
  const others = Object.entries(state.typing[action.conv] ?? {}).filter(
    ([user, until]) => user !== action.user && until > state.nowMs,
  );
  const users = Object.fromEntries(
    action.untilMs === null ? others : [...others, [action.user, action.untilMs]],
  );
  return { ...state, typing: { ...state.typing, [action.conv]: users } };
}

/** The time it is; who has stopped typing is forgotten. */
export function withTime(state: ChatState, nowMs: number): ChatState {
  const typists = Object.entries(state.typing).flatMap(
    ([conv, users]): [string, Record<string, number>][] => {
      const left = Object.entries(users).filter(([, until]) => until > nowMs);
      return left.length === 0 ? [] : [[conv, Object.fromEntries(left)]];
    },
  );
  return { ...state, nowMs, typing: Object.fromEntries(typists) };
}

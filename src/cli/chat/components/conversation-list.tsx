// The conversation list at the left, with the line that parts it from the conversation.
import type { JSX } from 'react';
import { layoutOf } from '../layout.js';
import { listLines } from '../list-lines.js';
import { span, type Theme } from '../spans.js';
import type { ChatState } from '../state.js';
import { Rows } from './rows.js';

export function ConversationList({
  state,
  theme,
}: {
  readonly state: ChatState;
  readonly theme: Theme;
}): JSX.Element {
  const { list, pane, rows } = layoutOf(state);
  const lines = listLines(state, list, rows);
  if (pane === 0) return <Rows lines={lines} columns={list} theme={theme} />;
  return <Rows lines={lines.map((line) => [...line, span('│', 'dim')])} columns={list + 1} theme={theme} />;
}

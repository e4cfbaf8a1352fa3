// The open conversation, or a page of text over it.
import type { JSX } from 'react';
import { layoutOf } from '../layout.js';
import { pageLines, paneLines } from '../pane-lines.js';
import type { Theme } from '../spans.js';
import type { ChatState } from '../state.js';
import { Rows } from './rows.js';

export function Pane({ state, theme }: { readonly state: ChatState; readonly theme: Theme }): JSX.Element {
  const { pane, rows } = layoutOf(state);
  const lines = state.overlay === null ? paneLines(state) : pageLines(state, pane, rows);
  return <Rows lines={lines} columns={pane} theme={theme} />;
}

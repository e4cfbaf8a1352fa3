// The whole screen: the form, or the list beside the open conversation, above the status bar.
import { Box } from 'ink';
import type { JSX } from 'react';
import { formDrawing } from '../form-lines.js';
import { layoutOf } from '../layout.js';
import { statusLine } from '../status-line.js';
import type { Theme } from '../spans.js';
import type { ChatState } from '../state.js';
import { ConversationList } from './conversation-list.js';
import { Pane } from './pane.js';
import { Rows } from './rows.js';

export function App({ state, theme }: { readonly state: ChatState; readonly theme: Theme }): JSX.Element {
  const { columns } = state.size;
  const layout = layoutOf(state);
  return (
    <Box flexDirection="column" width={columns} height={state.size.rows}>
      {state.form === null ? (
        <Box height={layout.rows} flexShrink={0}>
          {layout.list > 0 && <ConversationList state={state} theme={theme} />}
          {layout.pane > 0 && <Pane state={state} theme={theme} />}
        </Box>
      ) : (
        <Rows lines={formDrawing(state, state.form, layout.rows).lines} columns={columns} theme={theme} />
      )}
      {state.size.rows > 1 && <Rows lines={[statusLine(state)]} columns={columns} theme={theme} />}
    </Box>
  );
}

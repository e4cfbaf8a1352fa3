// Draws styled rows with Ink: each is cut and filled to its width before, so Ink only places them.
import { Box, Text } from 'ink';
import type { JSX } from 'react';
import { toAnsi, type Line, type Theme } from '../spans.js';

export function Rows(props: {
  readonly lines: readonly Line[];
  readonly columns: number;
  readonly theme: Theme;
}): JSX.Element {
  return (
    <Box flexDirection="column" width={props.columns} flexShrink={0}>
      {props.lines.map((line, index) => (
        // Ink looks at every cell of a text: what ends in spaces is cut. An empty Text has no height: a space keeps the row.
        <Text key={index} wrap="truncate">
          {toAnsi(line, props.theme).trimEnd() || ' '}
        </Text>
      ))}
    </Box>
  );
}

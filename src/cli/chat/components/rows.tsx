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
        // An empty Text has no height in Ink: a space keeps the row.
        <Text key={index} wrap="truncate">
          {toAnsi(line, props.theme) || ' '}
        </Text>
      ))}
    </Box>
  );
}

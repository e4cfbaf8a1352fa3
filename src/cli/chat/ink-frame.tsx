// Lets Ink build the screen, band by band: a band whose rows are the same as before costs nothing.
/*
 * Ink 6.8 builds all that it is given anew at each commit: 51 ms of CPU for a screen of 200x50 on a slow machine, at every key. In bands
 * of a few rows a key costs the band with the composer, 2.6 ms. On its own it would also clear the terminal whenever a frame is as high as
 * it (ink.js, onRender), and rewrite what has not changed: in its debug mode it hands over each frame as text, and `screen.ts` writes.
 */
import { Writable } from 'node:stream';
import { Box, render, Text, type Instance } from 'ink';
import type { JSX } from 'react';

/** Rows of a band: few enough that a key is cheap, enough that there are not many trees. */
const bandRows = 6;

/** Looks like a terminal to Ink, and keeps the frame. */
class FrameSink extends Writable {
  columns: number;
  rows = bandRows;
  frame = '';

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.frame = String(chunk);
    done();
  }
}

/** Rows that are cut to the width already. Ink looks at every cell: what ends in spaces is cut before. */
function Rows({
  rows,
  columns,
}: {
  readonly rows: readonly string[];
  readonly columns: number;
}): JSX.Element {
  return (
    <Box flexDirection="column" width={columns}>
      {rows.map((row, index) => (
        // An empty Text has no height: a space keeps the row.
        <Text key={index} wrap="truncate">
          {row.trimEnd() || ' '}
        </Text>
      ))}
    </Box>
  );
}

/** One tree of Ink, for a few rows. */
class Band {
  private readonly sink: FrameSink;
  private readonly instance: Instance;
  private failure: unknown;
  private given: readonly string[] = [];
  private drawn: string[] = [];

  constructor(private readonly columns: number) {
    this.sink = new FrameSink(columns);
    this.instance = render(<Rows rows={[]} columns={columns} />, {
      // Ink uses only the members that FrameSink has.
      stdout: this.sink as unknown as NodeJS.WriteStream,
      debug: true,
      patchConsole: false,
      exitOnCtrlC: false,
    });
    // A component that throws ends Ink; the error belongs to whoever draws.
    this.instance.waitUntilExit().catch((error: unknown) => {
      this.failure = error;
    });
  }

  draw(rows: readonly string[]): readonly string[] {
    const isSame = rows.length === this.given.length && rows.every((row, at) => row === this.given[at]);
    if (isSame) return this.drawn;
    this.given = rows;
    this.instance.rerender(<Rows rows={rows} columns={this.columns} />);
    if (this.failure !== undefined) throw this.failure as Error;
    const drawn = this.sink.frame.split('\n');
    this.drawn = rows.map((_, at) => drawn[at] ?? '');
    return this.drawn;
  }

  unmount(): void {
    this.instance.unmount();
  }
}

export class InkFrame {
  private bands: Band[] = [];
  private columns = 0;

  /** Rows of text as Ink places them, each at most `columns` wide. Throws what a component throws. */
  draw(rows: readonly string[], columns: number): string[] {
    if (columns !== this.columns) {
      this.unmount();
      this.columns = columns;
    }
    const drawn: string[] = [];
    for (let from = 0, at = 0; from < rows.length; from += bandRows, at++) {
      const band = (this.bands[at] ??= new Band(columns));
      drawn.push(...band.draw(rows.slice(from, from + bandRows)));
    }
    return drawn;
  }

  /** Idempotent. */
  unmount(): void {
    for (const band of this.bands) band.unmount();
    this.bands = [];
  }
}

// Lets Ink build the screen, a few rows at a time: rows that were built before cost nothing, wherever they are now.
/*
 * Ink 6.8 builds all that it is given anew at each commit: 51 ms of CPU for a screen of 200x50 on a slow machine, at every key. So it is given
 * the rows that are new, in bands of a few, and what it makes of a row is kept while that row is on the screen. On its own it would also clear
 * the terminal whenever a frame is as high as it (ink.js, onRender), and rewrite what has not changed: in its debug mode it hands over each
 * frame as text, and `screen.ts` writes.
 */
import { Writable } from 'node:stream';
import { Box, render, Text, type Instance } from 'ink';
import type { JSX } from 'react';

/** Rows that are built at once: few enough that a key does not wait for them long. */
const bandRows = 6;
/** Built rows that are kept: those of some screens. */
const maxKept = 400;

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

/** A tree of Ink that builds a few rows at a time. */
class Band {
  private readonly sink: FrameSink;
  private readonly instance: Instance;
  private failure: unknown;

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

  build(rows: readonly string[]): string[] {
    this.instance.rerender(<Rows rows={rows} columns={this.columns} />);
    if (this.failure !== undefined) throw this.failure as Error;
    const built = this.sink.frame.split('\n');
    return rows.map((_, at) => built[at] ?? '');
  }

  unmount(): void {
    this.instance.unmount();
  }
}

export class InkFrame {
  private band: Band | null = null;
  private columns = 0;
  /** What Ink has made of rows. */
  private kept = new Map<string, string>();

  /** Rows of text as Ink places them, each at most `columns` wide. Throws what a component throws. */
  draw(rows: readonly string[], columns: number): string[] {
    for (const _ of this.prepare(rows, columns));
    const drawn = rows.map((row) => this.kept.get(row) ?? '');
    if (this.kept.size > maxKept) this.kept = new Map(rows.map((row, at) => [row, drawn[at] ?? '']));
    return drawn;
  }

  /** Builds what `draw` needs for these rows, and stops after each few of them. Throws what a component throws. */
  *prepare(rows: readonly string[], columns: number): Generator<void> {
    if (columns !== this.columns) {
      this.unmount();
      this.columns = columns;
    }
    const missing = [...new Set(rows.filter((row) => !this.kept.has(row)))];
    for (let from = 0; from < missing.length && columns === this.columns; from += bandRows) {
      const some = missing.slice(from, from + bandRows);
      this.band ??= new Band(columns);
      this.band.build(some).forEach((built, at) => this.kept.set(some[at] ?? '', built));
      yield;
    }
  }

  /** Idempotent. */
  unmount(): void {
    this.band?.unmount();
    this.band = null;
    this.kept.clear();
  }
}

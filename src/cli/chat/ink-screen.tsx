// Lets Ink build each frame into memory and brings the terminal to it with our own writer.
/*
 * Ink 6.8 alone would clear the terminal whenever a frame is as high as it (ink.js, onRender), and rewrites what has not
 * changed. In its debug mode it hands over each frame as plain text, once per commit: that is all we need of it.
 */
import { Writable } from 'node:stream';
import { render } from 'ink';
import { App } from './components/app.js';
import { cursorOf } from './cursor.js';
import { Screen } from './screen.js';
import type { Theme } from './spans.js';
import type { ChatState } from './state.js';
import type { Terminal } from './terminal.js';

/** Looks like a terminal to Ink, and gives each frame away. */
class FrameSink extends Writable {
  columns = 80;
  rows = 24;
  frame = '';

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.frame = String(chunk);
    done();
  }
}

export interface InkScreen {
  draw(state: ChatState): void;
  /** The next frame is written whole. */
  invalidate(): void;
  drained(): void;
  /** Idempotent. */
  unmount(): void;
}

export function mountInk(
  terminal: Pick<Terminal, 'write'>,
  themeOf: (state: ChatState) => Theme,
  first: ChatState,
): InkScreen {
  const sink = new FrameSink();
  const screen = new Screen((data) => terminal.write(data));
  const resize = (state: ChatState): void => {
    sink.columns = state.size.columns;
    sink.rows = state.size.rows;
  };
  resize(first);
  const instance = render(<App state={first} theme={themeOf(first)} />, {
    // Ink uses only the members that FrameSink has.
    stdout: sink as unknown as NodeJS.WriteStream,
    debug: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  // A component that throws ends Ink; the error belongs to whoever draws.
  let failure: unknown;
  instance.waitUntilExit().catch((error: unknown) => {
    failure = error;
  });
  return {
    draw(state) {
      if (failure !== undefined) throw failure as Error;
      resize(state);
      instance.rerender(<App state={state} theme={themeOf(state)} />);
      screen.draw({ rows: sink.frame.split('\n').slice(0, state.size.rows), cursor: cursorOf(state) });
    },
    invalidate: () => screen.invalidate(),
    drained: () => screen.drained(),
    unmount: () => instance.unmount(),
  };
}

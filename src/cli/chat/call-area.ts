// The pictures of a call in the chat's terminal: above the messages, or over the whole of it; the person changes between both.
import type { Client } from '../../client/api.js';
import type { Graphics } from '../../media/terminal/detect.js';
import type { CallViewOptions, Left } from '../call/call-view.js';
import type { LiveCall } from '../call/live-call.js';
import type { Say } from '../catalogue/translate.js';
import type { Keymap } from './keymap.js';
import type { Input } from './keys.js';
import type { Terminal } from './terminal.js';

/** In a smaller terminal the messages need all the room: the status bar tells of the call there. */
const leastColumns = 60;
const leastRows = 20;
const mostRows = 24;
/** Put around what is drawn above: the chat's cursor stays where it is (DECSC, DECRC). */
const saveCursor = Buffer.from('\u001b7');
const restoreCursor = Buffer.from('\u001b8');

/** What draws a call is loaded for the first one. */
async function showCall(options: CallViewOptions): Promise<Left> {
  return (await import('../call/call-view.js')).showCall(options);
}

export interface CallAreaHost {
  readonly terminal: Terminal;
  readonly say: Say;
  keymap(): Keymap;
  graphics(): Graphics;
  now(): number;
  /** The rows that the chat has have changed: it draws all of itself. */
  changed(): void;
  /** The call has the whole terminal, with its keys; then it has not any more. */
  covered(isCovered: boolean): void;
}

export class CallArea {
  readonly #host: CallAreaHost;
  #live: LiveCall | null = null;
  #isFull = false;
  #rows = 0;
  /** Leaves what is shown now: to show it another way. */
  #again: () => void = () => undefined;
  #resized: () => void = () => undefined;

  constructor(host: CallAreaHost) {
    this.#host = host;
  }

  /** Rows at the top that the chat leaves free. */
  get rows(): number {
    return this.#rows;
  }

  /** Shows the call until it is over. For a call that is shown already: over the whole terminal. */
  async show(client: Client, live: LiveCall): Promise<void> {
    if (this.#live !== null) {
      this.toggle();
      return;
    }
    this.#live = live;
    try {
      const graphics = this.#host.graphics();
      const isOver = (): boolean => live.call.end !== null;
      while (!isOver()) {
        if (this.#isFull) await this.#full(client, live, graphics);
        else if (this.#wanted(live) > 0) await this.#above(client, live, graphics);
        else await this.#until(live.ended);
      }
    } finally {
      this.#live = null;
      this.#isFull = false;
    }
  }

  /** Between the whole terminal and the part above the messages. */
  toggle(): void {
    if (this.#live === null) return;
    this.#isFull = !this.#isFull;
    this.#again();
  }

  /** The terminal has another size. */
  resized(): void {
    const { terminal } = this.#host;
    if (this.#live === null || this.#isFull) return;
    const wanted = this.#wanted(this.#live);
    const isSame = wanted > 0 === this.#rows > 0;
    this.#rows = isSame ? wanted : 0;
    if (!isSame) this.#again();
    else if (terminal.rows > 0) this.#resized();
  }

  #wanted(live: LiveCall): number {
    const { columns, rows } = this.#host.terminal;
    if (live.call.media === 'audio' || columns < leastColumns || rows < leastRows) return 0;
    return Math.min(mostRows, Math.floor(rows * 0.4));
  }

  async #full(client: Client, live: LiveCall, graphics: Graphics): Promise<void> {
    const { terminal, say } = this.#host;
    this.#host.covered(true);
    try {
      const left = await showCall({
        client,
        live,
        terminal,
        graphics,
        say,
        inChat: true,
        keymap: this.#host.keymap(),
        now: () => this.#host.now(),
        stays: false,
      });
      if (left === 'chat') this.#isFull = false;
    } finally {
      this.#host.covered(false);
    }
  }

  async #above(client: Client, live: LiveCall, graphics: Graphics): Promise<void> {
    const { terminal, say } = this.#host;
    this.#rows = this.#wanted(live);
    this.#host.changed();
    let press: (inputs: readonly Input[]) => void = () => undefined;
    let leaves = false;
    const rowsNow = (): number => this.#rows;
    const region: Terminal = {
      get columns() {
        return terminal.columns;
      },
      get rows() {
        return rowsNow();
      },
      ask: (question) => terminal.ask(question),
      bell: () => terminal.bell(),
      setMouse: () => undefined,
      enter: () => undefined,
      leave: () => undefined,
      write: (bytes) => terminal.write(Buffer.concat([saveCursor, Buffer.from(bytes), restoreCursor])),
      onInput: (listener) => {
        press = listener;
        // Asked for while the view was still being opened.
        if (leaves) queueMicrotask(() => this.#again());
        return () => (press = () => undefined);
      },
      onResize: (listener) => {
        this.#resized = listener;
        return () => (this.#resized = () => undefined);
      },
      onDrain: (listener) => terminal.onDrain(listener),
    };
    this.#again = () => {
      leaves = true;
      press([{ type: 'text', text: 'c' }]);
    };
    try {
      await showCall({
        client,
        live,
        terminal: region,
        graphics,
        say,
        now: () => this.#host.now(),
        isShared: true,
        inChat: true,
        stays: false,
      });
    } finally {
      this.#again = () => undefined;
      this.#rows = 0;
      this.#host.changed();
    }
  }

  /** Nothing to draw: until the call is over, or is to be shown another way. */
  async #until(over: Promise<unknown>): Promise<void> {
    const again = new Promise<void>((resolve) => (this.#again = resolve));
    try {
      await Promise.race([over, again]);
    } finally {
      this.#again = () => undefined;
    }
  }
}

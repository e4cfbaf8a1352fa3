// Turns the bytes of a terminal into named keys, typed text, pastes, and what the mouse does.
/*
 * Sources: ECMA-48 (CSI, SS3), xterm's control sequences (modifiers, bracketed paste, SGR mouse), the kitty keyboard protocol (CSI u).
 */

/**
 * `key` is a name such as `enter`, `ctrl+a`, `alt+up`, `shift+tab`; `text` is typed, `paste` came in brackets; `report` is the
 * terminal's answer to a question: what is in an OSC, such as `11;rgb:0000/0000/0000`, or another sequence (CSI, DCS, APC) whole.
 */
export type Input =
  | { readonly type: 'key'; readonly name: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'report'; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | MouseInput;

/** Where something was done, in cells from the upper left corner of the terminal, which is 0, 0. */
export interface MouseInput {
  readonly type: 'mouse';
  readonly does: 'click' | 'wheel-up' | 'wheel-down';
  readonly x: number;
  readonly y: number;
}

const escape = '\u001b';
const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';
/** A paste without an end would eat every key: after this many characters it is taken as it is. */
const maxPasteChars = 1_000_000;

/** Answers in an OSC: short, or a piece of a clipboard (5522: 4096 bytes in base64, and what they are). */
const osc = /^(?:5522;[\x20-\x7e]{0,6000}|\d{1,4};[\x20-\x7e]{0,200})/;
const begunOsc = /^(?:\d{0,4}|5522;[\x20-\x7e]{0,6000}\u001b?|\d{1,4};[\x20-\x7e]{0,200}\u001b?)$/;
/** The beginning of what no key begins with: the rest of it may come late, on a slow line. */
const begunAnswer = /^\u001b(?:\]\d+;|_G|P>\||\[\?[\d;]*\$?$|\[6;\d+;\d*$)/;
/** What a key begins with as well as an answer. */
const maybeAnswer = /^\u001b(?:$|[[\]_P])/;
/** How an answer goes on, where a person who typed Escape would go on otherwise. */
const answerSoFar = /^\u001b(?:\[|\](?:$|\d)|_(?:$|G)|P(?:$|>))/;
/** The beginning of a CSI that nothing followed, and the rest of it, if that comes after all: a person types letter by letter. */
const cutCsi = /^\u001b\[[\d;]*$/;
const cutCsiRest = /^[\d;]+[A-Za-z~]/;
/** Answers in strings other than OSC, after their introducer: of kitty's graphics (APC G), and of XTVERSION (DCS > |). */
const answers = { _: /^G[\x20-\x7e]{0,200}\u001b\\/, P: /^>\|[\x20-\x7e]{0,200}\u001b\\/ };
/** The same, not whole yet. */
const begunAnswers = {
  _: /^(G[\x20-\x7e]{0,200}\u001b?)?$/,
  P: /^(>(\|[\x20-\x7e]{0,200}\u001b?)?)?$/,
};

const finals: Record<string, string> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  // Reports of focus (xterm, DEC private mode 1004).
  I: 'focus-in',
  O: 'focus-out',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'shift+tab',
};
const tildes: Record<string, string> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};
const controls: Record<string, string> = {
  '\r': 'enter',
  '\n': 'ctrl+j',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0000': 'ctrl+space',
  '\u001c': 'ctrl+\\',
  '\u001d': 'ctrl+]',
  // Ctrl+/ sends the same.
  '\u001f': 'ctrl+_',
};
const codePoints: Record<number, string> = {
  9: 'tab',
  13: 'enter',
  27: 'escape',
  32: 'space',
  127: 'backspace',
};

/** The names of all keys that are no character. */
export const keyNames: ReadonlySet<string> = new Set([
  ...Object.values(finals).filter((name) => !name.includes('+')),
  ...Object.values(tildes),
  ...Object.values(codePoints),
]);

/** Puts modifiers before a key's name, in one fixed order. xterm: 1 + (1 shift, 2 alt, 4 ctrl). */
function modified(name: string, parameter: string | undefined): string {
  if (name === 'unknown') return name;
  const bits = Math.max(0, Number.parseInt(parameter ?? '1', 10) - 1) || 0;
  return `${bits & 4 ? 'ctrl+' : ''}${bits & 2 ? 'alt+' : ''}${bits & 1 ? 'shift+' : ''}${name}`;
}

function controlName(char: string): string | null {
  const named = controls[char];
  if (named !== undefined) return named;
  const code = char.charCodeAt(0);
  if (code >= 1 && code <= 26) return `ctrl+${String.fromCharCode(code + 96)}`;
  return code < 32 ? 'unknown' : null;
}

/** What the buttons are called in reports (xterm, SGR): the left one, and the two directions of the wheel. */
const mouseButtons: Readonly<Record<number, MouseInput['does']>> = {
  0: 'click',
  64: 'wheel-up',
  65: 'wheel-down',
};
/** Shift, Meta and Control are bits in the button's number. */
const mouseModifiers = 4 | 8 | 16;

/** `<button;column;row`, from 1; null for what nothing here answers to: other buttons, letting go, moving. */
function mouseInput(parameters: string, final: string): MouseInput | null {
  const match = /^<(\d{1,4});(\d{1,5});(\d{1,5})$/.exec(parameters);
  if (match === null || final !== 'M') return null;
  const [button = 0, column = 0, row = 0] = match.slice(1).map(Number);
  const does = mouseButtons[button & ~mouseModifiers];
  return does === undefined || column < 1 || row < 1
    ? null
    : { type: 'mouse', does, x: column - 1, y: row - 1 };
}

function csiName(parameters: string, final: string): string {
  const [first = '', second] = parameters.split(';');
  if (final === 'u') {
    const code = Number.parseInt(first, 10);
    return modified(
      codePoints[code] ?? (code > 32 ? String.fromCodePoint(Math.min(code, 0x10ffff)) : 'unknown'),
      second,
    );
  }
  if (final === '~' && first === '27') {
    const code = Number.parseInt(parameters.split(';')[2] ?? '', 10);
    return modified(
      codePoints[code] ?? (code > 32 ? String.fromCodePoint(Math.min(code, 0x10ffff)) : 'unknown'),
      second,
    );
  }
  if (final === '~') return modified(tildes[first] ?? 'unknown', second);
  return modified(finals[final] ?? 'unknown', second);
}

/** Reads terminal input as it comes, in pieces of any size. Pure but for what is pending. */
export class KeyDecoder {
  private pending = '';
  /** The beginning of a CSI was dropped: its rest is no text. */
  private isCut = false;

  /** True when an ESC came that may be a key of its own or the beginning of a sequence: call `flush` a moment later. */
  get isWaiting(): boolean {
    const { pending } = this;
    return pending !== '' && !pending.startsWith(pasteStart) && !begunAnswer.test(pending);
  }

  /** True when what waits may also be the beginning of an answer of the terminal: give it more time while one is expected. */
  get mayBeAnswer(): boolean {
    return maybeAnswer.test(this.pending);
  }

  /** Whether what came a moment later is more of an answer that may have begun; else `flush` first. */
  goesOn(chunk: string): boolean {
    return answerSoFar.test(this.pending + chunk);
  }

  push(chunk: string): Input[] {
    this.pending += this.isCut ? chunk.replace(cutCsiRest, '') : chunk;
    this.isCut = false;
    const inputs: Input[] = [];
    for (;;) {
      const taken = this.take(inputs);
      if (taken === 0) return inputs;
      this.pending = this.pending.slice(taken);
    }
  }

  /** Takes what is pending as it stands: a lone ESC is the Escape key, a cut sequence is dropped. */
  flush(): Input[] {
    const { pending } = this;
    this.pending = '';
    this.isCut = cutCsi.test(pending);
    if (pending === escape) return [{ type: 'key', name: 'escape' }];
    // The beginning of an answer that did not go on was a key.
    return /^\u001b[P\]_]$/.test(pending) ? [{ type: 'key', name: `alt+${pending.charAt(1)}` }] : [];
  }

  /** Reads one input from the front of what is pending; returns the characters it took, 0 when more are needed. */
  private take(inputs: Input[]): number {
    const text = this.pending;
    if (text === '') return 0;
    if (text.startsWith(escape)) return this.takeEscape(inputs, text, 1, '');
    const control = controlName(text.charAt(0));
    if (control !== null) {
      inputs.push({ type: 'key', name: control });
      return 1;
    }
    const end = /[\u0000-\u001f\u007f]/.exec(text)?.index ?? text.length;
    inputs.push({ type: 'text', text: text.slice(0, end) });
    return end;
  }

  private takeEscape(inputs: Input[], text: string, at: number, alt: string): number {
    const next = text.charAt(at);
    if (next === '') return 0;
    if (next === escape && alt === '') return this.takeEscape(inputs, text, at + 1, 'alt+');
    if (next === '[') return this.takeCsi(inputs, text, at + 1, alt);
    if (next === ']') {
      const report = osc.exec(text.slice(at + 1))?.[0];
      const end = report === undefined ? '' : text.slice(at + 1 + report.length);
      const mark = end.startsWith('\u0007') ? 1 : end.startsWith('\u001b\\') ? 2 : 0;
      if (report !== undefined && mark > 0) {
        inputs.push({ type: 'report', text: report });
        return at + 1 + report.length + mark;
      }
      // Not whole yet: as much of it as there is looks like an answer.
      if (begunOsc.test(text.slice(at + 1))) return 0;
    }
    if (next === '_' || next === 'P') {
      const report = answers[next].exec(text.slice(at + 1))?.[0];
      if (report !== undefined) {
        inputs.push({ type: 'report', text: `${escape}${next}${report}` });
        return at + 1 + report.length;
      }
      if (begunAnswers[next].test(text.slice(at + 1))) return 0;
    }
    if (next === 'O') {
      const final = text.charAt(at + 1);
      if (final === '') return 0;
      inputs.push({ type: 'key', name: alt + (finals[final] ?? 'unknown') });
      return at + 2;
    }
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const control = controlName(char);
    // No key is called Alt+/ or Alt+Ctrl+Q here: on a slow line these are Escape and what was typed right after it.
    if (char === '/' || control?.startsWith('ctrl+')) {
      inputs.push({ type: 'key', name: 'escape' });
      return at;
    }
    inputs.push({ type: 'key', name: `alt+${control ?? char}` });
    return at + char.length;
  }

  private takeCsi(inputs: Input[], text: string, at: number, alt: string): number {
    if (text.startsWith(pasteStart)) {
      const end = text.indexOf(pasteEnd);
      if (end === -1 && text.length < maxPasteChars) return 0;
      inputs.push({ type: 'paste', text: text.slice(pasteStart.length, end === -1 ? text.length : end) });
      return end === -1 ? text.length : end + pasteEnd.length;
    }
    const match = /^([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])/.exec(text.slice(at, at + 64));
    if (match === null) {
      // Longer than any key, or broken off by another control character: dropped up to there.
      const cut = /[^\x20-\x3f]/.exec(text.slice(at, at + 64))?.index;
      return cut === undefined ? (text.length - at >= 64 ? at + 64 : 0) : at + cut;
    }
    if (match[1]?.startsWith('<') === true) {
      const mouse = mouseInput(match[1], match[2] ?? '');
      if (mouse !== null) inputs.push(mouse);
      return at + match[0].length;
    }
    if (match[1]?.startsWith('?') === true || match[2] === 't') {
      inputs.push({ type: 'report', text: `${escape}[${match[0]}` });
      return at + match[0].length;
    }
    const name = csiName(match[1] ?? '', match[2] ?? '');
    if (match[2] === 'u' && !name.includes('+') && name.length === 1)
      inputs.push({ type: 'text', text: name });
    else inputs.push({ type: 'key', name: alt + name });
    return at + match[0].length;
  }
}

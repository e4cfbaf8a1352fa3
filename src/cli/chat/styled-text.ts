// Draws a written text: a safe part of Markdown, addresses, and one's own name where it is mentioned.
/*
 * Bold, italic and struck-out words lose the signs around them; everything else that was written stays to be seen. A link never
 * hides its address behind other words: `[here](https://…)` is shown as `here (https://…)`.
 */
import { span, type Line, type Role, type Span } from './spans.js';
import { wrap } from './text-width.js';

/** Signs count only around whole words, so that `snake_case`, `2*3*4` and `*.ts` stay as they are. Bounded, so that no text makes them slow. */
const before = String.raw`(?<![\p{L}\p{N}_*~/.\\])`;
const after = String.raw`(?![\p{L}\p{N}_*~/])`;
const between = (sign: string): string =>
  String.raw`${before}${sign}(?=[^\s*_~])([^\n]{0,400}?[^\s*_~])${sign}${after}`;
const pattern = new RegExp(
  [
    String.raw`(?<code>\u0060[^\u0060\n]{1,400}\u0060)`,
    String.raw`\[(?<label>[^\]\n]{1,200})\]\((?<target>https?://[^\s()]{1,2000})\)`,
    String.raw`(?<url>\bhttps?://[^\s<>"]{1,2000})`,
    `(?<bold>${between(String.raw`\*\*`)})`,
    `(?<strike>${between('~~')})`,
    `(?<italic>${between(String.raw`\*`)}|${between('_')})`,
    String.raw`(?<mention>(?<![\p{L}\p{N}_.])@[\p{L}\p{N}_.-]{1,64})`,
  ].join('|'),
  'gu',
);

/** What ends a sentence and not an address. */
const trailing = /[.,;:!?)\]}'"»”]+$/u;

interface Run {
  readonly text: string;
  readonly role: Role;
}

function styled(text: string, base: Role, me: string | null): Run[] {
  const runs: Run[] = [];
  let from = 0;
  const push = (part: string, role: Role): void => {
    if (part !== '') runs.push({ text: part, role });
  };
  for (const match of text.matchAll(pattern)) {
    const groups = match.groups ?? {};
    const [whole] = match;
    push(text.slice(from, match.index), base);
    from = match.index + whole.length;
    // Of groups that stand in each other the inner one is the last; those that did not match are missing.
    const inner = match.slice(1).findLast((part: string | undefined) => part !== undefined) ?? '';
    if (groups['code'] !== undefined) push(whole, 'code');
    else if (groups['target'] !== undefined) {
      push(`${groups['label'] ?? ''} (`, base);
      push(groups['target'], 'link');
      push(')', base);
    } else if (groups['url'] !== undefined) {
      const end = trailing.exec(whole)?.[0] ?? '';
      push(whole.slice(0, whole.length - end.length), 'link');
      push(end, base);
    } else if (groups['mention'] !== undefined) {
      push(whole, isName(whole, me) ? 'mention' : base);
    } else {
      const role =
        groups['bold'] !== undefined ? 'bold' : groups['strike'] !== undefined ? 'strike' : 'italic';
      runs.push(...styled(inner, role, me));
    }
  }
  push(text.slice(from), base);
  return runs;
}

/** A full stop or a dash behind a name belongs to the sentence. */
function isName(mention: string, me: string | null): boolean {
  return (
    me !== null &&
    mention
      .slice(1)
      .replace(/[.-]+$/, '')
      .toLowerCase() === me.toLowerCase()
  );
}

/** True when a text says `@me`, outside of code. */
export function mentions(text: string, me: string | null): boolean {
  if (me === null || !text.includes('@')) return false;
  return styled(text, 'plain', me).some((run) => run.role === 'mention');
}

/** Wraps runs as the one text that they are. */
function wrapped(runs: readonly Run[], cells: number, prefix: readonly Span[]): Line[] {
  const text = runs.map((run) => run.text).join('');
  return wrap(text, cells).map((row) => {
    const line: Span[] = [];
    const end = row.start + row.text.length;
    let at = 0;
    for (const run of runs) {
      const part = run.text.slice(Math.max(0, row.start - at), Math.max(0, end - at));
      if (part !== '') line.push(span(part, run.role));
      at += run.text.length;
    }
    return [...prefix, ...isolated(line)];
  });
}

/** First strong isolate and its end (Unicode annex 9). */
const isolate = span('\u2068');
const isolateEnd = span('\u2069');
const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\u061c\u200f]/u;

/** A row with letters that run from right to left orders itself alone, and not what stands beside it. */
function isolated(line: readonly Span[]): readonly Span[] {
  const isRightToLeft = line.some((piece) => 'text' in piece && rightToLeft.test(piece.text));
  return isRightToLeft ? [isolate, ...line, isolateEnd] : line;
}

/** The rows of a cleaned text: fenced code and quoted lines with a bar at their left, the others as they are written. */
export function textLines(text: string, cells: number, me: string | null): Line[] {
  const lines: Line[] = [];
  let isCode = false;
  for (const line of text.split('\n')) {
    if (/^\s*\u0060{3}[\w+#.-]*\s*$/.test(line)) {
      isCode = !isCode;
      continue;
    }
    const quote = /^\s*((?:>\s?)+)(.*)$/.exec(line);
    if (isCode) lines.push(...wrapped([{ text: line, role: 'code' }], cells - 2, [span('▏ ', 'dim')]));
    else if (quote !== null)
      lines.push(...wrapped(styled(quote[2] ?? '', 'italic', me), cells - 2, [span('▎ ', 'dim')]));
    else lines.push(...wrapped(styled(line, 'plain', me), cells, []));
  }
  return lines;
}

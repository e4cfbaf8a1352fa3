// Draws a screen of the terminal as SVG, for the README: tmux capture-pane -p -e -N | node scripts/screen-svg.js >docs/chat.svg
import { readFileSync } from 'node:fs';
import stringWidth from 'string-width';

const cell = { width: 8.4, height: 18 };
const paper = '#1e222a';
const ink = '#d7dae0';
const basic =
  '#1e222a #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #d7dae0 #5c6370 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #ffffff'.split(
    ' ',
  );

const hex = (...parts) => `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;

/** One of the 256 colours of xterm. */
function indexed(index) {
  if (index < 16) return basic[index];
  if (index >= 232) return hex(...Array(3).fill(8 + (index - 232) * 10));
  const level = (step) => (step === 0 ? 0 : 55 + step * 40);
  const at = index - 16;
  return hex(level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6));
}

const plain = { fg: null, bg: null, bold: false, dim: false, italic: false, under: false, inverse: false };

/** The look after the numbers of an SGR sequence (ECMA-48, 8.3.117). */
function styled(style, numbers) {
  const next = { ...style };
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at];
    if (code === 0) Object.assign(next, plain);
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.under = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.under = false;
    else if (code === 27) next.inverse = false;
    else if (code === 38 || code === 48) {
      const isTrue = numbers[at + 1] === 2;
      const colour = isTrue ? hex(...numbers.slice(at + 2, at + 5)) : indexed(numbers[at + 2]);
      next[code === 38 ? 'fg' : 'bg'] = colour;
      at += isTrue ? 4 : 2;
    } else if (code === 39) next.fg = null;
    else if (code === 49) next.bg = null;
    else if (code >= 30 && code <= 37) next.fg = basic[code - 30];
    else if (code >= 40 && code <= 47) next.bg = basic[code - 40];
    else if (code >= 90 && code <= 97) next.fg = basic[code - 82];
    else if (code >= 100 && code <= 107) next.bg = basic[code - 92];
  }
  return next;
}

/** The pieces of a row: where they begin, how wide they are, their text and look. */
function pieces(line) {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const found = [];
  let style = plain;
  let column = 0;
  for (const part of `m${line}`.split('\u001b[')) {
    const [, sgr = '', text = ''] = /^([\d;:]*)m([^]*)$/.exec(part) ?? [];
    style = styled(style, sgr.split(/[;:]/).map(Number));
    for (const { segment } of segmenter.segment(text)) {
      const cells = stringWidth(segment);
      const last = found.at(-1);
      // What is wider than a cell, and pictures, stand alone: fonts differ.
      const joins =
        last?.style === style && cells === 1 && !/[▀█░▌│─]/.test(last.text + segment) && last.isPlain;
      if (joins) Object.assign(last, { text: last.text + segment, cells: last.cells + cells });
      else found.push({ column, cells, text: segment, style, isPlain: cells === 1 });
      column += cells;
    }
  }
  return { found, column };
}

const escaped = (text) =>
  text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);
const round = (number) => Number(number.toFixed(1));

const rows = readFileSync(0, 'utf8').replace(/\n+$/, '').split('\n').map(pieces);
const columns = Math.max(...rows.map(({ column }) => column));
const shapes = [];
const box = (x, y, width, height, fill) =>
  shapes.push(`<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" fill="${fill}"/>`);
for (const [row, { found }] of rows.entries()) {
  const top = row * cell.height;
  for (const { column, cells, text, style } of found) {
    const [fg, bg] = style.inverse ? [style.bg ?? paper, style.fg ?? ink] : [style.fg ?? ink, style.bg];
    const left = column * cell.width;
    const width = cells * cell.width;
    const half = cell.height / 2;
    if (bg !== null && !(text === '▀' && bg === fg)) box(left, top, width, cell.height, bg);
    if (text === '▀') box(left, top, width, bg === fg ? cell.height : half, fg);
    else if (text === '█') box(left, top + 2, width, cell.height - 4, fg);
    else if (text === '▌') box(left, top, width / 2, cell.height, fg);
    else if (text === '│') box(left + width / 2, top, 1, cell.height, fg);
    else if (text === '─') box(left, top + half, width, 1, fg);
    else if (text.trim() !== '') {
      const looks = [
        style.bold && ' font-weight="bold"',
        style.italic && ' font-style="italic"',
        style.under && ' text-decoration="underline"',
        style.dim && ' opacity=".6"',
      ].filter(Boolean);
      // Several spaces would be drawn as one.
      for (const { 0: shown, index } of text.matchAll(/\S+( \S+)*/g)) {
        const x = round(left + stringWidth(text.slice(0, index)) * cell.width);
        const length = round(stringWidth(shown) * cell.width);
        shapes.push(
          `<text x="${x}" y="${top + 14}" fill="${fg}"${looks.join('')} textLength="${length}">${escaped(shown)}</text>`,
        );
      }
    }
  }
}
const [width, height] = [round(columns * cell.width) + 24, rows.length * cell.height + 24];
process.stdout.write(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 ${width} ${height}" width="${width}" height="${height}" ` +
    'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" shape-rendering="crispEdges">' +
    `<rect x="-12" y="-12" width="${width}" height="${height}" rx="8" fill="${paper}"/>\n${shapes.join('\n')}\n</svg>\n`,
);

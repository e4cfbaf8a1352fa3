// Draws the first screen: the form to log in or register, its fields and what to do.
import { limits } from '../../protocol/limits.js';
import type { Say } from '../catalogue/translate.js';
import { valueOf, type Field, type Form } from './forms.js';
import { fill, fit, span, type Line } from './spans.js';
import { sayOf, type ChatState } from './state.js';
import { graphemesOf, widthOf, wrap } from './text-width.js';

const otherForm = {
  first: 'chat.form.to-login-known',
  login: 'chat.form.to-register',
  register: 'chat.form.to-login',
} as const;

export interface FormDrawing {
  readonly lines: readonly Line[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** Secrets are dots. */
function mask(field: Field, text: string): string {
  return field.isSecret ? '•'.repeat(graphemesOf(text).length) : text;
}

/** Of a value that is longer than its room the part before the cursor. */
function shownValue(field: Field, room: number): { text: string; cursor: number } {
  let before = mask(field, field.buffer.text.slice(0, field.buffer.cursor));
  const after = mask(field, field.buffer.text.slice(field.buffer.cursor));
  while (widthOf(before) > room - 1) before = graphemesOf(before).slice(1).join('');
  return { text: before + after, cursor: widthOf(before) };
}

function fieldLine(form: Form, index: number, say: Say, labels: number, width: number): Line {
  const field = form.fields[index];
  if (field === undefined) return [];
  const isActive = index === form.active;
  const label = say(field.label);
  const room = Math.max(4, width - labels - 4);
  const value = isActive ? shownValue(field, room).text : mask(field, field.buffer.text);
  const hint =
    field.hint !== null && value === ''
      ? span(say(field.hint, { min: limits.minPasswordChars }), 'dim')
      : span(value);
  const padding = ' '.repeat(Math.max(0, labels - widthOf(label)));
  return [
    span(isActive ? '› ' : '  ', 'accent'),
    span(label + padding, isActive ? 'bold' : 'dim'),
    span('  '),
    ...fit([hint], room),
  ];
}

/** The form in exactly `rows` rows, with the active field in sight, and where its cursor is. */
export function formDrawing(state: ChatState, form: Form, rows: number): FormDrawing {
  const say = sayOf(state);
  const { columns } = state.size;
  const width = Math.min(columns, 76);
  const left = Math.max(0, Math.floor((columns - width) / 2));
  const labels = Math.max(...form.fields.map((field) => widthOf(say(field.label))));
  const top: Line[] = [
    [],
    [span('PyTalk', 'bold')],
    [],
    ...wrap(
      form.note ?? say(form.kind === 'login' ? 'chat.form.login' : 'chat.form.register'),
      width - 2,
    ).map((row): Line => [span(row.text)]),
    [],
  ];
  const fields = form.fields.map((_, index) => fieldLine(form, index, say, labels, width));
  const bottom: Line[] = [[]];
  if (form.isBusy) {
    const isStarting = form.kind === 'first' && valueOf(form, 'server') === '';
    bottom.push([span(say(isStarting ? 'chat.form.starting' : 'chat.form.busy'), 'accent')]);
  }
  if (form.error !== null) {
    for (const row of wrap(form.error, width - 4))
      bottom.push([span(row.start === 0 ? '✗ ' : '  ', 'bad'), span(row.text, 'bad')]);
  }
  if (!form.isBusy && form.error === null) {
    const key = otherForm[form.kind];
    for (const row of wrap(say(key), width - 2)) bottom.push([span(row.text, 'dim')]);
  }
  const all = [...top, ...fields, ...bottom];
  const activeRow = top.length + form.active;
  const above = Math.max(0, Math.floor((rows - all.length) / 3));
  const placed = [...Array.from({ length: above }, (): Line => []), ...all];
  const from = Math.min(Math.max(0, activeRow + above - rows + 3), Math.max(0, placed.length - rows));
  const lines = Array.from({ length: rows }, (_, row) =>
    fill([span(' '.repeat(left)), ...(placed[from + row] ?? [])], columns),
  );
  const field = form.fields[form.active];
  const cursor = field === undefined ? 0 : shownValue(field, Math.max(4, width - labels - 4)).cursor;
  return { lines, cursor: { row: activeRow + above - from, column: left + 2 + labels + 2 + cursor } };
}

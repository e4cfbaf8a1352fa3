// The forms of the first screen, log in and register: their fields in one table, and how keys move through them.
import type { Key } from '../catalogue/translate.js';
import { bufferOf, emptyBuffer, type TextBuffer } from './text-buffer.js';

export type FieldId =
  'server' | 'username' | 'password' | 'repeat' | 'phone' | 'email' | 'firstName' | 'lastName' | 'invite';

export interface Field {
  readonly id: FieldId;
  readonly label: Key;
  readonly isSecret: boolean;
  readonly isOptional: boolean;
  /** What to know of it, shown while it is empty. */
  readonly hint: Key | null;
  readonly buffer: TextBuffer;
}

/** `first` asks for a server when none is known. */
export type FormKind = 'first' | 'login' | 'register';

export interface Form {
  readonly kind: FormKind;
  readonly fields: readonly Field[];
  readonly active: number;
  readonly isBusy: boolean;
  /** Why the last try failed, as one sentence. */
  readonly error: string | null;
  /** What to know before filling it in. */
  readonly note: string | null;
}

type FieldRow = readonly [
  id: FieldId,
  label: Key,
  about?: { isSecret?: true; isOptional?: true; hint?: Key },
];

const rows: Readonly<Record<FormKind, readonly FieldRow[]>> = {
  first: [['server', 'chat.field.server', { isOptional: true, hint: 'chat.form.here' }]],
  login: [
    ['server', 'chat.field.server'],
    ['username', 'chat.field.username'],
    ['password', 'chat.field.password', { isSecret: true }],
  ],
  register: [
    ['server', 'chat.field.server'],
    ['username', 'chat.field.username'],
    ['password', 'chat.field.password', { isSecret: true, hint: 'chat.form.password' }],
    ['repeat', 'chat.field.repeat', { isSecret: true }],
    ['phone', 'chat.field.phone'],
    ['firstName', 'chat.field.first-name', { isOptional: true }],
    ['lastName', 'chat.field.last-name', { isOptional: true }],
    ['email', 'chat.field.email', { isOptional: true }],
    ['invite', 'chat.field.invite', { isOptional: true }],
  ],
};

export function valueOf(form: Form, id: FieldId): string {
  const field = form.fields.find((one) => one.id === id);
  const text = field?.buffer.text ?? '';
  return field?.isSecret === true ? text : text.trim();
}

/** A form with what is known already; the first field that still needs something is active. */
export function makeForm(
  kind: FormKind,
  known: Readonly<Partial<Record<FieldId, string>>>,
  error: string | null = null,
  note: string | null = null,
): Form {
  const fields = rows[kind].map(([id, label, about]) => ({
    id,
    label,
    isSecret: about?.isSecret ?? false,
    isOptional: about?.isOptional ?? false,
    hint: about?.hint ?? (about?.isOptional === true ? 'chat.form.optional' : null),
    buffer: bufferOf(known[id] ?? ''),
  }));
  const empty = fields.findIndex((field) => field.buffer.text === '' && !field.isOptional);
  const active = empty === -1 ? fields.length - 1 : empty;
  return { kind, fields, active, isBusy: false, error, note };
}

/** The other form, with what was typed into this one. */
export function switched(form: Form): Form {
  const known = Object.fromEntries(form.fields.map((field) => [field.id, field.buffer.text]));
  return makeForm(form.kind === 'login' ? 'register' : 'login', known);
}

export function moved(form: Form, places: number): Form {
  const count = form.fields.length;
  return { ...form, active: (form.active + places + count) % count };
}

export function activeField(form: Form): Field | undefined {
  return form.fields[form.active];
}

export function withField(form: Form, buffer: TextBuffer): Form {
  const fields = form.fields.map((field, index) => (index === form.active ? { ...field, buffer } : field));
  return { ...form, fields, error: null };
}

/** What keeps the form from being sent: a field that must not be empty, or two passwords that differ. */
export function problemOf(form: Form): { active: number; key: Key; label?: Key } | null {
  const missing = form.fields.findIndex((field) => !field.isOptional && valueOf(form, field.id) === '');
  const label = form.fields[missing]?.label;
  if (label !== undefined) return { active: missing, key: 'chat.form.missing', label };
  if (form.kind === 'register' && valueOf(form, 'password') !== valueOf(form, 'repeat')) {
    return { active: form.fields.findIndex((field) => field.id === 'repeat'), key: 'chat.form.differ' };
  }
  return null;
}

/** The field that a refusal is about. */
export const faultyFields: Readonly<Partial<Record<string, FieldId>>> = {
  'login-refused': 'password',
  'weak-password': 'password',
  'invalid-username': 'username',
  'name-taken': 'username',
  'invalid-phone': 'phone',
  'phone-taken': 'phone',
  'invalid-email': 'email',
  'invalid-person-name': 'firstName',
  'invite-invalid': 'invite',
};

/** The form after a refusal, at the field it is about; a wrong password is typed anew. */
export function refused(form: Form, error: string, code: string | null): Form {
  const faulty = form.fields.findIndex((field) => field.id === faultyFields[code ?? '']);
  const at = { ...form, active: faulty === -1 ? form.active : faulty };
  const cleared = code === 'login-refused' ? withField(at, emptyBuffer) : at;
  return { ...cleared, isBusy: false, error };
}

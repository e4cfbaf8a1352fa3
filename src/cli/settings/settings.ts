// The one table of the client's settings: names, allowed values and defaults; reading, changing, showing and documenting derive from it.
import type { Key } from '../catalogue/translate.js';
import { languages } from '../catalogue/translate.js';

export const themeNames = ['auto', 'dark', 'light', 'contrast', '16', 'none'] as const;

/** A key of the keyboard and the command that it runs; null takes the key's own command away. */
type OwnKeys = Readonly<Record<string, string | null>>;

/** One kind of value. Values in the file are JSON; people type and read text. */
interface Kind<Value> {
  readonly default: Value;
  /** What may stand there, as people type it: the same in every language. */
  readonly allowed: readonly string[];
  /** The value from JSON; undefined when it is not allowed. */
  read(json: unknown): Value | undefined;
  /** The value that was typed; `before` is what holds now. Undefined when it is not allowed. */
  parse(text: string, before: Value): Value | undefined;
  show(value: Value): string;
}

function choice<Value extends string>(values: readonly Value[], fallback: Value): Kind<Value> {
  const read = (json: unknown): Value | undefined => values.find((value) => value === json);
  return {
    default: fallback,
    allowed: values,
    read,
    parse: (text) => read(text.toLowerCase()),
    show: (value) => value,
  };
}

const yes = ['on', 'yes', 'true', '1', 'oui'];
const no = ['off', 'no', 'false', '0', 'non'];

function onOff(fallback: boolean): Kind<boolean> {
  return {
    default: fallback,
    allowed: ['on', 'off'],
    read: (json) => (typeof json === 'boolean' ? json : undefined),
    parse(text) {
      const word = text.toLowerCase();
      return yes.includes(word) ? true : no.includes(word) ? false : undefined;
    },
    show: (value) => (value ? 'on' : 'off'),
  };
}

/** `off`, `on`, or the hours of each day: `22:00-07:00`. */
function quietHours(): Kind<string> {
  const read = (json: unknown): string | undefined => {
    if (json === 'off' || json === 'on') return json;
    const [, from, to] = typeof json === 'string' ? (/^([\d:]+)-([\d:]+)$/.exec(json) ?? []) : [];
    const isTime = (text: string | undefined): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text ?? '');
    return isTime(from) && isTime(to) && from !== to ? `${from}-${to}` : undefined;
  };
  return {
    default: 'off',
    allowed: ['off', 'on', '22:00-07:00'],
    read,
    parse: (text) => read(text.toLowerCase().replace(/\s/g, '')),
    show: (value) => value,
  };
}

/** A camera, microphone or speaker, named as on the command line. */
function device(allowed: readonly string[]): Kind<string> {
  const read = (json: unknown): string | undefined =>
    typeof json === 'string' && /^[^\p{Cc}]{1,500}$/u.test(json) ? json : undefined;
  return { default: 'default', allowed, read, parse: (text) => read(text.trim()), show: (value) => value };
}

/** Typed one at a time: `ctrl+t quit`, `ctrl+t none`, `ctrl+t default`. */
function keyMap(): Kind<OwnKeys> {
  return {
    default: {},
    allowed: ['KEY COMMAND', 'KEY none', 'KEY default'],
    read(json) {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
      const entries = Object.entries(json);
      const isFit = entries.every(
        ([key, command]) => key !== '' && (command === null || typeof command === 'string'),
      );
      return isFit ? Object.fromEntries(entries) : undefined;
    },
    parse(text, before) {
      const [key, command, more] = text.toLowerCase().split(/[\s=]+/);
      if (key === undefined || key === '' || command === undefined || command === '' || more !== undefined)
        return undefined;
      const others = Object.entries(before).filter(([name]) => name !== key);
      if (command === 'default') return Object.fromEntries(others);
      return Object.fromEntries([...others, [key, command === 'none' ? null : command]]);
    },
    show: (value) =>
      Object.entries(value)
        .map(([key, command]) => `${key}=${command ?? 'none'}`)
        .join(' ') || '-',
  };
}

/** The row of each setting, in the order in which they are shown. */
const settingKinds = {
  theme: choice(themeNames, 'auto'),
  lang: choice(['auto', ...languages], 'auto'),
  timeFormat: choice(['auto', '24h', '12h'], 'auto'),
  notifyTerminal: onOff(true),
  notifyDesktop: onOff(true),
  notifyBell: onOff(true),
  notifyPreview: onOff(true),
  notifyGroups: choice(['all', 'mentions'], 'all'),
  doNotDisturb: quietHours(),
  ringBell: onOff(true),
  readReceipts: onOff(true),
  typing: onOff(true),
  keyMode: choice(['emacs', 'vim'], 'emacs'),
  keys: keyMap(),
  mouse: onOff(false),
  pictures: choice(['auto', 'kitty', 'sixel', 'iterm2', 'blocks', 'none'], 'auto'),
  camera: device(['default', 'screen', 'test', 'http://192.168.1.20:8080/video', 'none']),
  mic: device(['default', 'test', 'none']),
  speaker: device(['default', 'none']),
} as const;

export type SettingKey = keyof typeof settingKinds;
type ValueOf<K extends SettingKey> = (typeof settingKinds)[K] extends Kind<infer Value> ? Value : never;
export type Settings = { readonly [K in SettingKey]: ValueOf<K> };

export const settingKeys = Object.keys(settingKinds) as readonly SettingKey[];

/** The row of a setting whose name is known only while running. */
export function kindOf(key: SettingKey): Kind<unknown> {
  return settingKinds[key];
}

/** What a setting is for, in the catalogue. */
export function docOf(key: SettingKey): Key {
  return `setting.${key}`;
}

export const defaultSettings = Object.fromEntries(
  settingKeys.map((key) => [key, kindOf(key).default]),
) as unknown as Settings;

/** A name as it was typed: capitals do not count. */
export function settingKeyOf(name: string): SettingKey | undefined {
  return settingKeys.find((key) => key.toLowerCase() === name.toLowerCase());
}

/** A value in the file that is not allowed: the default holds instead. */
interface WrongValue {
  readonly key: SettingKey;
  readonly value: unknown;
}

/** The settings of a file's object, and what in it does not fit. Keys that are not settings are let be. */
export function readSettings(json: Readonly<Record<string, unknown>>): {
  settings: Settings;
  wrong: readonly WrongValue[];
} {
  const wrong: WrongValue[] = [];
  const entries = settingKeys.map((key): [SettingKey, unknown] => {
    const kind = kindOf(key);
    if (!Object.hasOwn(json, key)) return [key, kind.default];
    const value = kind.read(json[key]);
    if (value === undefined) wrong.push({ key, value: json[key] });
    return [key, value ?? kind.default];
  });
  return { settings: Object.fromEntries(entries) as unknown as Settings, wrong };
}

// Turns a key of the catalogue and its details into a sentence in the reader's language.
import { fillText, type ErrorDetails } from '../../protocol/errors.js';
import { en, type Key } from './en.js';
import { fr } from './fr.js';

export type Lang = 'en' | 'fr';
export type { Key } from './en.js';

export const languages: readonly Lang[] = ['en', 'fr'];

const catalogues: Readonly<Record<Lang, Readonly<Record<Key, string>>>> = { en, fr };

/** Keys that have a form for each plural category (`KEY.one`, `KEY.other`), without the category. */
export type PluralKey = Extract<Key, `${string}.other`> extends `${infer Base}.other` ? Base : never;

/** True when there is such a key; for keys made of a name, such as `hint.CODE`. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}

/** The text of `key` in `lang`, with `{name}` filled from `details`. */
export function translate(lang: Lang, key: Key, details: ErrorDetails = {}): string {
  return fillText(catalogues[lang][key], details);
}

/** The form of `key` for `count` things; `{count}` is filled with it. A language without a form uses `other`. */
export function translateCount(
  lang: Lang,
  key: PluralKey,
  count: number,
  details: ErrorDetails = {},
): string {
  const form = `${key}.${new Intl.PluralRules(lang).select(count)}`;
  return translate(lang, isKey(form) ? form : (`${key}.other` as Key), {
    count: count.toLocaleString(lang),
    ...details,
  });
}

/** A translator for one language. */
export interface Say {
  (key: Key, details?: ErrorDetails): string;
  readonly lang: Lang;
  /** Times as `2:05 pm`, else as `14:05`. */
  readonly hour12: boolean;
  /** The plural form for `count`. */
  count(key: PluralKey, count: number, details?: ErrorDetails): string;
}

export function sayIn(lang: Lang, hour12 = false): Say {
  const say = (key: Key, details?: ErrorDetails): string => translate(lang, key, details);
  return Object.assign(say, {
    lang,
    hour12,
    count: (key: PluralKey, count: number, details?: ErrorDetails): string =>
      translateCount(lang, key, count, details),
  });
}

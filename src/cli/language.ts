// Which language to speak: --lang, else PYTALK_LANG, else (see `run`) the settings, else the locale.
import type { Io } from './io.js';
import { languages, type Lang } from './catalogue/translate.js';

const isLang = (text: string): text is Lang => languages.some((lang) => lang === text);

function given(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  const index = options.indexOf('--lang');
  return index === -1
    ? options.find((word) => word.startsWith('--lang='))?.slice('--lang='.length)
    : (options[index + 1] ?? '');
}

interface LanguageChoice {
  readonly lang: Lang;
  /** What was asked for, when that is no language there is. */
  readonly wrong: string | null;
  /** Whether an option or a variable named it: these go before the settings. */
  readonly isAsked: boolean;
}

export function languageOf(argv: readonly string[], env: Io['env']): LanguageChoice {
  const asked = given(argv);
  const wanted = asked ?? env['PYTALK_LANG'] ?? '';
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => (value ?? '') !== '') ?? '';
  const fallback: Lang = /^fr(?:[_.@-]|$)/i.test(locale) ? 'fr' : 'en';
  const lang = wanted.toLowerCase().split(/[_.@-]/)[0] ?? '';
  if (isLang(lang)) return { lang, wrong: null, isAsked: true };
  return { lang: fallback, wrong: asked ?? null, isAsked: false };
}

/** Whether the locale says the time as `2:05 pm`; one that names no country, such as C, does not. */
export function hour12Of(env: Io['env']): boolean {
  const locale = [env['LC_ALL'], env['LC_TIME'], env['LANG']].find((value) => (value ?? '') !== '') ?? '';
  const [, language, country] = /^([a-z]{2,3})_([A-Z]{2})/.exec(locale) ?? [];
  if (language === undefined || country === undefined) return false;
  const format = new Intl.DateTimeFormat(`${language}-${country}`, { hour: 'numeric' });
  return format.resolvedOptions().hour12 === true;
}

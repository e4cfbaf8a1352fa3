// How each role looks: themes for dark and light backgrounds, with high contrast, for 16 colours, and without colour.
/*
 * The background is the terminal's own; nothing is painted. So that a text can be read on every usual background, its
 * contrast (WCAG 2) is at least 4.5 on the least fitting of them, and 7 with high contrast; a test computes it.
 */
import { coloursOf, indexOf256, type Env } from '../../media/terminal/colours.js';
import type { Settings } from '../settings/settings.js';
import type { Role, Theme } from './spans.js';

export type Background = 'dark' | 'light';
type Depth = 'none' | '16' | '256' | 'true';

/** What the terminal's colours are like. */
export interface Palette {
  readonly depth: Depth;
  /** NO_COLOR is set: colours only when the person chose a theme (no-color.org). */
  readonly wantsNone: boolean;
  /** Null while unknown. */
  readonly background: Background | null;
}

export const noPalette: Palette = { depth: 'none', wantsNone: true, background: null };

/** A colour as RRGGBB, empty for the terminal's own, and attributes of SGR (ECMA-48 8.3.117): 1 bold, 3 italic, 4 underlined, 7 inverse, 9 struck out. */
type Style = readonly [colour: string, attributes?: string];
type Styles = Readonly<Record<Role, Style>>;

const dark: Styles = {
  plain: [''],
  dim: ['a3adbd'],
  bold: ['', '1'],
  accent: ['7dcfff'],
  good: ['9fd67a'],
  warn: ['e8b465'],
  bad: ['ff9aa5'],
  read: ['7dcfff'],
  unread: ['7dcfff', '1'],
  inverse: ['', '7'],
  strike: ['a3adbd', '9'],
  italic: ['', '3'],
  code: ['e8b465'],
  link: ['7dcfff', '4'],
  mention: ['', '1;7'],
  name0: ['8fc1ff', '1'],
  name1: ['d9b3ff', '1'],
  name2: ['8fdcaa', '1'],
  name3: ['f0be6e', '1'],
  name4: ['ffa3a3', '1'],
};

const light: Styles = {
  plain: [''],
  dim: ['545b66'],
  bold: ['', '1'],
  accent: ['005a87'],
  good: ['23611a'],
  warn: ['7a4300'],
  bad: ['a8201a'],
  read: ['005a87'],
  unread: ['005a87', '1'],
  inverse: ['', '7'],
  strike: ['545b66', '9'],
  italic: ['', '3'],
  code: ['7a4300'],
  link: ['005a87', '4'],
  mention: ['', '1;7'],
  name0: ['174ea6', '1'],
  name1: ['712a9e', '1'],
  name2: ['1b5e34', '1'],
  name3: ['7a4300', '1'],
  name4: ['9c1c3c', '1'],
};

const contrastDark: Styles = {
  plain: ['ffffff'],
  dim: ['dfe4ec'],
  bold: ['ffffff', '1'],
  accent: ['8ce4ff', '1'],
  good: ['a6f58a'],
  warn: ['ffd75f', '1'],
  bad: ['ffbdbd', '1'],
  read: ['8ce4ff', '1'],
  unread: ['ffff87', '1'],
  inverse: ['', '1;7'],
  strike: ['dfe4ec', '9'],
  italic: ['', '3'],
  code: ['ffd75f'],
  link: ['8ce4ff', '4'],
  mention: ['', '1;7'],
  name0: ['a8d1ff', '1'],
  name1: ['ebc8ff', '1'],
  name2: ['a6f58a', '1'],
  name3: ['ffd75f', '1'],
  name4: ['ffbdbd', '1'],
};

const contrastLight: Styles = {
  plain: ['000000'],
  dim: ['303030'],
  bold: ['000000', '1'],
  accent: ['000087', '1'],
  good: ['00005f'],
  warn: ['5f0000', '1'],
  bad: ['870000', '1'],
  read: ['000087', '1'],
  unread: ['5f0087', '1'],
  inverse: ['', '1;7'],
  strike: ['303030', '9'],
  italic: ['', '3'],
  code: ['5f0000'],
  link: ['000087', '4'],
  mention: ['', '1;7'],
  name0: ['000087', '1'],
  name1: ['5f0087', '1'],
  name2: ['303030', '1'],
  name3: ['5f0000', '1'],
  name4: ['5f005f', '1'],
};

/** The themes that name colours, for the test of their contrast. */
export const colouredStyles = {
  dark: { dark },
  light: { light },
  contrast: { dark: contrastDark, light: contrastLight },
} as const;

/** Without colour: attributes alone. */
const attributes: Theme = {
  plain: '',
  dim: '2',
  bold: '1',
  accent: '1',
  good: '',
  warn: '1',
  bad: '1',
  read: '1',
  unread: '1',
  inverse: '7',
  strike: '2;9',
  italic: '3',
  code: '',
  link: '4',
  mention: '1;7',
  name0: '1',
  name1: '1',
  name2: '1',
  name3: '1',
  name4: '1',
};

/** Only the terminal's own 16 colours, and none of those that vanish on a light or a dark background. */
const sixteen: Theme = {
  ...attributes,
  accent: '36',
  good: '32',
  warn: '35',
  bad: '31',
  read: '36',
  unread: '1;36',
  code: '35',
  link: '4;36',
  name0: '1;36',
  name1: '1;35',
  name2: '1;32',
  name3: '1;94',
  name4: '1;91',
};

/** High contrast on an unknown background: the terminal's own two colours, and nothing faint. */
const contrastUnknown: Theme = { ...attributes, dim: '', strike: '9' };

/** For what is written without any colour, such as lines of `--plain`. */
export const plainTheme = attributes;

/** Red, green and blue of RRGGBB. */
export function channelsOf(colour: string): [red: number, green: number, blue: number] {
  const value = Number.parseInt(colour, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function codesOf([colour, more = '']: Style, depth: Depth): string {
  if (colour === '') return more;
  const channels = channelsOf(colour);
  const code = depth === 'true' ? `38;2;${channels.join(';')}` : `38;5;${indexOf256(...channels)}`;
  return more === '' ? code : `${more};${code}`;
}

function themeWith(styles: Styles, depth: Depth): Theme {
  const entries = Object.entries(styles).map(([role, style]) => [role, codesOf(style, depth)]);
  return Object.fromEntries(entries) as Record<Role, string>;
}

function makeTheme(name: Settings['theme'], palette: Palette): Theme {
  const { depth, background } = palette;
  if (name === 'none' || depth === 'none' || (name === 'auto' && palette.wantsNone)) return attributes;
  if (name === '16' || (depth === '16' && name !== 'contrast')) return sixteen;
  if (name === 'contrast') {
    if (background === null || depth === '16') return contrastUnknown;
    return themeWith(background === 'light' ? contrastLight : contrastDark, depth);
  }
  const wanted = name === 'auto' ? background : name;
  // On an unknown background only the terminal itself knows what can be read.
  return wanted === null ? sixteen : themeWith(wanted === 'light' ? light : dark, depth);
}

const made = new Map<string, Theme>();

/** The theme of a setting on a terminal; the same one each time, so that drawings can be kept with it. */
export function themeOf(name: Settings['theme'], palette: Palette): Theme {
  const key = `${name} ${palette.depth} ${palette.wantsNone} ${palette.background ?? ''}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const theme = makeTheme(name, palette);
  made.set(key, theme);
  return theme;
}

/** What the environment tells: COLORTERM, TERM, NO_COLOR, and COLORFGBG of rxvt and konsole. */
export function paletteOf(env: Env): Palette {
  const term = env['TERM'] ?? '';
  const wantsNone = (env['NO_COLOR'] ?? '') !== '';
  const colours = coloursOf({ ...env, NO_COLOR: undefined });
  const isOld = term === 'linux' || /^(xterm|screen|ansi|vt\d+)$/.test(term);
  const depth = term === 'dumb' ? 'none' : isOld && colours !== 'true' ? '16' : colours;
  const last = Number.parseInt((env['COLORFGBG'] ?? '').split(';').at(-1) ?? '', 10);
  const background = Number.isNaN(last) ? null : last === 7 || last > 8 ? 'light' : 'dark';
  return { depth, wantsNone, background };
}

/** Asks for the background colour (xterm, OSC 11). */
export const askBackground = '\u001b]11;?\u001b\\';

/** Whether the answer could change anything. */
export function asksBackground({ depth, wantsNone }: Palette): boolean {
  return (depth === '256' || depth === 'true') && !wantsNone;
}

/** Relative luminance, from 0 to 1 (WCAG 2). */
export function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Up to here a background is dark enough for the dark theme, and from there light enough for the light one. */
export const darkUpTo = 0.035;
export const lightFrom = 0.78;

/** Reads the terminal's answer, `11;rgb:1e1e/1e1e/2e2e`; null for another answer, or a background between the two. */
export function backgroundOf(report: string): Background | null {
  const [, ...parts] = /^11;rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i.exec(report) ?? [];
  if (parts.length < 3) return null;
  const level = luminance(parts.map((part) => (Number.parseInt(part, 16) / (16 ** part.length - 1)) * 255));
  return level <= darkUpTo ? 'dark' : level >= lightFrom ? 'light' : null;
}

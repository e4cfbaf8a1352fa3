// Themes: contrast on every usual background, and which of them a terminal gets.
import t from 'tap';
import { KeyDecoder } from '../../../src/cli/chat/keys.js';
import {
  backgroundOf,
  channelsOf,
  colouredStyles,
  darkUpTo,
  lightFrom,
  luminance,
  paletteOf,
  plainTheme,
  themeOf,
} from '../../../src/cli/chat/themes.js';
import { indexOf256 } from '../../../src/media/terminal/colours.js';

/** xterm's colour of an index from 16: the cube of 6 x 6 x 6, then greys. */
function channelsOf256(index: number): number[] {
  if (index >= 232) return [0, 1, 2].map(() => 8 + (index - 232) * 10);
  const step = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const at = index - 16;
  return [step(Math.floor(at / 36)), step(Math.floor(at / 6) % 6), step(at % 6)];
}

const contrast = (one: number, other: number): number =>
  (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

t.test('contrast is computed as WCAG says', (t) => {
  t.equal(contrast(luminance([255, 255, 255]), luminance([0, 0, 0])).toFixed(2), '21.00');
  t.equal(contrast(luminance([118, 118, 118]), luminance([255, 255, 255])).toFixed(2), '4.54');
  t.end();
});

t.test('every colour of every theme can be read on the least fitting background, also as one of 256', (t) => {
  for (const [name, variants] of Object.entries(colouredStyles)) {
    for (const [background, styles] of Object.entries(variants)) {
      const worst = background === 'dark' ? darkUpTo : lightFrom;
      const least = name === 'contrast' ? 7 : 4.5;
      for (const [role, [colour]] of Object.entries(styles)) {
        if (colour === '') continue;
        const channels = channelsOf(colour);
        const exact = contrast(luminance(channels), worst);
        const nearest = contrast(luminance(channelsOf256(indexOf256(...channels))), worst);
        t.ok(exact >= least, `${name} on ${background}, ${role}: ${exact.toFixed(2)}`);
        t.ok(nearest >= least, `${name} on ${background}, ${role}, of 256: ${nearest.toFixed(2)}`);
      }
    }
  }
  t.end();
});

t.test('the theme follows the setting, the environment and the background', (t) => {
  const rich = paletteOf({ TERM: 'xterm-256color', COLORTERM: 'truecolor' });
  t.match(rich, { depth: 'true', background: null, wantsNone: false });
  t.equal(themeOf('auto', rich).accent, '36', 'unknown background: the terminal’s own colours');
  t.equal(themeOf('auto', { ...rich, background: 'dark' }).accent, '38;2;125;207;255');
  t.equal(themeOf('dark', rich).unread, '1;38;2;125;207;255');
  t.match(themeOf('light', paletteOf({ TERM: 'xterm-256color' })).accent, /^38;5;\d+$/);
  const bright = themeOf('contrast', { ...rich, background: 'dark' });
  t.not(themeOf('contrast', { ...rich, background: 'light' }).dim, bright.dim);
  t.equal(themeOf('contrast', rich).dim, '', 'unknown background: nothing faint');
  t.equal(themeOf('none', rich), plainTheme);
  const none = paletteOf({ TERM: 'xterm-256color', NO_COLOR: '1' });
  t.equal(themeOf('auto', none), plainTheme, 'NO_COLOR');
  t.match(themeOf('dark', none).accent, /^38;/, 'but for who chose a theme');
  t.equal(themeOf('dark', paletteOf({ TERM: 'linux' })).accent, '36', 'a console has 16');
  t.equal(themeOf('dark', paletteOf({ TERM: 'dumb' })), plainTheme);
  t.equal(paletteOf({ TERM: 'rxvt', COLORFGBG: '0;15' }).background, 'light');
  t.equal(paletteOf({ TERM: 'rxvt', COLORFGBG: '15;default;0' }).background, 'dark');
  t.equal(themeOf('dark', rich), themeOf('dark', { ...rich }), 'one value for the same terminal');
  t.end();
});

t.test('the answer to OSC 11 is read in every form, and never taken for keys', (t) => {
  t.equal(backgroundOf('11;rgb:0000/0000/0000'), 'dark');
  t.equal(backgroundOf('11;rgb:1e1e/1e1e/2e2e'), 'dark');
  t.equal(backgroundOf('11;rgb:ff/ff/ff'), 'light');
  t.equal(backgroundOf('11;rgb:fdfd/f6f6/e3e3'), 'light', 'Solarized');
  t.equal(backgroundOf('11;rgb:8080/8080/8080'), null, 'neither');
  t.equal(backgroundOf('11;nonsense'), null);
  for (const end of ['\u0007', '\u001b\\']) {
    const bytes = `a\u001b]11;rgb:1e1e/1e1e/2e2e${end}b`;
    const wanted = [
      { type: 'text', text: 'a' },
      { type: 'report', text: '11;rgb:1e1e/1e1e/2e2e' },
      { type: 'text', text: 'b' },
    ];
    t.same(new KeyDecoder().push(bytes), wanted);
    const decoder = new KeyDecoder();
    t.same(
      Array.from(bytes).flatMap((byte) => decoder.push(byte)),
      wanted,
      'byte by byte',
    );
  }
  const alt = new KeyDecoder();
  t.same(alt.push('\u001b]x'), [
    { type: 'key', name: 'alt+]' },
    { type: 'text', text: 'x' },
  ]);
  t.end();
});

// How many colours a terminal has, and the nearest of xterm's 256.

export type Env = Readonly<Record<string, string | undefined>>;
/** How many colours text has. */
export type Colours = 'true' | '256' | 'none';

/** Colours as the environment tells them. */
export function coloursOf(env: Env): Colours {
  const term = env['TERM'] ?? '';
  if ((env['NO_COLOR'] ?? '') !== '' || term === 'dumb' || term === 'linux') return 'none';
  if (/^(truecolor|24bit)$/i.test(env['COLORTERM'] ?? '')) return 'true';
  return /direct|kitty|alacritty|ghostty|wezterm|foot/.test(term) ? 'true' : '256';
}

/** Steps of the 6 x 6 x 6 cube of xterm's 256 colours, for each value of a channel. */
const cubeStep = Uint8Array.from({ length: 256 }, (_, value) =>
  value < 48 ? 0 : value < 115 ? 1 : Math.floor((value - 35) / 40),
);

/** The nearest of xterm's 256 colours: the cube, or the 24 greys for what has no colour. */
export function indexOf256(red: number, green: number, blue: number): number {
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 10) {
    const grey = Math.round((red - 8) / 10);
    return grey < 0 ? 16 : grey > 23 ? 231 : 232 + grey;
  }
  return 16 + 36 * (cubeStep[red] ?? 0) + 6 * (cubeStep[green] ?? 0) + (cubeStep[blue] ?? 0);
}

// What the completion scripts ask the program itself: names of conversations, from what this home has seen.
import type { Io } from './io.js';
import { knownNames } from './known-names.js';

/** Prints names one a line, in the form that `begun` has: `@name`, `#name`, or bare. */
export async function complete([kind = '', begun = '']: readonly string[], io: Io): Promise<number> {
  const home = io.env['PYTALK_HOME'];
  const names = await knownNames(home === '' ? undefined : home);
  // What is begun may still be quoted, as `"#te`.
  const mark = /^["'\\]*([@#])/.exec(begun)?.[1] ?? '';
  const wanted = { person: '@', group: '#' }[kind] ?? '';
  // Names hold letters, digits, dots, dashes (protocol/names.ts); nothing else may reach a shell.
  const shown = names
    .filter((name) => /^[@#][\p{L}\p{M}\p{N}._-]+$/u.test(name))
    .filter((name) => name.startsWith(wanted) && name.startsWith(mark))
    .map((name) => (mark === '' ? name.slice(1) : name));
  io.stdout.write([...new Set(shown)].map((name) => `${name}\n`).join(''));
  return 0;
}

// What tmux tells of itself and of the terminal around it, and how a sequence goes through it to that terminal.
import { execFile } from 'node:child_process';
import type { Env } from './colours.js';

export interface Tmux {
  /** Name and version of the terminal around it, as it tells them (XTVERSION), and its TERM. */
  readonly outside: string;
  /** Whether `allow-passthrough` is on for this pane. */
  readonly passes: boolean;
}

const timeoutMs = 2_000;

/** By what the environment tells: `TMUX` is unset after `ssh` or `sudo`, where TERM mostly stays. */
export function isInTmux(env: Env): boolean {
  return (env['TMUX'] ?? '') !== '' || /^(tmux|screen)\b/.test(env['TERM'] ?? '');
}

/** Asks the tmux that this program runs in; null where there is none, or it does not answer. */
export function askTmux(env: Env): Promise<Tmux | null> {
  if (!isInTmux(env)) return Promise.resolve(null);
  const pane = env['TMUX_PANE'] ?? '';
  const target = pane === '' ? [] : ['-t', pane];
  const format = '#{client_termtype} #{client_termname}\n#{allow-passthrough}';
  return new Promise((resolve) => {
    const options = { env: { ...env }, timeout: timeoutMs };
    execFile('tmux', ['display-message', '-p', ...target, format], options, (error, stdout) => {
      const [outside = '', passes = ''] = stdout.split('\n');
      // A switch of tmux 3.3 is 1 or 0, later ones have `on`, `off` and `all`.
      resolve(error === null ? { outside, passes: /^(1|on|all)$/.test(passes.trim()) } : null);
    });
  });
}

/** The sequence as tmux hands it on to the terminal around it, with `allow-passthrough` on: every ESC doubled. */
export function throughTmux(sequence: string): string {
  return `\u001bPtmux;${sequence.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`;
}

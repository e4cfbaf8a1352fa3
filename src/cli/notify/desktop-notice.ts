// Notifications of the desktop or the phone: the program of each system, its words given as arguments, never through a shell.
import type { Env } from '../../media/terminal/colours.js';

export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
}

const has = (env: Env, name: string): boolean => (env[name] ?? '') !== '';

/** macOS: the script is ours, and takes both texts as arguments. */
const script = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
];

/**
 * The program that shows a notification here; null where there is none, and on a machine that is only reached by SSH:
 * nobody looks at its desktop. `title` and `text` are clean.
 */
export function desktopNotice(
  notice: { title: string; text: string },
  platform: NodeJS.Platform,
  env: Env,
): Invocation | null {
  const { title, text } = notice;
  if (platform === 'android' || has(env, 'TERMUX_VERSION')) {
    const args = ['--id', 'pytalk', '--title', title, '--content', text];
    return { program: 'termux-notification', args };
  }
  if (has(env, 'SSH_CONNECTION') || has(env, 'SSH_TTY')) return null;
  if (platform === 'darwin') {
    return { program: 'osascript', args: [...script.flatMap((line) => ['-e', line]), '--', title, text] };
  }
  if (platform === 'linux' && (has(env, 'DISPLAY') || has(env, 'WAYLAND_DISPLAY'))) {
    // The text is markup in the specification of desktop notifications; the title is not.
    const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return {
      program: 'notify-send',
      args: ['--app-name=PyTalk', '--category=im.received', '--', title, plain],
    };
  }
  return null;
}

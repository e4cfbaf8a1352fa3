// Notifications of the desktop or the phone: the program of each system; no shell and no script has the words in its text.
import type { Env } from '../../media/terminal/colours.js';
import { powershell, windowsProgram, type Invocation } from '../platform/start-program.js';

const has = (env: Env, name: string): boolean => (env[name] ?? '') !== '';

/** macOS: the script is ours, and takes both texts as arguments. */
const script = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
];

/**
 * Windows: the script is ours, and takes both texts from its environment. Only a program that is registered may show a
 * toast: it is shown as PowerShell's, whose identity this is on every machine.
 */
const toastScript = [
  "$ErrorActionPreference = 'Stop'",
  '$manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]',
  '$toast = [Windows.UI.Notifications.ToastNotification, Windows.UI.Notifications, ContentType = WindowsRuntime]',
  '$page = $manager::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)',
  "$texts = $page.GetElementsByTagName('text')",
  '[void]$texts.Item(0).AppendChild($page.CreateTextNode($env:PYTALK_NOTICE_TITLE))',
  '[void]$texts.Item(1).AppendChild($page.CreateTextNode($env:PYTALK_NOTICE_TEXT))',
  "$id = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'",
  '$manager::CreateToastNotifier($id).Show($toast::new($page))',
].join('; ');
/** The one that comes with Windows: later ones have no toasts. */

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
  if (platform === 'win32') {
    return {
      program: windowsProgram(env, ...powershell),
      args: ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', toastScript],
      env: { PYTALK_NOTICE_TITLE: title, PYTALK_NOTICE_TEXT: text },
      isHidden: true,
    };
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

// What can make noise or show a notification around a terminal: its bell, its own notifications, the desktop's.
import type { Env } from '../../media/terminal/colours.js';
import { startProgram } from '../platform/start-program.js';
import { desktopNotice } from './desktop-notice.js';
import { encodeNotice, noticeWayOf } from './terminal-notice.js';

export interface Notice {
  readonly title: string;
  readonly text: string;
}

export interface NotificationDevice {
  bell(): void;
  /** False when the terminal has no notifications. */
  terminal(notice: Notice): boolean;
  desktop(notice: Notice): void;
}

export function deviceOf(
  terminal: { write(data: string): unknown; bell(): void },
  env: Env,
  platform: NodeJS.Platform = process.platform,
): NotificationDevice {
  const way = noticeWayOf(env);
  const inTmux = (env['TMUX'] ?? '') !== '';
  let count = 0;
  let isMissing = false;
  return {
    bell: () => terminal.bell(),
    terminal(notice) {
      if (way === null) return false;
      count++;
      terminal.write(encodeNotice(way, { ...notice, id: `pytalk-${count}` }, inTmux));
      return true;
    },
    desktop(notice) {
      const invocation = isMissing ? null : desktopNotice(notice, platform, env);
      if (invocation === null) return;
      startProgram(invocation, () => {
        // Not installed: the bell remains.
        isMissing = true;
      });
    },
  };
}

/** For `--plain` and other places where everything is told as text. */
export const silentDevice: NotificationDevice = {
  bell: () => undefined,
  terminal: () => true,
  desktop: () => undefined,
};

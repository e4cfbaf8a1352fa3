// Notifications: silence by the clock, the sequences of terminals, the programs of desktops, and when somebody is told.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { desktopNotice } from '../../../src/cli/notify/desktop-notice.js';
import type { Notice, NotificationDevice } from '../../../src/cli/notify/device.js';
import { mentions, Notifier } from '../../../src/cli/notify/notifier.js';
import { isQuiet } from '../../../src/cli/notify/quiet-hours.js';
import { encodeNotice, noticeWayOf } from '../../../src/cli/notify/terminal-notice.js';
import { startProgram } from '../../../src/cli/platform/start-program.js';
import { defaultSettings, type Settings } from '../../../src/cli/settings/settings.js';
import { FakeClient, fakeMessage } from '../../support/fake-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fakeTimers, type FakeTimers } from '../../support/fake-timers.js';

t.test('do not disturb holds by the clock, also over midnight', (t) => {
  const at = (hours: number, minutes: number): Date => new Date(2026, 0, 5, hours, minutes);
  t.equal(isQuiet('on', at(12, 0)), true);
  t.equal(isQuiet('off', at(12, 0)), false);
  for (const [hours, minutes, quiet] of [
    [21, 59, false],
    [22, 0, true],
    [3, 0, true],
    [6, 59, true],
    [7, 0, false],
  ] as const)
    t.equal(isQuiet('22:00-07:00', at(hours, minutes)), quiet, `${hours}:${minutes}`);
  t.equal(isQuiet('09:00-17:30', at(17, 29)), true);
  t.equal(isQuiet('09:00-17:30', at(17, 30)), false);
  t.end();
});

t.test('each terminal gets the sequence that it knows, an unknown one none', (t) => {
  t.equal(noticeWayOf({ TERM: 'xterm-kitty' }), 'osc99');
  t.equal(noticeWayOf({ TERM: 'tmux-256color', KITTY_WINDOW_ID: '1' }), 'osc99');
  t.equal(noticeWayOf({ TERM: 'foot' }), 'osc777');
  t.equal(noticeWayOf({ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }), 'osc9');
  t.equal(noticeWayOf({ TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm' }), 'osc777');
  t.equal(noticeWayOf({ TERM: 'xterm-256color' }), null);
  t.equal(noticeWayOf({ TERM: 'dumb', KITTY_WINDOW_ID: '1' }), null);
  const notice = { title: 'bob; x', text: 'hi; there', id: 'n1' };
  t.equal(encodeNotice('osc9', notice, false), '\u001b]9;bob; x: hi; there\u001b\\');
  t.equal(encodeNotice('osc777', notice, false), '\u001b]777;notify;bob, x;hi; there\u001b\\');
  t.equal(
    encodeNotice('osc99', notice, false),
    '\u001b]99;i=n1:d=0:e=1;Ym9iOyB4\u001b\\\u001b]99;i=n1:d=1:e=1:p=body;aGk7IHRoZXJl\u001b\\',
  );
  t.equal(
    encodeNotice('osc9', notice, true),
    '\u001bPtmux;\u001b\u001b]9;bob; x: hi; there\u001b\u001b\\\u001b\\',
  );
  t.end();
});

t.test('texts reach the desktop as arguments, after the end of options', (t) => {
  const notice = { title: '-e evil', text: '<b>$(rm) & "x"' };
  const linux = desktopNotice(notice, 'linux', { DISPLAY: ':0' });
  t.equal(linux?.program, 'notify-send');
  t.same(linux?.args.slice(-3), ['--', '-e evil', '&lt;b&gt;$(rm) &amp; "x"']);
  const mac = desktopNotice(notice, 'darwin', {});
  t.equal(mac?.program, 'osascript');
  t.same(mac?.args.slice(-3), ['--', '-e evil', notice.text]);
  t.notMatch(mac?.args.slice(0, -2).join(' '), /evil|rm/);
  t.equal(desktopNotice(notice, 'linux', { TERMUX_VERSION: '1' })?.program, 'termux-notification');
  t.equal(desktopNotice(notice, 'linux', {}), null, 'no desktop');
  t.equal(desktopNotice(notice, 'linux', { DISPLAY: ':0', SSH_CONNECTION: 'x' }), null, 'nobody sits there');
  t.end();
});

t.test('on Windows texts reach the toast by its environment, never in the script', async (t) => {
  const notice = { title: "'; evil", text: '$(rm) "x" `y` & %PATH%' };
  const windows = desktopNotice(notice, 'win32', { SystemRoot: 'D:\\Win' });
  t.equal(windows?.program, 'D:\\Win\\System32\\WindowsPowerShell\\v1.0\\powershell.exe');
  t.same(windows?.env, { PYTALK_NOTICE_TITLE: notice.title, PYTALK_NOTICE_TEXT: notice.text });
  t.notMatch(windows?.args.join(' '), /evil|rm|"/, 'nothing of it, and nothing that quoting could change');
  t.equal(windows?.isHidden, true);
  t.equal(desktopNotice(notice, 'win32', { SSH_CONNECTION: 'x' }), null);
  // A stub in PowerShell's place writes down what it is given.
  const file = join(await temporaryFolder(t), 'told');
  const stub =
    "require('fs').writeFileSync(process.argv[1], process.env.PYTALK_NOTICE_TITLE + process.env.PYTALK_NOTICE_TEXT)";
  startProgram({ ...windows!, program: process.execPath, args: ['-e', stub, file] }, () =>
    t.fail('not started'),
  );
  const told = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
  while ((await told()) !== notice.title + notice.text)
    await new Promise((resolve) => setTimeout(resolve, 10));
});

t.test('a mention is the whole name after an @', (t) => {
  for (const text of ['@alice', 'hey @Alice!', '(@alice)', 'well, @alice.', '@bob @alice?'])
    t.ok(mentions(text, 'alice'), text);
  for (const text of ['alice', '@alice2', '@alice-b', '@alice.b', 'x@alice', '@@alice', '@al'])
    t.notOk(mentions(text, 'alice'), text);
  t.end();
});

interface Scene {
  notifier: Notifier;
  told: (Notice & { by: string })[];
  bells: () => number;
  clock: FakeTimers;
}

function scene(
  own: Partial<Settings> = {},
  about: { watched?: Set<number>; focused?: boolean; terminal?: boolean } = {},
): Scene {
  const told: Scene['told'] = [];
  let bells = 0;
  const device: NotificationDevice = {
    bell: () => {
      bells++;
    },
    terminal(notice) {
      if (about.terminal === true) told.push({ ...notice, by: 'terminal' });
      return about.terminal === true;
    },
    desktop: (notice) => void told.push({ ...notice, by: 'desktop' }),
  };
  const clock = fakeTimers(new Date(2026, 0, 5, 23, 0).getTime());
  const notifier = new Notifier({
    device,
    settings: () => ({ ...defaultSettings, ...own }),
    say: () => sayIn('en'),
    me: () => 'alice',
    timers: clock,
    isWatched: (conv) => about.watched?.has(conv ?? 0) ?? false,
    isFocused: () => about.focused ?? false,
  });
  return { notifier, told, bells: () => bells, clock };
}

const hi = (more: object = {}) => fakeMessage({ from: 'bob', text: 'hi\u001b[2J\nyou', ...more });

t.test('one message is told with its sender and text, cleaned, by the terminal or else the desktop', (t) => {
  const desktop = scene();
  desktop.notifier.message(hi(), undefined);
  t.same(desktop.told, [{ by: 'desktop', title: 'bob', text: 'hi you' }]);
  t.equal(desktop.bells(), 1);
  const terminal = scene({}, { terminal: true });
  terminal.notifier.message(hi({ conversation: '#team' }), undefined);
  t.same(terminal.told, [{ by: 'terminal', title: 'bob (#team)', text: 'hi you' }]);
  const secret = scene({ notifyPreview: false, notifyBell: false });
  secret.notifier.message(hi(), undefined);
  t.same(secret.told, [{ by: 'desktop', title: 'bob', text: '1 new message' }]);
  t.equal(secret.bells(), 0);
  for (const one of [desktop, terminal, secret]) one.notifier.close();
  t.end();
});

t.test(
  'a burst is told twice: its first message, then the number of the others that are still unseen',
  (t) => {
    const watched = new Set<number>();
    const { notifier, told, bells, clock } = scene({}, { watched });
    for (let count = 0; count < 50; count++)
      notifier.message(hi({ conv: 1 + (count % 2), conversation: count % 2 ? '@eve' : '@bob' }), undefined);
    t.equal(told.length, 1);
    watched.add(2);
    clock.pass(4000);
    t.equal(told.length, 2);
    t.equal(told[1]?.text, '24 new messages: @bob');
    t.equal(bells(), 2);
    clock.pass(60_000);
    t.equal(told.length, 2);
    notifier.close();
    t.end();
  },
);

t.test('muted conversations, quiet hours and groups without a mention are silent', (t) => {
  const muted = { ...new FakeClient().talk('@bob'), muted: true };
  const quiet = scene({ doNotDisturb: '22:00-07:00' });
  quiet.notifier.message(hi(), undefined);
  quiet.notifier.call('bob calls');
  quiet.notifier.ring();
  const mutedScene = scene();
  mutedScene.notifier.message(hi(), muted);
  const groups = scene({ notifyGroups: 'mentions' });
  groups.notifier.message(hi({ conversation: '#team' }), undefined);
  for (const one of [quiet, mutedScene, groups]) {
    t.same(one.told, []);
    t.equal(one.bells(), 0);
  }
  groups.notifier.message(hi({ conversation: '#team', text: 'look, @alice' }), undefined);
  t.equal(groups.told.length, 1);
  groups.notifier.close();
  quiet.notifier.close();
  t.end();
});

t.test('a call is told where nobody looks, and rings as the settings say', (t) => {
  const away = scene();
  away.notifier.call('bob calls');
  away.notifier.ring();
  t.same(away.told, [{ by: 'desktop', title: 'PyTalk', text: 'bob calls' }]);
  t.equal(away.bells(), 1);
  const here = scene({ ringBell: false }, { focused: true });
  here.notifier.call('bob calls');
  here.notifier.ring();
  t.same(here.told, []);
  t.equal(here.bells(), 0);
  t.end();
});

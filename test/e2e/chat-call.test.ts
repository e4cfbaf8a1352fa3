// Two people in the chat call each other: pictures above the messages, which go on; the call over all; and the screen afterwards.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { twoFriends } from '../support/calling.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(240_000);

const skip = missing('tmux', '-V') || missing('script', '--version');
const program = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}'`;

async function chatWith(terminal: TmuxTerminal, name: string, before = ''): Promise<void> {
  await terminal.type(`${before}${program} chat @${name}; echo "code $?"`);
  await terminal.press('Enter');
  await terminal.shows(/● online/);
}

async function terminalOf(
  t: Parameters<typeof testServer>[0],
  home: string,
  camera: string,
): Promise<TmuxTerminal> {
  await writeFile(
    join(home, 'config.json'),
    JSON.stringify({ camera, mic: camera === 'none' ? 'test' : 'none', speaker: 'none' }),
  );
  const terminal = await TmuxTerminal.start(t, 80, 24, {
    PYTALK_HOME: home,
    PYTALK_LANG: 'en',
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
    COLORTERM: '',
    NO_COLOR: '',
  });
  return terminal;
}

async function say(terminal: TmuxTerminal, text: string): Promise<void> {
  await terminal.type(text);
  await terminal.shows(`› ${text}`);
  await terminal.press('Enter');
}

/** Rows of half blocks, or of what names pixels, at the top of the screen: pictures. */
const pictures = /^.*(▀{6,}|(\u{10eeee}\p{M}*){6,}).*\n.*(▀{6,}|(\u{10eeee}\p{M}*){6,})/mu;

/** Resolves when cells of the pictures have changed their colours. */
async function moves(terminal: TmuxTerminal): Promise<void> {
  const top = async (): Promise<string> => (await terminal.colours()).split('\n').slice(1, 8).join('\n');
  const before = await top();
  const giveUpAt = Date.now() + 20_000;
  while ((await top()) === before) {
    if (Date.now() > giveUpAt) throw new Error(`stands still:\n${await terminal.screen()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

t.test('a call by keys, with the messages below the pictures', { skip }, async (t) => {
  const server = await testServer(t);
  const people = await twoFriends(t, server);
  await people.alice.does('send', '@bob', 'before the call');
  const alice = await terminalOf(t, people.alice.home, 'none');
  const bob = await terminalOf(t, people.bob.home, 'test');
  // Around alice's tmux is a terminal that shows pictures in pixels.
  const written = await alice.attach(t, 'kitty(0.42.1)');
  await alice.resize(80, 24);
  await chatWith(alice, 'bob');
  // What says that it is tmux is lost, as after `ssh`.
  const title = await bob.value('pane_title');
  await chatWith(bob, 'alice', 'env -u TMUX TERM=xterm-256color ');
  await bob.shows('before the call');

  await say(alice, '/video');
  await bob.shows(/☎ {2}alice calls, with pictures +F2 answer · F3 sound only · F4 decline/);
  await bob.press('F2');
  // Whose chat has no microphone is muted for the others from the start.
  await alice.shows('bob 🔇');
  // Without a picture there is the first letter.
  await bob.shows(/^ {2,}A {2,}/m);
  await say(alice, '/camera test');
  await alice.shows('your camera is test from now on');
  await bob.shows(/^(?![^]*\n {2,}A {2,})/);
  for (const terminal of [alice, bob]) {
    const screen = await terminal.shows(pictures);
    t.match(screen, 'before the call', 'the messages are below');
    t.match(screen, '› Message, or / for commands');
  }
  await moves(bob);
  // Each of the two tiles is one image, which is sent anew for each picture.
  const sent = (): string[] =>
    [...written().matchAll(/\u001b_Ga=T,U=1,q=2,[^;]*,i=(\d+),/g)].map(([, id = '']) => id);
  while (sent().length < 12) await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(new Set(sent()).size, 2);

  await say(alice, 'do you see me?');
  await bob.shows('do you see me?');
  await say(bob, 'yes I do');
  t.match(await alice.shows('yes I do'), pictures);
  await alice.press('F3');
  await bob.shows('alice 🔇');

  if (process.platform === 'linux') {
    await alice.press('F8');
    await alice.shows('there is no screen here');
  }
  await bob.press('F2');
  await bob.shows(/@alice {2}0:\d\d.*\? keys/);
  t.notMatch(await bob.screen(), 'do you see me?', 'the call is over all');
  await bob.press('F2');
  // Above the messages again: chat and call write their rows one after the other.
  await bob.shows('yes I do');
  await bob.shows(pictures);

  await bob.resize(40, 20);
  const small = await bob.shows(/^ ☎ {2}@alice {2}0:\d\d.*F2 size · F4 end/m);
  t.notMatch(small, '▀', 'too small for both');
  t.match(small, 'yes I do');
  await bob.resize(80, 24);
  await bob.shows(pictures);
  await say(alice, 'bye then');
  await bob.shows('bye then');

  await bob.press('F4');
  for (const terminal of [alice, bob]) {
    await terminal.shows(/the call is over/);
    const screen = await terminal.shows(/^ ● online/m);
    t.notMatch(screen, '▀', 'no rest of a picture');
    t.equal(screen.trimEnd().split('\n').length, 24);
    t.match(screen, 'before the call');
    t.match(screen, 'bye then');
  }

  await alice.press('F2');
  await bob.shows('alice calls, with pictures');
  await bob.press('F4');
  await alice.shows('declined');
  await bob.press('C-q');
  await bob.shows('code 0');
  t.equal(await bob.value('pane_title'), title);
  await alice.press('C-q');
  await alice.shows('code 0');
  t.equal(await alice.value('cursor_flag'), '1');
});

// Two people chat in real terminals, as new users would: register, become friends, talk, send a picture, resize, quit.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(300_000);

const skip = missing('tmux', '-V') || missing('script', '--version');
const chatCommand = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}' chat`;

/** Registers in the form that the first start shows. */
async function register(terminal: TmuxTerminal, port: number, name: string, phone: string): Promise<void> {
  await terminal.shows('Log in to your PyTalk server.');
  await terminal.press('C-r');
  await terminal.shows('Make an account');
  await terminal.press('Up', 'C-u');
  await terminal.type(`127.0.0.1:${port}`);
  for (const value of [name, 'correct horse', 'correct horse', phone, '', '', '', '']) {
    await terminal.press('Enter');
    await terminal.type(value);
  }
  await terminal.press('Enter');
  await terminal.shows('First steps');
  await terminal.press('Escape');
  await terminal.shows(`Welcome, ${name}!`);
}

/** What `stty -a` wrote, without the size in its first line. */
async function settings(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split('\n').slice(1).join('\n');
}

async function say(terminal: TmuxTerminal, text: string): Promise<void> {
  await terminal.type(text);
  await terminal.shows(`› ${text.slice(0, 30)}`);
  await terminal.press('Enter');
}

t.test('two people talk in terminals of 80x24 and 200x50', { skip, timeout: 180_000 }, async (t) => {
  const server = await testServer(t);
  const address = `127.0.0.1:${server.tcp.port}`;
  const folder = await temporaryFolder(t);
  const picture = join(folder, 'sun.png');
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#ffaa00' } })
    .png()
    .toFile(picture);
  const env = (name: string): Record<string, string> => ({
    PYTALK_HOME: join(folder, name),
    PYTALK_LANG: 'en',
    COLORTERM: '',
    // The test runner sets it.
    NO_COLOR: '',
  });
  const alice = await TmuxTerminal.start(t, 80, 24, env('alice'));
  const bob = await TmuxTerminal.start(t, 200, 50, env('bob'));
  const written = await bob.attach(t, 'kitty(0.42.1)');
  await bob.resize(200, 50);
  const before = join(folder, 'stty-before');
  const after = join(folder, 'stty-after');
  await alice.type(
    `stty -a > '${before}'; ${chatCommand} --server ${address}; echo "code $?"; stty -a > '${after}'`,
  );
  await alice.press('Enter');
  await register(alice, server.tcp.port, 'alice', '0600000001');
  await bob.type(`${chatCommand} --server ${address}; echo "bob" "left"`);
  await bob.press('Enter');
  await register(bob, server.tcp.port, 'bob', '0600000002');

  await say(alice, '/friend add 0600000002');
  await alice.shows('@bob  online');
  await say(alice, 'hello bob, 漢字 and 👍');
  await bob.shows('hello bob, 漢字 and 👍');
  await bob.press('Enter');
  await bob.shows('not in your contacts: /friend add');
  await alice.shows('✔✔');
  await say(bob, 'hello yourself');
  await alice.shows('hello yourself');

  await say(alice, `/file '${picture}' the sun`);
  await alice.shows(/(▀{10,}[^]*){5}/);
  // In pixels, through tmux: the picture goes to the terminal around it, the text says where it is.
  const seen = await bob.shows(/((\u{10eeee}\p{M}*){10,}[^]*){5}/u);
  t.match(seen, 'sun.png');
  t.match(seen, 'the sun');
  const [, id = 0] = /\u001b_Ga=t,q=2,f=24,o=z,s=240,v=160,i=(\d+),/.exec(written()) ?? [];
  t.match(written(), `\u001b_Ga=p,U=1,q=2,i=${id},p=1,c=60,r=20\u001b\\`);
  t.match(await bob.colours(), `\u001b[38;5;${Number(id) % 256}m\u{10eeee}`);

  for (const [columns, height, pane] of [
    [40, 12, 40],
    [120, 30, 91],
    [80, 24, 57],
  ] as const) {
    await alice.resize(columns, height);
    await alice.shows(new RegExp(`(^|│)─{${pane}}$`, 'm'));
    const screen = (await alice.shows(/the sun/)).split('\n');
    t.ok(screen.filter((row) => row.includes('› Message')).length === 1, 'one composer: no leftovers');
    t.notMatch(screen.join(''), /\u001b|\[\d+m|\[K/, 'no bits of control sequences');
  }

  await say(alice, '/quit');
  await alice.shows('code 0');
  t.equal(await alice.value('alternate_on'), '0');
  t.equal(await alice.value('cursor_flag'), '1');
  await alice.type('echo "an" "echo"');
  await alice.press('Enter');
  await alice.shows(/^an echo$/m);
  t.equal(await settings(after), await settings(before), 'the terminal is as before');
  await bob.press('C-c');
  await bob.shows('Press Ctrl+C again to quit.');
  await bob.press('C-c');
  await bob.shows(/^bob left$/m);
  t.equal(await bob.value('alternate_on'), '0');
});

t.test('a crash and a signal leave the terminal as it was', { skip, timeout: 120_000 }, async (t) => {
  const folder = await temporaryFolder(t);
  const script = join(folder, 'crash.mjs');
  const terminalModule = projectFile('dist', 'src', 'cli', 'chat', 'terminal.js');
  await writeFile(
    script,
    `import { processTerminal } from ${JSON.stringify(terminalModule)};
     const terminal = processTerminal(process.stdin, process.stdout);
     terminal.enter();
     setTimeout(() => { throw new Error('the reason'); }, 100);`,
  );
  const terminal = await TmuxTerminal.start(t, 80, 24, {
    PYTALK_HOME: join(folder, 'home'),
    PYTALK_LANG: 'en',
  });
  const state = (name: string): string => `stty -a > '${join(folder, name)}'`;
  await terminal.type(`${state('1')}; '${process.execPath}' '${script}'; ${state('2')}; echo "crash" "over"`);
  await terminal.press('Enter');
  const screen = await terminal.shows('crash over');
  t.match(screen, 'the reason', 'the error is readable on the normal screen');
  t.equal(await terminal.value('alternate_on'), '0');

  const launcher = join(folder, 'launch.sh');
  await writeFile(launcher, `echo $$ > '${join(folder, 'pid')}'\nexec ${chatCommand} --server 127.0.0.1:1\n`);
  await terminal.type(`clear; sh '${launcher}'; ${state('3')}; echo "signal" "over"`);
  await terminal.press('Enter');
  await terminal.shows('nothing answers at 127.0.0.1:1');
  process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGTERM');
  await terminal.shows('signal over');
  t.equal(await terminal.value('alternate_on'), '0');
  const states = await Promise.all(['1', '2', '3'].map((name) => settings(join(folder, name))));
  t.equal(states[1], states[0]);
  t.equal(states[2], states[0]);
});

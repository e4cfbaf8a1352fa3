// The picture in the clipboard: from the terminal that has it, else from the desktop; only when the person asks.
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { clipboardReaders, readClipboard } from '../../../src/cli/platform/clipboard.js';
import { startChat, type RunningChat } from '../../support/chat-app.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const create = { width: 90, height: 60, channels: 3, background: '#3366cc' } as const;
const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
/** Of several pieces. */
const png = await sharp({ create: { ...create, noise } })
  .png()
  .toBuffer();
const kitty = '\u001bP>|kitty(0.42.1)\u001b\\\u001b[?62;52c\u001b[?62;52c';
const paste = '\u0016';

async function chatIn(t: Test, env: Record<string, string>): Promise<RunningChat> {
  const client = withBob(new FakeClient(), '#team');
  const chat = await startChat(t, {
    client,
    columns: 160,
    env: { TERM: 'xterm-256color', ...env },
    with: '@bob',
  });
  await chat.shows('hello alice');
  return chat;
}

/** The id of the question that the terminal was asked last. */
function idOf({ terminal }: RunningChat): string {
  const ids = terminal.notices.map((one) => /^5522;type=read:id=(\w+);aW1hZ2UvcG5n$/.exec(one)?.[1]);
  return ids.findLast((id) => id !== undefined) ?? '';
}

/** What kitty answers: pieces of 4096 bytes. */
function answer(id: string, bytes: Buffer): string {
  const osc = (text: string): string => `\u001b]5522;type=read:status=${text}\u001b\\`;
  const pieces = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, at) =>
    osc(`DATA:id=${id}:mime=aW1hZ2UvcG5n;${bytes.subarray(at * 4096, (at + 1) * 4096).toString('base64')}`),
  );
  return [osc(`OK:id=${id}`), ...pieces, osc(`DONE:id=${id}`)].join('');
}

t.test('kitty gives the picture when asked; Enter sends it, Escape drops it', async (t) => {
  const chat = await chatIn(t, {});
  chat.terminal.type(kitty);
  await chat.type('look');
  await chat.type(paste, 'Asking the terminal');
  const bytes = answer(idOf(chat), png);
  // In pieces, as they come.
  for (let at = 0; at < bytes.length; at += 1000) chat.terminal.push(bytes.slice(at, at + 1000));
  await chat.shows(/› \/file \S*picture-\S+\.png look/);
  await chat.type('\u001b', /› look *$/m);
  await chat.type('\u001b[200~\u001b[201~');
  chat.terminal.type(answer(idOf(chat), png));
  await chat.shows(/› \/file \S*picture-\S+-2\.png look/);
  const [, path = ''] = /\/file (\S+)/.exec(chat.terminal.text) ?? [];
  t.same(await readFile(path), png);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  await chat.type('\r');
  await chat.shows('› Message');
  t.ok(chat.client.calls.some((call) => call.startsWith('send @bob look')));
  await chat.quit();
  await t.rejects(stat(path), { code: 'ENOENT' }, 'nothing stays');
});

t.test('a picture that comes late is offered in no other conversation, and replaces no text', async (t) => {
  const chat = await chatIn(t, {});
  chat.terminal.type(kitty);
  await chat.type('l', '› l');
  await chat.type('\u0015/paste just for you\r', 'Asking the terminal');
  await chat.type('/msg #team\r', /#team {2}\d/);
  await chat.type('Dear all', '› Dear all');
  chat.terminal.type(answer(idOf(chat), png));
  await chat.shows('paste it again');
  t.match(chat.terminal.text, /› Dear all *$/m);
  await chat.type(paste, 'Asking the terminal');
  await chat.type('!', '› Dear all!');
  chat.terminal.type(answer(idOf(chat), png));
  await chat.shows('paste it again');
  t.match(chat.terminal.text, /› Dear all! *$/m);
  await chat.quit();
});

t.test(
  'without a folder for what is temporary /paste says so, works once there is one, and the chat ends',
  async (t) => {
    const folder = await temporaryFolder(t);
    const before = process.env['TMPDIR'];
    t.teardown(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    process.env['TMPDIR'] = join(folder, 'gone');
    const chat = await chatIn(t, {});
    chat.terminal.type(kitty);
    await chat.type('l', '› l');
    const pasted = async (): Promise<void> => {
      await chat.type(paste, 'Asking the terminal');
      chat.terminal.type(answer(idOf(chat), png));
    };
    await pasted();
    await chat.shows('✗');
    await mkdir(join(folder, 'gone'));
    await pasted();
    await chat.shows(/› \/file \S*picture-/);
    t.equal(await chat.quit(), 0);
  },
);

t.test('what was not asked for, was refused, or is no picture puts nothing into the composer', async (t) => {
  const chat = await chatIn(t, {});
  chat.terminal.type(kitty);
  chat.terminal.type(`${answer('abc', png)}${answer('', png)}x`);
  await chat.shows('› x');
  await chat.type(paste, 'Asking the terminal');
  chat.terminal.type(answer('abc', png));
  chat.terminal.type(`\u001b]5522;type=read:status=EPERM:id=${idOf(chat)}\u001b\\`);
  await chat.shows('clipboard_control');
  await chat.type(paste, 'Asking the terminal');
  chat.terminal.type(answer(idOf(chat), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')));
  await chat.shows(/✗ .*(picture|image)/);
  await chat.type(paste, 'Asking the terminal');
  chat.terminal.type(answer(idOf(chat), Buffer.alloc(0)));
  await chat.shows('there is no picture in the clipboard');
  t.match(chat.terminal.text, /› x *$/m);
  await chat.quit();
});

t.test('other terminals: the desktop is asked, by the program that it has', async (t) => {
  const folder = await temporaryFolder(t);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(folder, 'p.png'), png);
  // Whatever this machine has, nothing but this.
  const chat = await chatIn(t, { PATH: bin, WAYLAND_DISPLAY: 'wayland-0' });
  await chat.type('/paste the way\r', 'install wl-clipboard');
  const program = join(bin, 'wl-paste');
  await writeFile(
    program,
    `#!/bin/sh\n[ "$*" = "--no-newline --type image/png" ] && /bin/cat '${join(folder, 'p.png')}'\n`,
  );
  await chmod(program, 0o755);
  await chat.type('/paste the way\r', /› \/file \S*picture-\S+-1\.png the way/);
  t.equal(idOf(chat), '', 'the terminal was not asked');
  await chat.type('\u001b');
  await writeFile(program, '#!/bin/sh\necho "No selection" >&2; exit 1\n');
  await chat.type('/paste\r', 'there is no picture in the clipboard');
  await chat.quit();
});

t.test('each system has its programs; none is tried where there is no desktop', async (t) => {
  const programs = (platform: NodeJS.Platform, env: Record<string, string>): string[] | undefined =>
    clipboardReaders(platform, env)?.readers.map(({ program }) => program);
  t.same(programs('linux', { DISPLAY: ':0', WAYLAND_DISPLAY: 'w' }), ['wl-paste', 'xclip']);
  t.same(programs('linux', { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' }), ['powershell.exe', 'xclip']);
  t.same(programs('win32', { SystemRoot: 'D:\\Windows' }), [
    'D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
  ]);
  t.same(programs('darwin', {}), ['pngpaste', 'osascript']);
  t.equal(programs('linux', {}), undefined);
  t.equal(programs('android', {}), undefined);
  const [, script] = clipboardReaders('darwin', {})?.readers ?? [];
  const printed = Buffer.from(`«data PNGf${png.toString('hex').toUpperCase()}»\n`);
  t.same(script?.decode?.(printed), png);
  const missing = { program: 'no-such-program', args: [] };
  t.same(await readClipboard([missing], {}), { why: 'missing' });
  const denied = { program: '/etc/passwd', args: [] };
  t.same(await readClipboard([missing, denied], {}), { why: 'failed', program: '/etc/passwd' });
  const slow = { program: 'sleep', args: ['60'] };
  const none = { program: 'false', args: [] };
  t.same(await readClipboard([none, slow], process.env, 100), { why: 'slow', program: 'sleep' });
  const endless = { program: 'yes', args: [] };
  t.same(await readClipboard([endless, none], process.env), { why: 'large', program: 'yes' });
});

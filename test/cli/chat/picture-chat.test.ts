// Pictures in the running chat: in pixels once the terminal has said that it can, and never again at a key.
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { placeholder } from '../../../src/media/terminal/placeholders.js';
import { startChat, type RunningChat } from '../../support/chat-app.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { insideTmux, PictureTerminal } from '../../support/picture-terminal.js';
import { memorySettings } from '../../support/settings.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The answers to both steps of the questions. */
const kitty =
  '\u001b[6;20;10t\u001bP>|kitty(0.42.1)\u001b\\\u001b[?62;52;c\u001b_Gi=31;OK\u001b\\\u001b[?62;52;c';
const xterm = '\u001b[6;6;6t\u001bP>|XTerm(390)\u001b\\\u001b[?64;4;22c\u001b[?64;4;22c';

/** What is meant for the terminal around tmux gets there. */
class ThroughTmux extends PictureTerminal {
  override write(data: string): boolean {
    return super.write(insideTmux(data));
  }
}

async function picture(width: number, height: number): Promise<string> {
  const create = { width, height, channels: 3, background: '#ffaa00' } as const;
  return (await sharp({ create }).webp().toBuffer()).toString('base64');
}

async function chatWith(
  t: Test,
  own: Parameters<typeof memorySettings>[0] = {},
  [columns, rows]: readonly [number, number] = [200, 50],
  more: Record<string, string> = {},
): Promise<{ chat: RunningChat; terminal: PictureTerminal; client: FakeClient }> {
  const client = withBob(new FakeClient(), '#team');
  const terminal = new ThroughTmux(columns, rows);
  const settings = memorySettings(own);
  const env = { TERM: 'xterm-256color', COLORTERM: 'truecolor', ...more };
  const chat = await startChat(t, { client, terminal, settings, env, view: 'auto', with: '@bob' });
  await chat.shows('hello alice');
  const file = { name: 'sun.webp', size: 999, type: 'image/webp', sha256: 'a'.repeat(64) };
  const thumb = await picture(200, 100);
  client.receive('@bob', { from: 'bob', kind: 'image', text: 'the sun', file: { ...file, thumb } });
  await chat.shows('sun.webp');
  return { chat, terminal, client };
}

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test(
  'half blocks become pixels when the answer of kitty comes; keys and scrolling send nothing again',
  async (t) => {
    const { chat, terminal } = await chatWith(t);
    await chat.shows(/▀{20}/);
    t.ok(terminal.strings.includes('[16t'), 'asked');
    t.notOk(
      terminal.strings.some((one) => one.startsWith('_G')),
      'not before it has told its name',
    );
    chat.terminal.type(kitty);
    await chat.shows(new RegExp(`${placeholder}{20}`, 'u'));
    await chat.hides('▀');
    t.same([...terminal.virtual.values()], ['60x15']);
    const [id = ''] = terminal.images.keys();
    t.same([terminal.images.get(id)?.width, terminal.images.get(id)?.height], [200, 100]);
    const sent = terminal.strings.length;
    for (const char of 'hello, how are you?') {
      const before = terminal.writes.length;
      await chat.type(char);
      const bytes = Buffer.byteLength(terminal.writes.slice(before).join(''));
      t.ok(bytes > 0 && bytes <= 2048, `${bytes} bytes`);
    }
    await chat.type('\u001b[5~');
    await chat.type('\u001b[6~');
    t.equal(terminal.strings.length, sent, 'nothing of the picture again');
    await chat.type('\u0015/set pictures none\r');
    await until(() => terminal.images.size === 0);
    await chat.hides(placeholder);
    t.notMatch(terminal.text, '▀');
    t.match(terminal.text, 'sun.webp');
    await chat.type('/set pictures auto\r');
    await until(() => terminal.virtual.size === 1);
    await chat.quit();
    t.equal(terminal.images.size, 0, 'the terminal is left without them');
  },
);

t.test('sixels: a key and news beside them leave them alone, a page over them takes them off', async (t) => {
  const { chat, terminal, client } = await chatWith(t);
  chat.terminal.type(xterm);
  await until(() => terminal.pictureCells.size === 60 * 15);
  const drawn = (): number => terminal.strings.filter((one) => one.startsWith('P0;1;0q')).length;
  const before = drawn();
  const wrote = terminal.writes.length;
  await chat.type('h', '› h');
  t.ok(Buffer.byteLength(terminal.writes.slice(wrote).join('')) <= 2048);
  client.receive('#team', { from: 'carol', text: 'beside the picture' });
  await chat.shows('carol: beside');
  t.equal(drawn(), before);
  t.equal(terminal.pictureCells.size, 60 * 15);
  await chat.type('\u0015/help\r', 'this page');
  t.equal(terminal.pictureCells.size, 0);
  await chat.type('q', 'sun.webp');
  t.equal(terminal.pictureCells.size, 60 * 15);
  await chat.quit();
});

t.test('in tmux, what was drawn behind another window is sent again when the person is back', async (t) => {
  const bin = await temporaryFolder(t);
  await writeFile(join(bin, 'tmux'), '#!/bin/sh\necho "kitty(0.42.1) xterm-kitty"; echo 1\n', {
    mode: 0o755,
  });
  const env = { TMUX: '/tmp/x,1,0', PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
  const { chat, terminal, client } = await chatWith(t, {}, [90, 24], env);
  t.notOk(
    terminal.strings.some((one) => one.startsWith('_G')),
    'tmux would drop that question',
  );
  chat.terminal.type(xterm.replaceAll(';4;', ';'));
  await until(() => terminal.virtual.size === 1);
  const sent = (): number => terminal.strings.filter((one) => one.startsWith('_Ga=t')).length;
  t.equal(sent(), 1);
  chat.terminal.type('\u001b[O');
  client.receive('@bob', { from: 'bob', text: 'are you there?' });
  await chat.shows('are you there?');
  t.equal(sent(), 1);
  chat.terminal.type('\u001b[I');
  await until(() => sent() === 2);
  await chat.type('x', '› x');
  t.equal(sent(), 2);
  await chat.quit();
  t.equal(terminal.images.size, 0);
});

t.test('/open shows it large in place of all others, and leaving that brings them back', async (t) => {
  const { chat, terminal, client } = await chatWith(t, {}, [90, 24]);
  const path = join(await temporaryFolder(t), 'sun.png');
  await sharp({ create: { width: 1000, height: 500, channels: 3, background: '#00ff00' } })
    .png()
    .toFile(path);
  client.fetchFile = async () => ({ path, size: 1 });
  chat.terminal.type(xterm);
  await until(() => terminal.pictureCells.size > 0);
  const small = terminal.pictureCells.size;
  await chat.type('/open\r', 'Esc closes');
  const cells = [...terminal.pictureCells];
  t.ok(cells.length > small, `${cells.length} cells instead of ${small}`);
  t.ok(cells.every(([, [red, green, blue]]) => red === 0 && green === 255 && blue === 0));
  await chat.type('q', 'hello alice');
  t.equal(terminal.pictureCells.size, small);
  await chat.quit();
});

t.test('what /open gives to another program is gone with the chat', async (t) => {
  const client = withBob(new FakeClient());
  let given = '';
  client.fetchFile = async (_id, options) => {
    given = options?.out ?? '';
    await writeFile(given, 'x');
    return { path: given, size: 1 };
  };
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  const file = { name: 'notes.bin', size: 1, type: 'application/octet-stream', sha256: 'a'.repeat(64) };
  client.receive('@bob', { from: 'bob', kind: 'file', text: '', file });
  await chat.shows('notes.bin');
  await chat.type('/open\r', 'until the chat ends');
  t.equal(await readFile(given, 'utf8'), 'x');
  await chat.quit();
  await t.rejects(readFile(given), { code: 'ENOENT' });
});

t.test('an answer that comes unasked changes nothing; what the person has set wins', async (t) => {
  const { chat, terminal } = await chatWith(t, { pictures: 'blocks' });
  await chat.shows(/▀{20}/);
  chat.terminal.type(kitty);
  chat.terminal.type(`${xterm}x`);
  await chat.shows('› x');
  t.match(terminal.text, /▀{20}/);
  t.equal(terminal.images.size + terminal.pictureCells.size, 0);
  await chat.quit();
});

t.test(
  'a tmux that the environment does not tell of never gets what it would take for a title',
  async (t) => {
    const { chat, terminal } = await chatWith(t, { pictures: 'auto' }, [90, 24]);
    chat.terminal.type('\u001b[6;6;6t\u001bP>|tmux 3.4\u001b\\\u001b[?1;2;4c');
    await until(() => terminal.pictureCells.size > 0);
    t.notOk(terminal.writes.some((one) => one.includes('\u001b_')));
    await chat.quit();
    t.notOk(terminal.writes.some((one) => one.includes('\u001b_')));
  },
);

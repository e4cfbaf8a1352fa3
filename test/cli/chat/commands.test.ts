// Slash commands about files and safety numbers, in a chat that runs on a terminal in memory.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { slashCommands } from '../../../src/cli/chat/slash-commands.js';
import { isHarmless, openerOf } from '../../../src/cli/chat/system-opener.js';
import { startChat } from '../../support/chat-app.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('/verify shows the number, and marks that it was compared', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient()), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/verify\r', '00000 00000 00000 00000');
  await chat.shows('/verify bob yes');
  await chat.type('q/verify yes\r', 'You have verified bob');
  t.ok(chat.client.verified.has('bob'));
  await chat.type('/verify bob\r', '00000 00000');
  await chat.shows('You have verified bob');
  await chat.type('q/verify bob no\r', 'bob is no longer marked');
  t.notOk(chat.client.verified.has('bob'));
  await chat.quit();
});

t.test('/export writes a new private file, and never over another', async (t) => {
  const folder = await temporaryFolder(t);
  const client = withBob(new FakeClient());
  client.add('@bob', { from: 'alice', mine: true, text: 'two\nlines\u001b[2J' });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  const path = join(folder, 'bob.txt');
  await chat.type(`/export ${path}\r`, '2 messages of @bob are in');
  const text = await readFile(path, 'utf8');
  t.match(text, /^\S+Z {2}bob: hello alice\n\S+Z {2}alice: two\n {4}lines/);
  t.notMatch(text, '\u001b');
  t.equal((await stat(path)).mode & 0o777, 0o600);
  await chat.type(`/export ${path}\r`, '✗');
  t.equal(await readFile(path, 'utf8'), text);
  await chat.type(`\u0015/export ${path}.jsonl\r`, '.jsonl');
  await chat.shows('2 messages of @bob are in');
  const lines = (await readFile(`${path}.jsonl`, 'utf8')).trim().split('\n');
  t.same(
    lines.map((line) => (JSON.parse(line) as { from: string }).from),
    ['bob', 'alice'],
  );
  await chat.quit();
});

t.test('only kinds of files that are no programs are opened, by the program of the system', (t) => {
  for (const name of ['a.pdf', 'b.JPG', 'c.tar.gz', 'é.txt']) t.ok(isHarmless(name), name);
  for (const name of [
    'a.sh',
    'b.desktop',
    'c.exe',
    'd.pdf.bat',
    'e.html',
    'f',
    'g.app',
    'h.command',
    'pdf',
    'x.pdf ',
  ])
    t.notOk(isHarmless(name), name);
  t.equal(openerOf('linux', { DISPLAY: ':0' }), 'xdg-open');
  t.equal(openerOf('linux', { DISPLAY: '' }), null);
  t.equal(openerOf('android', { TERMUX_VERSION: '0.118' }), 'termux-open');
  t.equal(openerOf('darwin', {}), 'open');
  t.equal(openerOf('win32', {}), 'C:\\Windows\\explorer.exe', 'not one that lies in the current folder');
  t.end();
});

t.test(
  'a mistyped command names the nearest, and every command has its texts in both languages',
  async (t) => {
    const chat = await startChat(t, { client: withBob(new FakeClient()), with: '@bob' });
    await chat.shows('hello alice');
    await chat.type('/exprot x\r', 'did you mean /export?');
    await chat.quit();
    for (const lang of ['en', 'fr'] as const) {
      const say = sayIn(lang);
      for (const { name } of slashCommands) {
        t.match(say(`chat.usage.${name}`), `/${name}`);
        t.not(say(`chat.help.${name}`), '');
      }
    }
  },
);

t.test('Enter goes to what the search has found, however old, and the chat goes on from there', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  for (let number = 1; number <= 200; number++)
    client.add('#team', { from: 'carol', text: `number ${number}.` });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/search number 1\r', '111 messages');
  await chat.type('\u001b[B\u001b[B', /▸.*number 11\./);
  await chat.type('\r', /#team {2}3 members/);
  t.match(chat.terminal.text, 'number 14.', 'with what was said after it');
  t.match(chat.terminal.text, /│▌.*number 11\./);
  t.notMatch(chat.terminal.text, /│.*number 200\./);
  await chat.type('/reply here\r', /│.*number 200\./);
  const [eleventh] = await client.search('number 11.');
  t.ok(client.calls.includes(`send #team here ${eleventh?.id ?? ''} `), 'the reply is to the selected one');
  await chat.type('/search number 200\r', '1 message');
  await chat.type('\r', /│▌.*number 200\./);
  await chat.type('/search hello\r', '1 message');
  await chat.type('\u001b[A\u001b[A\r', /│▌.*hello alice/);
  await chat.quit();
});

t.test(
  'what changes or takes away a message means the selected one, which a failure leaves selected',
  async (t) => {
    const client = withBob(new FakeClient());
    for (const text of ['first own', 'second own', 'third own']) client.add('@bob', { from: 'alice', text });
    const chat = await startChat(t, { client, with: '@bob' });
    await chat.shows('third own');
    await chat.type('\u001bk\u001bk', 'Selected alice: second own');
    await chat.type('/save /nowhere/at/all\r', '✗');
    await chat.shows('Selected alice: second own');
    await chat.type('\u0015/edit changed\r', /first own[^]*changed {2}edited[^]*third own/);
    await chat.hides('Selected');
    await chat.type('\u001bk\u001bk\u001bk', 'Selected alice: first own');
    await chat.type('/delete\r', /message deleted[^]*changed[^]*third own/);
    await chat.quit();
  },
);

t.test('a command that takes its time leaves what is selected while it runs to the next one', async (t) => {
  const client = withBob(new FakeClient());
  for (const text of ['first own', 'second own', 'third own']) client.add('@bob', { from: 'alice', text });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('third own');
  let answer: (outcome: Promise<[]>) => void = () => undefined;
  client.friends = () => new Promise((resolve) => (answer = resolve));
  const selectSecond = (): Promise<void> => chat.type('\u001bk\u001bk', 'Selected alice: second own');
  await selectSecond();
  await chat.type('/friends\r');
  await chat.hides('Selected');
  await selectSecond();
  await chat.type('/delete', '› /delete');
  answer(Promise.resolve([]));
  await chat.shows('Esc closes');
  await chat.type('q');
  await chat.hides('Esc closes');
  t.match(chat.terminal.text, 'Selected alice: second own');
  await chat.type('\r', /first own[^]*message deleted[^]*third own/);
  await chat.type('\u001bk', 'Selected alice: third own');
  await chat.type('/friends\r');
  await chat.hides('Selected');
  await chat.type('/del', '› /del');
  answer(Promise.reject(new Error('slow line')));
  await chat.shows('✗');
  t.notMatch(chat.terminal.text, 'Selected', 'whoever has gone on writing means something else');
  await chat.quit();
});

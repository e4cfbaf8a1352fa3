import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Interrupts } from '../../../src/cli/chat/interrupts.js';
import type { ChatContext } from '../../../src/cli/chat/context.js';
import { FakeClient, fakeMessage, withBob } from '../../support/fake-client.js';
import { startChat } from '../../support/chat-app.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('Enter keeps what was typed into the search of the list when nothing is found', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient()), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('\tzeta', '/ zeta');
  await chat.type('\r\u007f', '/ zet ');
  await chat.type('\u0015bo\r', '› ');
  await chat.hides('/ bo');
});

t.test('a command that is wrong in what it says stays to be mended', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient()), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/set mouse banana\r', '✗ ');
  await chat.shows('› /set mouse banana');
  await chat.type('\u0017on\r', 'mouse');
  await chat.hides('› /set');
});

t.test('a file is saved only into a folder that is there', async (t) => {
  const client = withBob(new FakeClient());
  const file = { name: 'a.jpg', size: 1, type: 'image/jpeg', sha256: '0'.repeat(64) };
  client.add('@bob', { from: 'bob', kind: 'file', text: null, file });
  const folder = await temporaryFolder(t);
  const chat = await startChat(t, { client, with: '@bob', columns: 160 });
  await chat.shows('a.jpg');
  for (const path of ['none/x.jpg', 'none/'])
    await chat.type(
      `\u0015/save ${join(folder, path)}\r`,
      `✗ cannot write ${join(folder, path)}: there is no such folder`,
    );
  t.notOk(chat.client.calls.some((call) => call.startsWith('fetchFile')));
  await mkdir(join(folder, 'none'));
  await chat.type(`\u0015/save ${join(folder, 'none')}\r`, 'Saved as');
  t.ok(chat.client.calls.includes(`fetchFile ${join(folder, 'none', 'a.jpg')}`));
});

t.test('a picture that can only be sent as a file is told as that', async (t) => {
  const client = withBob(new FakeClient());
  client.send = async () => fakeMessage({ from: 'alice', mine: true, kind: 'file' });
  const chat = await startChat(t, { client, with: '@bob', columns: 120 });
  await chat.shows('hello alice');
  await chat.type(
    '/file /tmp/broken.jpg\r',
    'broken.jpg cannot be shown as a picture: it was sent as a file.',
  );
  await chat.type('/file /tmp/notes.txt\r');
  await chat.hides('cannot be shown');
});

t.test('an unread message that is deleted elsewhere is not unread any more', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  const { id } = client.receive('#team', { from: 'carol', text: 'regretted' });
  await chat.shows('1 unread');
  for (const view of client.views) view.unread = 0;
  await client.delete(id);
  await chat.hides('1 unread');
});

t.test('the form to register says how long a password is before it is typed', async (t) => {
  const chat = await startChat(t, { client: new FakeClient(null) });
  await chat.shows('Log in');
  t.notMatch(chat.terminal.text, 'at least 8 characters');
  await chat.type('\u0012', /Password +at least 8 characters/);
});

t.test('the key to quit asks once more while a call goes on, and only then', (t) => {
  const told: string[] = [];
  let atMs = 10_000;
  const during = (call: object | null): void => {
    const quit = (): void => void told.push('quit');
    const context = { state: { call }, now: () => atMs, quit, info: (key: string) => told.push(key) };
    interrupts.leave(context as unknown as ChatContext);
  };
  const interrupts = new Interrupts();
  during(null);
  during({ phase: 'incoming' });
  t.same(told.splice(0), ['quit', 'quit']);
  during({ phase: 'connected' });
  atMs += 3000;
  during({ phase: 'calling' });
  t.same(told.splice(0), ['chat.quit-again', 'chat.quit-again']);
  during({ phase: 'calling' });
  t.same(told, ['quit']);
  t.end();
});

// Writing with all its keys, in a chat that runs on a terminal in memory.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { picturePath } from '../../../src/cli/chat/pasted-picture.js';
import { startChat } from '../../support/chat-app.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { memorySettings } from '../../support/settings.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('what was written is undone a word at a time, and what was deleted is put back', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  for (const char of 'one two') await chat.type(char);
  await chat.shows('› one two');
  await chat.type('\u0017', /› one *$/m);
  await chat.type('\u0019', '› one two');
  await chat.type('\u001f\u001f', '› one two');
  await chat.type('\u001f', /› one *$/m);
  await chat.type('\u001br', '› one two');
  await chat.quit();
});

t.test("vim's keys: the mode is shown, letters command, and a draft waits for a command", async (t) => {
  const settings = memorySettings({ keyMode: 'vim' });
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob', settings });
  await chat.shows('hello alice');
  t.match(chat.terminal.text, 'INSERT');
  await chat.type('one two', '› one two');
  await chat.type('\u001b', 'NORMAL');
  await chat.type('bD', /› one *$/m);
  await chat.type('u', '› one two');
  await chat.type(':help\r', 'this page');
  await chat.type('q', '› one two');
  await chat.type('\u001b', 'NORMAL');
  await chat.type('ddk', 'Selected bob: hello alice');
  await chat.type('ithe end\r', /the end {2}\d\d/);
  await chat.quit();
});

t.test('keys of the settings hold, bad ones are told, and the help shows them', async (t) => {
  const settings = memorySettings({ keys: { 'ctrl+t': '/members', 'ctrl+g': 'fly', 'hyper+x': null } });
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '#team', settings });
  await chat.shows('ctrl+g cannot do “fly”');
  await chat.shows('there is no key “hyper+x”');
  await chat.type('\u001b');
  await chat.type('\u0014', '3 members');
  await chat.type('q/set keys f5 nonsense\r', 'f5 cannot do “nonsense”');
  await chat.type('\u0015/set keys f5 quit\r', 'keys');
  await chat.type('\u001b[15~');
  t.equal(await chat.ended, 0);
});

t.test(
  'the pasted path of a picture is offered as a file, is text again after undo, and gone after Escape',
  async (t) => {
    t.equal(picturePath("'/a b/c.png' "), '/a b/c.png');
    t.equal(picturePath('/a\\ b/c.JPG'), '/a b/c.JPG');
    t.equal(picturePath('file:///a%20b/c.webp'), '/a b/c.webp');
    for (const text of ['/etc/passwd', 'c.png', '/a.png\n/b.png', 'look: /a.png'])
      t.equal(picturePath(text), null, text);
    const folder = await temporaryFolder(t);
    const path = join(folder, 'p.png');
    await writeFile(path, 'x');
    const chat = await startChat(t, {
      client: withBob(new FakeClient(), '#team'),
      with: '@bob',
      columns: 200,
    });
    await chat.shows('hello alice');
    await chat.type(`\u001b[200~${path}.png\u001b[201~`, `› ${path}.png`);
    await chat.type('\u0015\u001b[200~look\u001b[201~', '› look');
    await chat.type(`\u001b[200~ ${path}\u001b[201~`, `› /file ${path} look`);
    await chat.type('\u001f', `› look ${path}`);
    await chat.type(`\u0015look\u001b[200~ ${path}\u001b[201~`, `› /file ${path} look`);
    await chat.type('\u001b', /› look *$/m);
    await chat.quit();
  },
);

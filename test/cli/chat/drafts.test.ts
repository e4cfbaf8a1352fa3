// Drafts on the disk: private, by account, and there again after the chat has gone without a word.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DraftKeeper, draftFile, draftsOf, withDrafts } from '../../../src/cli/chat/drafts.js';
import { emptyComposer } from '../../../src/cli/chat/state.js';
import { bufferOf } from '../../../src/cli/chat/text-buffer.js';
import { startChat } from '../../support/chat-app.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('a draft is on the disk while it is written, and in the composer at the next start', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startChat(t, {
    client: withBob(new FakeClient()),
    with: '@bob',
    drafts: draftFile(folder),
  });
  await first.shows('hello alice');
  await first.type('/reply\r', 'Reply to');
  await first.type('half a thou', '› half a thou');
  const path = join(folder, 'drafts.json');
  const giveUpAt = Date.now() + 10_000;
  // Not asked to end: nothing but the time that passes makes it write.
  while (!(await readFile(path, 'utf8').catch(() => '')).includes('half a thou')) {
    if (Date.now() > giveUpAt) throw new Error('never written');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.equal((await stat(path)).mode & 0o777, 0o600);
  const second = await startChat(t, {
    client: withBob(new FakeClient()),
    with: '@bob',
    drafts: draftFile(folder),
  });
  await second.shows('› half a thou');
  await second.type('ght\r', /half a thought {2}\d\d/);
  await second.quit();
  t.same(await draftFile(folder).read('alice@127.0.0.1:5000'), {}, 'what was sent is no draft any more');
});

t.test('accounts do not see the drafts of one another, and a broken file is none', async (t) => {
  const folder = await temporaryFolder(t);
  const file = draftFile(folder);
  await file.write('alice@x', { 1: { text: 'mine', replyTo: null, editing: null } });
  await file.write('bob@x', { 1: { text: 'his', replyTo: null, editing: null } });
  t.equal((await file.read('alice@x'))['1']?.text, 'mine');
  await file.write('bob@x', {});
  t.same(await file.read('bob@x'), {});
  t.equal((await file.read('alice@x'))['1']?.text, 'mine');
  await writeFile(join(folder, 'drafts.json'), '{"alice@x": [');
  t.same(await file.read('alice@x'), {});
});

t.test(
  'what is being written goes before what was kept, and a draft before the command it waits for',
  (t) => {
    const composer = (text: string) => ({ ...emptyComposer, buffer: bufferOf(text) });
    const kept = {
      1: { text: 'old', replyTo: null, editing: null },
      2: { text: 'two', replyTo: 'm', editing: null },
    };
    const composers = withDrafts({ 1: composer('new') }, kept);
    t.equal(composers[1]?.buffer.text, 'new');
    t.match(composers[2], { buffer: { text: 'two', cursor: 3 }, replyTo: 'm' });
    t.same(Object.keys(draftsOf({ 0: composer('x'), 1: composer('  '), 2: composer('y') })), ['2']);
    t.equal(draftsOf({ 1: { ...composer('/help'), aside: bufferOf('waits') } })['1']?.text, 'waits');
    t.end();
  },
);

t.test('writes follow one another, and the last state is the one that stays', async (t) => {
  const writes: string[] = [];
  const file = {
    read: () => Promise.resolve({}),
    write: async (_account: string, drafts: Record<string, { text: string }>) => {
      await new Promise((resolve) => setImmediate(resolve));
      writes.push(drafts['1']?.text ?? '');
    },
  };
  const keeper = new DraftKeeper(file, 'a', (error) => t.fail(String(error)));
  keeper.changed({ 1: { ...emptyComposer, buffer: bufferOf('a') } });
  const first = keeper.flush();
  keeper.changed({ 1: { ...emptyComposer, buffer: bufferOf('ab') } });
  keeper.changed({ 1: { ...emptyComposer, buffer: bufferOf('abc') } });
  await Promise.all([first, keeper.flush()]);
  await keeper.flush();
  t.equal(writes.at(-1), 'abc');
});

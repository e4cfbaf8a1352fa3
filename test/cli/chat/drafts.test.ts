// Drafts on the disk: private, by account and conversation, and there again after the chat has gone without a word.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DraftKeeper, draftFolder, draftsOf, withDrafts } from '../../../src/cli/chat/drafts.js';
import { withBuffer, withOffer, withUndone } from '../../../src/cli/chat/composing.js';
import { emptyComposer, type ChatState } from '../../../src/cli/chat/state.js';
import { bufferOf } from '../../../src/cli/chat/text-buffer.js';
import { startChat } from '../../support/chat-app.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('a draft is on the disk while it is written, and in the composer at the next start', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startChat(t, {
    client: withBob(new FakeClient()),
    with: '@bob',
    drafts: draftFolder(folder),
  });
  await first.shows('hello alice');
  await first.type('/reply\r', 'Reply to');
  await first.type('half a thou', '› half a thou');
  const path = join(folder, 'drafts', 'alice%40127.0.0.1%3A5000', '1.json');
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
    drafts: draftFolder(folder),
  });
  await second.shows('› half a thou');
  await second.type('ght\r', /half a thought {2}\d\d/);
  await second.quit();
  t.same(await draftFolder(folder).read('alice@127.0.0.1:5000'), {}, 'what was sent is no draft any more');
});

const draft = (text: string) => ({ text, replyTo: null, editing: null });
const composer = (text: string) => ({ ...emptyComposer, buffer: bufferOf(text) });

t.test('accounts do not see the drafts of one another, and a broken file is none', async (t) => {
  const folder = await temporaryFolder(t);
  const file = draftFolder(folder);
  await file.write('alice@x:1', '1', draft('mine'));
  await file.write('alice@x:1', '2', draft('too'));
  await file.write('bob@x:1', '1', draft('his'));
  t.same(await file.read('alice@x:1'), { 1: draft('mine'), 2: draft('too') });
  await file.write('bob@x:1', '1', null);
  t.same(await file.read('bob@x:1'), {});
  await writeFile(join(folder, 'drafts', 'alice%40x%3A1', '2.json'), '{"text": [');
  await writeFile(join(folder, 'drafts', 'alice%40x%3A1', '3.json.new'), '{');
  t.same(await file.read('alice@x:1'), { 1: draft('mine') });
  await file.forget('alice@x:1');
  t.same(await file.read('alice@x:1'), {});
});

t.test('two chats on one home lose no draft of one another, in any order of their writes', async (t) => {
  const folder = draftFolder(await temporaryFolder(t));
  await folder.write('a', '1', draft('from before'));
  await folder.write('a', '2', draft('to be sent'));
  const before = await folder.read('a');
  const failed = (error: unknown): unknown => t.fail(String(error));
  const one = new DraftKeeper(folder, 'a', before, failed);
  const other = new DraftKeeper(folder, 'a', before, failed);
  const shown = { 1: composer('from before'), 2: composer('to be sent') };
  one.changed({ ...shown, 3: composer('one') });
  other.changed({ ...shown, 4: composer('other') });
  await Promise.all([one.flush(), other.flush()]);
  // Sent in the one, and still what the other shows.
  one.changed({ 1: shown[1], 3: composer('one, on') });
  await one.flush();
  other.changed({ ...shown, 4: composer('other, on') });
  await other.flush();
  t.same(await folder.read('a'), {
    1: draft('from before'),
    3: draft('one, on'),
    4: draft('other, on'),
  });
  // In the same conversation the last one stays.
  one.changed({ 1: composer('one') });
  await one.flush();
  other.changed({ 1: composer('other') });
  await other.flush();
  t.equal((await folder.read('a'))['1']?.text, 'other');
  await one.forget();
  t.same(await folder.read('a'), {});
});

t.test(
  'what is being written goes before what was kept, and a draft before the command it waits for',
  (t) => {
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
  const folder = {
    read: () => Promise.resolve({}),
    forget: () => Promise.resolve(),
    write: async (_account: string, _conv: string, draft: { text: string } | null) => {
      await new Promise((resolve) => setImmediate(resolve));
      writes.push(draft?.text ?? '');
    },
  };
  const keeper = new DraftKeeper(folder, 'a', {}, (error) => t.fail(String(error)));
  keeper.changed({ 1: composer('a') });
  const first = keeper.flush();
  keeper.changed({ 1: composer('ab') });
  keeper.changed({ 1: composer('abc') });
  await Promise.all([first, keeper.flush()]);
  keeper.changed({ 1: composer('abc') });
  await keeper.flush();
  t.same(writes.at(-1), 'abc');
  t.equal(new Set(writes).size, writes.length, 'what has not changed is not written again');
});

t.test(
  'what was written before a picture was offered is the draft, and no other text is given back for it',
  (t) => {
    const offered = { ...composer('/file /tmp/p.png'), past: [bufferOf('caption')] };
    const state = { composers: { 0: offered }, current: null, completion: null } as unknown as ChatState;
    const before = withOffer(state, bufferOf('/file /tmp/p.png '), bufferOf('caption'));
    t.equal(draftsOf({ 1: before.composers[0] ?? emptyComposer })['1']?.text, 'caption');
    t.equal(withUndone(withUndone(before, -1), -1).composers[0]?.beforeOffer, null);
    const typed = withBuffer(before.composers[0] ?? emptyComposer, bufferOf('/file /tmp/p.png for you'));
    t.equal(typed.beforeOffer?.text, 'caption', 'its caption may be written');
    t.equal(withBuffer(typed, bufferOf('/fil')).beforeOffer, null);
    t.end();
  },
);

t.test('a draft that cannot be written keeps none of the others from it, and is tried again', async (t) => {
  const kept = new Map<string, string | undefined>();
  let isFull = true;
  const folder = {
    read: () => Promise.resolve({}),
    forget: () => Promise.resolve(),
    write: (_account: string, conv: string, draft: { text: string } | null) => {
      if (isFull && conv === '1') return Promise.reject(new Error('full'));
      kept.set(conv, draft?.text);
      return Promise.resolve();
    },
  };
  const failures: unknown[] = [];
  const keeper = new DraftKeeper(folder, 'a', {}, (error) => failures.push(error));
  keeper.changed({ 1: composer('one'), 2: composer('two') });
  await keeper.flush();
  t.same([...kept], [['2', 'two']]);
  t.equal(failures.length, 1);
  isFull = false;
  await keeper.flush();
  t.equal(kept.get('1'), 'one');
});

t.test('an account with a long name in another script has its folder too', async (t) => {
  const folder = draftFolder(await temporaryFolder(t));
  const account = `${'名'.repeat(30)}@chat.example.org:5000`;
  await folder.write(account, '3', draft('mine'));
  t.same(await folder.read(account), { 3: draft('mine') });
});

// Conversations by the command line, against a real server: FEATURES rows 5 to 14.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { LogEvent } from '../../src/protocol/shapes.js';
import { cliPerson, registered, type CliPerson } from '../support/cli-person.js';
import { testServer } from '../support/server.js';

const id = (message: Record<string, unknown>): string => String(message['id']);
const texts = (messages: Record<string, unknown>[]): unknown[] => messages.map((one) => one['text']);

async function log(person: CliPerson, name: string): Promise<LogEvent[]> {
  return (await person.does('history', name, '--log', '--limit', '500')) as unknown as LogEvent[];
}

t.test('two people become friends by phone number, write, and have the same log without gaps', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  t.same(await alice.fails('friends', 'add', '0999999999'), [1, 'phone-not-found']);
  t.same(await alice.fails('friends', 'add', alice.phone), [1, 'yourself']);
  t.match(await alice.gets('friends', 'add', bob.phone), { username: 'bob', added: true });
  t.match(await alice.gets('friends', 'add', 'bob'), { added: false });
  t.match(await alice.gets('friends'), { username: 'bob', online: false });

  const first = await alice.gets('send', '@bob', 'hello', 'bob');
  t.match(first, {
    seq: 1,
    conversation: '@bob',
    from: 'alice',
    kind: 'text',
    text: 'hello bob',
    state: 'sent',
  });
  const again = await alice.gets('send', 'bob', 'hello', 'bob', '--id', id(first));
  t.same([again['id'], again['seq'], again['text']], [first['id'], 1, 'hello bob']);
  const [stranger] = await bob.does('conversations');
  t.match(stranger, { conversation: '@alice', unread: 1, inContacts: false, last: { text: 'hello bob' } });
  const reply = await bob.gets('send', 'alice', '--reply-to', id(first), 'hello alice');
  t.match(reply, { replyTo: id(first), quoted: { from: 'alice', text: 'hello bob' } });
  t.match(await bob.gets('read', 'alice', '--private'), { with: 'alice', read: true, private: true });
  t.match(await bob.gets('conversations'), { unread: 0 });
  t.notMatch((await alice.does('history', 'bob'))[0], { state: 'read' }, 'alice is not told');
  await bob.does('read', 'alice');
  t.equal((await alice.does('history', 'bob'))[0]?.['state'], 'read');

  await bob.does('react', id(first), 'like');
  await bob.does('react', id(first), '🎉');
  await alice.does('react', id(reply), 'dislike');
  await alice.does('react', id(reply), 'none');
  await alice.does('edit', id(first), 'hello', 'Bob');
  t.same(await bob.fails('edit', id(first), 'mine now'), [1, 'not-yours']);
  const second = await alice.gets('send', 'bob', 'a slip');
  await alice.does('delete', id(second));
  const [one, two, three] = await bob.does('history', 'alice');
  t.match(one, { text: 'hello Bob', reactions: { '🎉': ['bob'] } });
  t.ok(one?.['editedAt']);
  t.match(two, { reactions: {} });
  t.match(three, { text: null, deleted: true });

  const logs = await Promise.all([log(alice, 'bob'), log(bob, 'alice')]);
  t.same(logs[0], logs[1]);
  t.same(
    logs[0].map((event) => event.seq),
    logs[0].map((_, index) => index + 1),
  );
  await alice.does('friends', 'remove', 'bob');
  t.same(await alice.does('friends'), []);
});

t.test('a group: members, admin, rename, poll, leaving', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  const bob = await registered(t, server, 'bob');
  const carol = await registered(t, server, 'carol');
  t.match(await alice.gets('groups', 'create', 'team', '--members', 'bob'), {
    conversation: '#team',
    members: [{ username: 'alice', admin: true }, { username: 'bob' }],
  });
  t.same(await bob.fails('groups', 'add', 'team', 'carol'), [1, 'not-group-admin']);
  t.same(await bob.fails('groups', 'create', 'TEAM'), [1, 'name-taken']);
  t.same(await carol.fails('send', '#team', 'let me in'), [1, 'conversation-not-found']);
  await alice.does('send', '#team', 'before carol');
  await alice.does('groups', 'add', 'team', 'carol');
  await alice.does('groups', 'admin', 'team', 'bob');
  await bob.does('groups', 'rename', 'team', 'crew');
  const poll = await carol.gets('poll', 'create', '#crew', 'Where?', 'Chez Paul', 'La Table');
  t.match(poll, {
    kind: 'poll',
    poll: { question: 'Where?', options: [{ text: 'Chez Paul', votes: 0 }, {}] },
  });
  for (const voter of [alice, bob, carol]) await voter.does('poll', 'vote', id(poll), '1');
  await bob.does('poll', 'vote', id(poll), '2');
  await carol.does('poll', 'vote', id(poll), 'none');
  t.match(await alice.gets('poll', 'show', id(poll)), {
    poll: {
      options: [
        { votes: 1, voters: ['alice'] },
        { votes: 1, voters: ['bob'] },
      ],
      mine: 0,
    },
  });
  t.same(await alice.fails('poll', 'vote', id(poll), '3'), [1, 'not-a-poll']);
  t.match(await alice.sees('poll', 'show', id(poll)), /1\. Chez Paul {2}█+ 1 ● {2}alice/);
  t.notMatch(texts(await carol.does('history', '#crew')).join(), /before carol/);

  await alice.does('groups', 'leave', 'crew');
  t.same(await alice.fails('send', '#crew', 'bye'), [1, 'not-in-group']);
  const notes = (await bob.does('history', '#crew')).filter((message) => message['kind'] === 'system');
  t.match(notes.at(-1), { system: { event: 'left', user: 'alice' } });
  await bob.does('groups', 'remove', 'crew', 'carol');
  t.match(await bob.gets('groups', 'show', 'crew'), { members: [{ username: 'bob', admin: true }] });
  t.equal((await bob.does('groups')).length, 1);
});

t.test('files arrive byte for byte, and nothing is overwritten', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  const bytes = randomBytes(700_000);
  await writeFile(join(alice.home, 'data.bin'), bytes);
  alice.options.cwd = alice.home;
  bob.options.cwd = bob.home;
  const [sent] = await alice.does('send', 'bob', 'take', 'this', '--file', 'data.bin');
  t.match(sent, { kind: 'file', text: 'take this', file: { name: 'data.bin', size: bytes.length } });
  const fetched = await bob.gets('files', 'get', id(sent ?? {}));
  t.equal(fetched['path'], join(bob.home, 'data.bin'));
  t.ok(bytes.equals(await readFile(join(bob.home, 'data.bin'))));
  t.same(await bob.fails('files', 'get', id(sent ?? {})), [1, 'file-exists']);
  await bob.does('files', 'get', id(sent ?? {}), '--out', 'other.bin');
  t.ok(bytes.equals(await readFile(join(bob.home, 'other.bin'))));
  t.same(await alice.fails('send', 'bob', '--file', 'none.bin'), [1, 'file-unreadable']);
  await writeFile(join(alice.home, 'text.txt'), 'x');
  const both = await alice.does('send', 'bob', 'two', '-f', 'text.txt', '-f', 'data.bin');
  t.same(texts(both), ['two', null]);
});

t.test('hiding, muting, clearing, searching, and history after a new login elsewhere', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  for (const text of ['the Eiffel tower', 'the tower bridge', 'lunch?'])
    await bob.does('send', 'alice', text);
  await alice.does('hide', 'bob');
  t.same(await alice.does('conversations'), []);
  t.match(await alice.gets('conversations', '--all'), { hidden: true });
  await bob.does('send', 'alice', 'are you there?');
  t.match(await alice.gets('conversations'), { conversation: '@bob', hidden: false, unread: 4 });
  await alice.does('hide', 'bob');
  await alice.does('unhide', 'bob');
  t.match(await alice.gets('mute', 'bob'), { with: 'bob', muted: true });
  t.match(await alice.gets('conversations'), { muted: true });
  t.match(await alice.gets('mute', 'bob', '--off'), { muted: false });

  t.same(texts(await alice.does('search', 'TOWER')), ['the tower bridge', 'the Eiffel tower']);
  t.same(texts(await alice.does('search', 'tower', 'bridge', '--in', 'bob')), ['the tower bridge']);
  t.same(texts(await alice.does('history', 'bob', '--limit', '2')), ['lunch?', 'are you there?']);
  t.same(texts(await alice.does('history', 'bob', '--before', '3')), [
    'the Eiffel tower',
    'the tower bridge',
  ]);
  t.same(texts(await alice.does('history', 'bob', '--after', '3')), ['are you there?']);
  await alice.does('clear', 'bob');
  t.same(await alice.does('history', 'bob'), []);
  t.equal((await bob.does('history', 'alice')).length, 4);

  const phone = await cliPerson(t, server);
  await phone.does('login', 'bob');
  t.same(texts(await phone.does('history', 'alice')), texts(await bob.does('history', 'alice')));
  t.match(await phone.gets('resync'), { resynced: true, conversations: 1 });
  t.match(await phone.sees('search', 'lunch', '--lang', 'fr'), /@alice/);
});

t.test('a conversation as a file: for people, and as JSON lines; never over another file', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  for (const text of ['one', 'two\nlines', 'three \u001b[31m']) await bob.does('send', 'alice', text);
  alice.options.cwd = alice.home;
  const path = join(alice.home, 'bob.txt');
  t.same(await alice.gets('export', 'bob', 'bob.txt'), { path, messages: 3 });
  const lines = (await readFile(path, 'utf8')).split('\n');
  t.match(lines, [/^\d{4}-\S+ {2}bob: one$/, /bob: two$/, /^ {4}lines$/, /bob: three/, '']);
  t.notMatch(lines.join(''), '\u001b');
  t.same(await alice.fails('export', 'bob', 'bob.txt'), [1, 'file-exists']);
  await alice.does('export', 'bob', 'bob.jsonl');
  const kept = (await readFile(join(alice.home, 'bob.jsonl'), 'utf8')).trim().split('\n');
  t.same(
    kept.map((line) => (JSON.parse(line) as Record<string, unknown>)['text']),
    ['one', 'two\nlines', 'three \u001b[31m'],
  );
  t.same(await alice.does('calls'), []);
});

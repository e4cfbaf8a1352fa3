// Single commands: everything is asked of the server, and nothing kept but session and keys.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { uuidv7 } from 'uuidv7';
import type { Client } from '../../src/client/api.js';
import { startCore, type Core } from '../support/core.js';
import { clientAt, homeOf } from '../support/homes.js';

async function people(t: Test, count = 3): Promise<{ core: Core; clients: Client[] }> {
  const core = await startCore(t, { people: count });
  const clients = await Promise.all(
    core.people.map(async (person) => clientAt(t, await homeOf(t, person, core.port), { mode: 'once' })),
  );
  return { core, clients };
}

t.test('a message is sent, answered, changed and read back as each side sees it', async (t) => {
  const { clients } = await people(t);
  const [one, two] = clients as [Client, Client];
  const sent = await one.send('@person2', { text: 'hello' });
  t.match(sent, {
    seq: 1,
    conversation: '@person2',
    from: 'person1',
    mine: true,
    kind: 'text',
    state: 'sent',
  });
  const reply = await two.send('person1', { text: 'hi', replyTo: sent.id });
  t.same(reply.quoted, { from: 'person1', text: 'hello' });
  t.same((await two.react(sent.id, '👍')).reactions, { '👍': ['person2'] });
  t.equal((await one.edit(sent.id, 'hello!')).text, 'hello!');
  await t.rejects(two.edit(sent.id, 'mine'), { code: 'not-yours' });
  await t.rejects(two.delete(sent.id), { code: 'not-yours' });
  await t.rejects(two.react(sent.id, 'like'), { code: 'invalid-emoji' });
  const history = await two.history('@person1');
  t.match(history[0], {
    text: 'hello!',
    conversation: '@person1',
    mine: false,
    reactions: { '👍': ['person2'] },
  });
  t.same(history[1]?.quoted, { from: 'person1', text: 'hello!' });
  t.same((await two.react(sent.id, null)).reactions, {});
  const deleted = await one.delete(sent.id);
  t.match(deleted, { deleted: true, text: null, reactions: {} });
  t.equal((await one.delete(sent.id)).deleted, true, 'deleting again changes nothing');
  t.equal((await two.message(sent.id)).deleted, true);
  t.same(
    (await two.log('person1')).map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6],
  );
});

t.test('the same id again gives the first result, and stores nothing', async (t) => {
  const { clients } = await people(t);
  const [one] = clients as [Client];
  const id = uuidv7();
  const first = await one.send('person2', { text: 'first', id });
  const again = await one.send('person2', { text: 'second', id });
  t.same(again, first);
  t.equal((await one.history('person2')).length, 1);
  await t.rejects(one.send('person3', { text: 'x', id }), { code: 'id-taken' });
  await t.rejects(one.send('person2', { text: 'x', id: 'no uuid' }), { code: 'usage' });
});

t.test('a bare name is the person, else the group; wrong names are refused', async (t) => {
  const { clients } = await people(t);
  const [one] = clients as [Client];
  await one.createGroup('team', ['person2']);
  await one.createGroup('person2', ['person3']);
  t.equal((await one.send('team', { text: 'x' })).conversation, '#team');
  t.equal((await one.send('person2', { text: 'x' })).conversation, '@person2');
  t.equal((await one.send('#PERSON2', { text: 'x' })).conversation, '#person2');
  await t.rejects(one.send('@team', { text: 'x' }), { code: 'user-not-found' });
  await t.rejects(one.send('#nothing', { text: 'x' }), { code: 'conversation-not-found' });
  await t.rejects(one.send('nothing', { text: 'x' }), { code: 'conversation-not-found' });
  await t.rejects(one.send('@person1', { text: 'x' }), { code: 'yourself' });
  await t.rejects(one.send('team', { text: ' \n' }), { code: 'invalid-text' });
  await t.rejects(one.send('team', { text: 'x'.repeat(16_001) }), { code: 'invalid-text' });
  await t.rejects(one.send('team', { text: 'x', replyTo: uuidv7() }), { code: 'message-not-found' });
});

t.test('a group: members, admin, name, what each change leaves in the log', async (t) => {
  const { clients } = await people(t, 4);
  const [one, two, three] = clients as [Client, Client, Client];
  await one.createGroup('team', ['person2']);
  t.equal((await one.addMembers('team', ['person3'])).members.length, 3);
  t.equal((await one.makeAdmin('team', 'person2')).members.filter(({ admin }) => admin).length, 2);
  t.equal((await two.renameGroup('#team', 'crew')).name, '#crew');
  t.equal((await two.removeMember('crew', 'person3')).members.length, 2);
  await one.leaveGroup('crew');
  await t.rejects(one.send('#crew', { text: 'x' }), { code: 'not-in-group' });
  const notes = (await two.history('#crew')).map(({ system }) => system);
  t.same(notes, [
    { event: 'created', by: 'person1', name: 'team', users: ['person1', 'person2'] },
    { event: 'joined', by: 'person1', users: ['person3'] },
    { event: 'admin', by: 'person1', user: 'person2' },
    { event: 'renamed', by: 'person2', name: 'crew' },
    { event: 'removed', by: 'person2', user: 'person3' },
    { event: 'left', by: 'person1', user: 'person1' },
  ]);
  const seen = await three.history('#crew');
  t.same(
    seen.map(({ system }) => system?.event),
    ['joined', 'admin', 'renamed', 'removed'],
  );
  t.match((await three.conversations())[0], { name: '#crew', left: true });
  await t.rejects(three.createGroup('crew', []), { code: 'name-taken' });
});

t.test('an admin deletes what others wrote, and it is gone for everybody', async (t) => {
  const { clients } = await people(t);
  const [one, two, three] = clients as [Client, Client, Client];
  await one.createGroup('team', ['person2', 'person3']);
  const { id } = await two.send('team', { text: 'rude' });
  await t.rejects(three.delete(id), { code: 'not-yours' });
  t.equal((await one.delete(id)).deleted, true);
  t.match(await three.message(id), { deleted: true, text: null });
});

t.test('polls: one vote each, changed and taken back, only for options that are there', async (t) => {
  const { clients } = await people(t);
  const [one, two] = clients as [Client, Client];
  const { id } = await one.createPoll('person2', 'When?', ['now', 'later']);
  await two.vote(id, 0);
  t.match((await one.vote(id, 1)).poll, {
    mine: 1,
    options: [{ voters: ['person2'] }, { voters: ['person1'] }],
  });
  t.match((await two.vote(id, 1)).poll, { options: [{ votes: 0 }, { votes: 2 }] });
  t.match((await two.vote(id, null)).poll, { mine: null, options: [{ votes: 0 }, { votes: 1 }] });
  await t.rejects(two.vote(id, 2), { code: 'not-a-poll' });
  await t.rejects(one.createPoll('person2', 'When?', ['now']), { code: 'usage' });
});

t.test('history pages through messages, however many reactions lie between them', async (t) => {
  const { clients } = await people(t);
  const [one, two] = clients as [Client, Client];
  const ids: string[] = [];
  for (let i = 0; i < 12; i++) ids.push((await one.send('person2', { text: `m${i}` })).id);
  for (let round = 0; round < 30; round++) {
    await Promise.all(ids.slice(0, 4).map((id) => two.react(id, round % 2 ? '👍' : '🎉')));
  }
  await one.send('person2', { text: 'last' });
  const texts = async (query: object): Promise<(string | null)[]> =>
    (await one.history('person2', query)).map(({ text }) => text);
  t.same(await texts({ limit: 3 }), ['m10', 'm11', 'last']);
  const [oldest] = await one.history('person2', { limit: 3 });
  t.same(await texts({ limit: 2, before: oldest?.seq ?? 0 }), ['m8', 'm9']);
  t.same(await texts({ limit: 2, after: 0 }), ['m0', 'm1']);
  t.same(await texts({ limit: 2, after: 11 }), ['m11', 'last']);
  t.equal((await texts({})).length, 13);
  t.same((await one.history('person2', { limit: 1, after: 0 }))[0]?.reactions, { '👍': ['person2'] });
  const log = await one.log('person2', { after: 0, limit: 500 });
  t.same(
    log.map(({ seq }) => seq),
    Array.from({ length: 133 }, (_, i) => i + 1),
  );
});

t.test('one clears, hides, mutes and reads for oneself only', async (t) => {
  const { clients } = await people(t);
  const [one, two] = clients as [Client, Client];
  await one.send('person2', { text: 'a' });
  await one.send('person2', { text: 'b' });
  t.match(await two.conversations(), [
    { name: '@person1', unread: 2, inContacts: false, last: { text: 'b' } },
  ]);
  await two.markRead('person1');
  t.equal((await two.conversation('person1')).unread, 0);
  await one.conversation('person2');
  t.equal((await one.history('person2')).at(-1)?.state, 'read');
  await two.setHidden('person1', true);
  await two.setMuted('person1', true);
  t.match(await two.conversations(), [{ hidden: true, muted: true }]);
  await two.clear('person1');
  t.same(await two.history('person1'), []);
  await one.send('person2', { text: 'c' });
  t.match(await two.conversations(), [{ hidden: false, muted: true, last: { text: 'c' } }]);
  t.equal((await one.history('person2')).length, 3);
});

t.test('contacts by phone or name, blocked people, profiles, verified keys', async (t) => {
  const { clients } = await people(t);
  const [one, two] = clients as [Client, Client];
  t.match(await one.addFriend('06 00 00.00-02'), { added: true, user: { username: 'person2' } });
  t.match(await one.addFriend('person3'), { added: true });
  t.match(await one.addFriend('+33 6 00 00 00 02'), { added: false });
  for (const wrong of ['060000000', '+44 7911 123456', '06 00 00 00'])
    await t.rejects(one.addFriend(wrong), { code: 'invalid-phone' }, wrong);
  await t.rejects(one.addFriend('0699999999'), { code: 'phone-not-found' });
  t.same(
    (await one.friends()).map(({ user, online }) => [user.username, online]),
    [
      ['person2', true],
      ['person3', true],
    ],
  );
  await one.removeFriend('person3');
  t.equal((await one.friends()).length, 1);
  await two.block('person1', true);
  await t.rejects(one.send('person2', { text: 'x' }), { code: 'blocked' });
  t.match(await two.blockedPeople(), [{ username: 'person1' }]);
  await two.block('person1', false);
  await one.send('person2', { text: 'x' });

  await two.setProfile({ bio: 'busy', email: 'p2@example.org' });
  t.match(await two.setProfile({ phone: '06.00.00.00.02' }), { phone: '0600000002' });
  await t.rejects(two.setProfile({ phone: '+44 7911 123456' }), { code: 'invalid-phone' });
  t.match(await one.profile('person2'), { bio: 'busy' });
  t.match(await two.profile(), { email: 'p2@example.org', phone: '0600000002' });
  const mine = await one.safetyNumber('person2');
  t.match(mine, { verified: false, changed: false });
  t.equal((await two.safetyNumber('person1')).number, mine.number);
  await one.markVerified('person2', true);
  t.equal((await one.safetyNumber('person2')).verified, true);
});

t.test('nothing is kept but session, pins and keys, and live methods say what they need', async (t) => {
  const { core } = await people(t);
  const home = await homeOf(t, core.people[0]!, core.port);
  const one = await clientAt(t, home, { mode: 'once' });
  await one.send('person2', { text: 'x' });
  await t.rejects(one.search('x'), { code: 'usage' });
  await one.close();
  await t.rejects(one.send('person2', { text: 'x' }), { code: 'closed' });
  t.same((await readdir(home)).sort(), ['contacts.json', 'session.json']);
});

t.test('one connection that broke is worth another try', async (t) => {
  const { core, clients } = await people(t);
  const [one] = clients as [Client];
  await one.send('person2', { text: 'x' });
  for (const connection of core.hub.connections()) connection.end('too-slow');
  while (one.state === 'online') await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal((await one.send('person2', { text: 'y' })).seq, 2);
});

t.test('a contact whose key changed is told, and not verified any more', async (t) => {
  const { core } = await people(t);
  const home = await homeOf(t, core.people[0]!, core.port);
  const known = { username: 'person2', publicKey: 'another', verified: true, changed: false };
  await writeFile(
    join(home, 'contacts.json'),
    JSON.stringify({ servers: { [`127.0.0.1:${core.port}`]: { 2: known } } }),
  );
  const one = await clientAt(t, home, { mode: 'once' });
  const told: string[] = [];
  one.on('key-changed', ({ user }) => void told.push(user.username));
  await one.send('person2', { text: 'x' });
  t.match(await one.safetyNumber('person2'), { verified: false, changed: true });
  t.same(told, ['person2']);
});

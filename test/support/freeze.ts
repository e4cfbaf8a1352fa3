// Freezes what this version writes, for the tests of later ones: `node dist/test/support/freeze.js` once for each new
// version of the server's database or of the client's. A frozen folder never changes again.
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { connect, type Client, type Message } from '../../src/client/index.js';
import { withAdmin } from '../../src/server/admin.js';
import { startServer } from '../../src/server/server.js';
import { openStorage } from '../../src/server/storage/open.js';
import { serverSchema } from '../../src/server/storage/schema.js';
import { openDatabase } from '../../src/sqlite/open.js';
import { frozenPassword } from './frozen.js';
import { projectFile } from './project.js';

/** Resolves when the server has stored what was sent. */
async function stored(client: Client, message: Promise<Message>): Promise<string> {
  const { id } = await message;
  await client.drained();
  return id;
}

/** Real people on a real server with content of each kind. */
async function live(port: number, homeOf: (name: string) => string, work: string): Promise<void> {
  const clients: Client[] = [];
  const join_ = async (name: string, phone: string): Promise<Client> => {
    const server = `127.0.0.1:${port}`;
    const client = await connect({ server, tls: false, home: homeOf(name), mode: 'live', device: 'frozen' });
    await client.register({ username: name, password: frozenPassword, phone, firstName: name });
    clients.push(client);
    return client;
  };
  const alice = await join_('alice', '0611111111');
  const bob = await join_('bob', '0622222222');
  const carol = await join_('carol', '0633333333');
  await join_('dave', '0644444444');
  const picture = join(work, 'picture.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: '#336699' } })
    .png()
    .toFile(picture);
  const file = join(work, 'list.txt');
  await writeFile(file, 'eggs, milk, bread\n');

  await alice.addFriend('bob');
  await bob.addFriend('0611111111');
  await bob.block('dave', true);
  await alice.makeRecoveryKey(frozenPassword);
  await alice.setProfile({ bio: 'On ice.', email: 'alice@example.org', avatar: picture });

  const first = await stored(alice, alice.send('@bob', { text: 'Hello Bob, how are you?' }));
  await bob.synced();
  await stored(bob, bob.send('@alice', { text: 'Fine!', replyTo: first }));
  await bob.react(first, '👍');
  await alice.edit(first, 'Hello Bob, how is it going?');
  await alice.delete(await stored(alice, alice.send('@bob', { text: 'a slip of the pen' })));
  await stored(alice, alice.send('@bob', { file, text: 'for the shop' }));
  await stored(bob, bob.send('@alice', { file: picture }));
  await alice.createGroup('team', ['bob', 'carol']);
  const poll = await stored(alice, alice.createPoll('#team', 'Lunch?', ['Soup', 'Salad']));
  await Promise.all(clients.map((client) => client.synced()));
  await bob.vote(poll, 0);
  await carol.vote(poll, 1);
  await alice.makeAdmin('#team', 'bob');
  await bob.renameGroup('#team', 'crew');
  await carol.leaveGroup('#crew');
  await alice.setMuted('#crew', true);
  const call = await alice.startCall('@bob', { media: 'audio' });
  await call.hangUp();
  await Promise.all([alice.synced(), bob.synced()]);
  await alice.markRead('@bob');
  await bob.setHidden('@alice', true);
  await carol.deleteAccount(frozenPassword);
  for (const client of clients) await client.close();
}

/** What waits in the outbox of somebody who is offline. */
async function writeOffline(home: string): Promise<void> {
  const client = await connect({ home, tls: false, mode: 'live', offline: true });
  await client.send('@bob', { text: 'written on the train' });
  await client.close();
}

/** A copy of a database in small pages, with nothing beside it. */
async function pack(from: string, to: string): Promise<void> {
  const database = await openDatabase(from);
  await database.exec(
    'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM',
  );
  await database.close();
  await cp(from, to);
}

const work = await mkdtemp(join(tmpdir(), 'pytalk-freeze-'));
const dataDir = join(work, 'data');
const homeOf = (name: string): string => join(work, name);
const options = { dataDir, host: '127.0.0.1', port: 0, udpPort: 0, tls: false as const };
const server = await startServer({ ...options, overrides: { logLevel: 'error' } });
await live(server.tcp.port, homeOf, work);
await withAdmin(dataDir, async (admin) => {
  await admin.grant('alice', true);
  await admin.invite();
  await admin.resetPassword('bob');
  await admin.ban('mallory');
  await admin.quota('alice', 5_000_000);
});
await server.close();
const storage = await openStorage(dataDir);
await storage.commit([[{ do: 'erase-old', kind: 'calls', old: { conv: 2, after: 0, through: 1 } }]]);
await storage.close();
await writeOffline(homeOf('alice'));

const target = projectFile('test', 'fixtures', `v${serverSchema.migrations.length}`);
await mkdir(join(target, 'home'), { recursive: true });
await pack(join(dataDir, 'pytalk.db'), join(target, 'pytalk.db'));
await cp(join(dataDir, 'files'), join(target, 'files'), { recursive: true });
for (const name of ['cache.db', 'outbox.db'])
  await pack(join(homeOf('alice'), name), join(target, 'home', name));
await cp(join(homeOf('alice'), 'session.json'), join(target, 'home', 'session.json'));
await rm(work, { recursive: true });
process.stdout.write(`${target}\n`);

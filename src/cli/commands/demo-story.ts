// The story of `pytalk demo`: what alice and bob do, and how each of it is checked from the other side.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import type { Client, Message } from '../../client/api.js';
import { connect } from '../../client/index.js';
import { startServer, type RunningServer } from '../../server/server.js';
import { cleanLine } from '../clean-text.js';
import { StepFailed, Witness, type Stage } from './demo-stage.js';

const phones = { alice: '0612345678', bob: '0687654321' };
const passwords = { alice: randomBytes(12).toString('hex'), bob: randomBytes(12).toString('hex') };

/** What closes everything that was opened, in the order of opening. */
export type Undo = (() => Promise<void>)[];

/** A server that can be stopped and started again, and the two people on it. */
export interface Cast {
  folder: string;
  stagehand: { server: RunningServer };
  alice: Witness;
  bob: Witness;
}

/** Conversations as bob sees them, by name. */
export type Written = ReadonlyMap<string, readonly Message[]>;

function serverOn(folder: string, port: number): Promise<RunningServer> {
  const log = pino({ level: 'silent' });
  return startServer({ dataDir: join(folder, 'server'), host: '127.0.0.1', port, udpPort: 0, log });
}

function address(server: RunningServer): string {
  return `${server.tcp.host}:${server.tcp.port}`;
}

async function device(server: RunningServer, home: string, undo: Undo): Promise<Client> {
  const client = await connect({
    server: address(server),
    home,
    mode: 'live',
    ...(server.fingerprint !== null && { fingerprint: server.fingerprint }),
  });
  undo.push(() => client.close());
  return client;
}

/** Starts the server and registers both. */
export async function raiseCurtain(stage: Stage, folder: string, undo: Undo): Promise<Cast> {
  const server = await stage.step(
    'demo.server',
    () => serverOn(folder, 0),
    (running) => ({ address: address(running), fingerprint: `${running.fingerprint?.slice(0, 16) ?? ''}…` }),
  );
  const stagehand = { server };
  undo.push(() => stagehand.server.close());
  const enter = (user: 'alice' | 'bob'): Promise<Witness> =>
    stage.step(
      'demo.register',
      async () => {
        const client = await device(server, join(folder, user), undo);
        const me = await client.register({ username: user, password: passwords[user], phone: phones[user] });
        stage.equal(me.username, user);
        return new Witness(client, stage.say);
      },
      { user },
    );
  return { folder, stagehand, alice: await enter('alice'), bob: await enter('bob') };
}

/** The story until the server restarts; `preview` shows a picture file. Resolves with what was said. */
export async function play(
  stage: Stage,
  cast: Cast,
  preview: (path: string) => Promise<void>,
): Promise<Written> {
  const { alice, bob } = cast;
  const { say } = stage;
  await befriend(stage, 'alice', alice, 'bob');
  await befriend(stage, 'bob', bob, 'alice');
  const hello = await speak(stage, alice, bob, '@bob', say('demo.text.hello'));
  await speak(stage, bob, alice, '@alice', say('demo.text.answer'));
  await stage.step(
    'demo.reaction',
    async () => {
      await bob.client.react(hello.id, '👍');
      const seen = await alice.message(hello.id, (message) => '👍' in message.reactions);
      stage.equal(seen.reactions, { '👍': ['bob'] });
    },
    { from: 'bob', emoji: '👍' },
  );
  await stage.step(
    'demo.group',
    async () => {
      await alice.client.createGroup('team', ['bob']);
      await bob.until(() =>
        [...bob.messages.values()].find((message) => message.system?.event === 'created'),
      );
      const group = await bob.client.conversation('#team');
      stage.equal(group.members.map((member) => member.username).sort(), ['alice', 'bob']);
    },
    { user: 'alice', group: '#team', friend: 'bob' },
  );
  const welcome = await speak(stage, alice, bob, '#team', say('demo.text.group'));
  await reply(stage, bob, alice, welcome, say('demo.text.reply'));
  await askAndVote(stage, alice, bob);
  await showPicture(stage, cast, preview);

  const written = new Map<string, readonly Message[]>();
  for (const name of ['@alice', '#team']) written.set(name, await bob.client.history(name, { limit: 100 }));
  return written;
}

function befriend(stage: Stage, user: string, witness: Witness, friend: 'alice' | 'bob'): Promise<void> {
  return stage.step(
    'demo.friend',
    async () => {
      const { user: added } = await witness.client.addFriend(phones[friend]);
      const names = (await witness.client.friends()).map((one) => one.user.username);
      stage.equal([added.username, names], [friend, [friend]]);
    },
    { user, friend, phone: phones[friend] },
  );
}

/** One says something and the other has it. */
function speak(stage: Stage, from: Witness, to: Witness, where: string, text: string): Promise<Message> {
  return stage.step(
    'demo.message',
    async () => {
      const { id } = await from.client.send(where, { text });
      const seen = await to.message(id);
      stage.equal([seen.text, seen.from], [text, from.client.me?.username]);
      return seen;
    },
    (seen) => ({ from: seen.from, to: where, text: cleanLine(text) }),
  );
}

function reply(stage: Stage, from: Witness, to: Witness, target: Message, text: string): Promise<void> {
  return stage.step(
    'demo.reply',
    async () => {
      const { id } = await from.client.send('#team', { text, replyTo: target.id });
      const seen = await to.message(id);
      stage.equal([seen.text, seen.replyTo, seen.quoted?.text], [text, target.id, target.text]);
    },
    { from: from.client.me?.username ?? '', quoted: target.text ?? '', text },
  );
}

async function askAndVote(stage: Stage, alice: Witness, bob: Witness): Promise<void> {
  const { say } = stage;
  const [today, tomorrow] = [say('demo.text.today'), say('demo.text.tomorrow')];
  const question = say('demo.text.question');
  const { id } = await stage.step(
    'demo.poll',
    async () => {
      const asked = await alice.client.createPoll('#team', question, [today, tomorrow]);
      const seen = await bob.message(asked.id);
      stage.equal(
        [seen.poll?.question, seen.poll?.options.map((option) => option.text)],
        [question, [today, tomorrow]],
      );
      return seen;
    },
    { from: 'alice', question },
  );
  await stage.step(
    'demo.votes',
    async () => {
      await bob.client.vote(id, 0);
      await bob.client.vote(id, 1);
      await alice.client.vote(id, 1);
      for (const witness of [alice, bob]) {
        const seen = await witness.message(id, (message) => message.poll?.options[1]?.votes === 2);
        stage.equal(
          seen.poll?.options.map((option) => option.votes),
          [0, 2],
        );
      }
    },
    { result: `${today} 0, ${tomorrow} 2` },
  );
}

/** A little landscape, so that the demo needs no file. */
const landscape = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="270">
<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#1b2a6b"/><stop offset=".6" stop-color="#e0729b"/>
<stop offset="1" stop-color="#ffd27a"/></linearGradient></defs>
<rect width="480" height="270" fill="url(#sky)"/><circle cx="330" cy="165" r="36" fill="#fff3c4"/>
<path d="M0 200 L90 110 L170 190 L250 90 L350 205 L420 150 L480 200 V270 H0Z" fill="#41335c"/>
<path d="M0 235 Q120 195 240 232 T480 225 V270 H0Z" fill="#1e3a34"/></svg>`;

async function showPicture(
  stage: Stage,
  cast: Cast,
  preview: (path: string) => Promise<void>,
): Promise<void> {
  const { folder, alice, bob } = cast;
  const thumbnail = await stage.step(
    'demo.picture',
    async () => {
      const path = join(folder, 'view.png');
      const bytes = await sharp(Buffer.from(landscape)).png().toBuffer();
      await writeFile(path, bytes);
      const { id } = await alice.client.send('#team', { file: path, text: stage.say('demo.text.caption') });
      const seen = await bob.message(id);
      stage.equal([seen.kind, seen.file?.name, seen.file?.size], ['image', 'view.png', bytes.length]);
      const fetched = await bob.client.fetchFile(id);
      if (!(await readFile(fetched.path)).equals(bytes))
        throw new StepFailed(stage.say('error.file-corrupt'));
      const small = join(folder, 'preview');
      await writeFile(small, Buffer.from(seen.file?.thumb ?? '', 'base64'));
      return { path: small, size: bytes.length };
    },
    ({ size }) => ({ from: 'alice', to: 'bob', name: 'view.png', size }),
  );
  await preview(thumbnail.path);
}

/** Stops the server, starts it on the same data, and reads everything back with a device that has nothing yet. */
export async function restart(stage: Stage, cast: Cast, undo: Undo, written: Written): Promise<void> {
  const { folder, stagehand, alice, bob } = cast;
  await stage.step(
    'demo.restart',
    async () => {
      const { port } = stagehand.server.tcp;
      await stagehand.server.close();
      for (const { client, until } of [alice, bob]) await until(() => client.state !== 'online');
      stagehand.server = await serverOn(folder, port);
      for (const { client, until } of [alice, bob]) await until(() => client.state === 'online');
    },
    {},
  );
  await stage.step(
    'demo.history',
    async () => {
      const client = await device(stagehand.server, join(folder, 'second'), undo);
      await client.login('bob', passwords.bob);
      await client.synced();
      let count = 0;
      for (const [name, before] of written) {
        const after = await client.history(name, { limit: 100 });
        stage.equal(after.map(words), before.map(words));
        count += after.length;
      }
      return count;
    },
    (count) => ({ user: 'bob', count }),
  );
}

/** What a message says, without what changes by itself, such as its delivery state. */
function words({ id, seq, from, text, reactions, poll, file, replyTo }: Message): object {
  return { id, seq, from, text, reactions, poll, file, replyTo };
}

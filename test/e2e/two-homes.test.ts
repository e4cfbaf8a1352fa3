// Two homes and one server, all of them processes: what both wrote is the same on both sides, whoever was killed.
import { join } from 'node:path';
import t from 'tap';
import { connect } from '../../src/client/index.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import { numbers, readLog } from '../support/conversing.js';
import { startPipe, type Pipe } from '../support/pipe.js';
import { serverProcess, type ServerProcess } from '../support/server.js';
import type { WireClient } from '../support/wire-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const many = 1000;
const some = 200;
/** Nobody has to be bothered by the key derivation more often than the two who register. */
const seeded = 48;

async function register(
  server: ServerProcess,
  home: string,
  username: string,
  phone: string,
): Promise<number> {
  const client = await connect({ server: `127.0.0.1:${server.port}`, home });
  const me = await client.register({ username, phone, password: `password of ${username}` });
  await client.close();
  return me.id;
}

/** A home's log, once its copy has come as far as `lastSeq`: what the other was answered may still be on its way here. */
async function log(pipe: Pipe, conversation: string, lastSeq = 0): Promise<LogEvent[]> {
  for (;;) {
    const found = await pipe.result('history', { with: conversation, log: true, limit: 1_000_000 });
    const events = found as LogEvent[];
    if ((events.at(-1)?.seq ?? 0) >= lastSeq) return events;
  }
}

/** The log as the server tells it to a member without a copy. */
async function logOnServer(member: WireClient, conv: number): Promise<LogEvent[]> {
  const events = await readLog(member, conv);
  await member.destroy();
  return events;
}

const textOf = ({ payload }: LogEvent): string | undefined => (JSON.parse(payload) as { text?: string }).text;

t.test(
  'two homes exchange messages by pipe; the logs are the same, whoever is killed',
  { timeout: 300_000 },
  async (t) => {
    const folder = await temporaryFolder(t);
    const homes = { alice: join(folder, 'alice'), bob: join(folder, 'bob') };
    const server = await serverProcess(t, seeded);
    await register(server, homes.alice, 'alice', '0611111111');
    await register(server, homes.bob, 'bob', '0622222222');
    let alice = await startPipe(t, homes.alice);
    const bob = await startPipe(t, homes.bob);

    const friend = await alice.result('friends.add', { phoneOrUser: '0622222222' });
    t.match(friend, { username: 'bob', added: true }, 'befriended by phone number');
    const members = ['bob', ...numbers(seeded).map((id) => `person${id}`)];
    const group = (await alice.result('groups.create', { name: 'team', members })) as { members: unknown[] };
    t.equal(group.members.length, 50);

    /** What each side was answered to be stored; every text is sent once by one side. */
    const stored = new Map<string, string>();
    const lost: string[] = [];
    const send = async (pipe: Pipe, where: string, text: string): Promise<void> => {
      const answer = await pipe.ask('send', { with: where, text });
      if (answer === null) lost.push(text);
      else if (answer.ok) stored.set(text, (answer.result as { id: string }).id);
      else t.fail(`${text}: ${answer.error.code}`);
    };
    const sendAll = (round: string, count: number): Promise<unknown> =>
      Promise.all(
        numbers(count).flatMap((n) => [
          send(alice, '@bob', `${round} alice direct ${n}`),
          send(alice, '#team', `${round} alice team ${n}`),
          send(bob, '@alice', `${round} bob direct ${n}`),
          send(bob, '#team', `${round} bob team ${n}`),
        ]),
      );

    const compare = async (what: string): Promise<LogEvent[]> => {
      const teamId = (await log(alice, '#team'))[0]!.conv;
      const onServer = await logOnServer(await server.join(3), teamId);
      const lastSeq = onServer.length;
      const [team, teamToo] = [await log(alice, '#team', lastSeq), await log(bob, '#team', lastSeq)];
      t.equal(JSON.stringify(team), JSON.stringify(teamToo), `${what}: the group's logs are equal`);
      t.equal(JSON.stringify(team), JSON.stringify(onServer), `${what}: a third member reads the same`);
      const alices = await log(alice, '@bob');
      const bobs = await log(bob, '@alice', alices.at(-1)?.seq);
      const direct = await log(alice, '@bob', bobs.at(-1)?.seq);
      t.equal(JSON.stringify(direct), JSON.stringify(bobs), `${what}: the direct logs are equal`);
      for (const events of [direct, team]) {
        t.ok(
          events.every(({ seq }, index) => seq === index + 1),
          `${what}: ${events.length} events without a gap`,
        );
      }
      const messages = [...direct, ...team].filter((event) => event.class === undefined);
      const byText = new Map(messages.map((event) => [textOf(event), event.id]));
      t.equal(byText.size, messages.length, `${what}: no text is there twice`);
      const missing = [...stored].filter(([text, id]) => byText.get(text) !== id);
      t.same(missing, [], `${what}: all ${stored.size} that were answered are there`);
      return messages;
    };

    await sendAll('calm', many);
    t.equal((await compare('calm')).length, 4 * many);

    const stormy = sendAll('stormy', some);
    await alice.event(({ message }) => message?.text?.startsWith('stormy') ?? false);
    await server.kill();
    await server.start();
    await stormy;
    t.equal((await compare('after a kill of the server')).length, 4 * (many + some));

    await server.kill();
    await server.start();
    await compare('after a kill of the idle server');

    const own = numbers(some).flatMap((n) => [
      send(alice, '@bob', `broken alice direct ${n}`),
      send(alice, '#team', `broken alice team ${n}`),
    ]);
    const others = numbers(some).map((n) => send(bob, '#team', `broken bob team ${n}`));
    await Promise.race(own);
    await alice.kill();
    await Promise.all([...own, ...others]);
    t.ok(lost.length > 0, 'she was killed with messages on their way');
    t.same(
      lost.filter((text) => !text.includes('alice')),
      [],
      'bob was answered each time',
    );
    alice = await startPipe(t, homes.alice);
    // The outbox is emptied in order, so what is sent now comes after all that it held.
    await Promise.all([send(alice, '@bob', 'done direct'), send(alice, '#team', 'done team')]);
    const messages = await compare('after a kill of a client');
    const there = new Set(messages.map(textOf));
    const never = lost.filter((text) => !there.has(text));
    t.comment(`${lost.length} were not answered, ${lost.length - never.length} of them sent by the outbox`);
    for (const place of ['direct', 'team']) {
      const inOrder = messages.map(textOf).filter((text) => text?.startsWith(`broken alice ${place}`));
      t.same(
        inOrder,
        numbers(inOrder.length).map((n) => `broken alice ${place} ${n}`),
        `${place}: what was sent before the end arrived in order, without a hole`,
      );
    }
    // What is not there now never will be: a bot may send it again without fear.
    await Promise.all(never.map((text) => send(alice, text.includes('team') ? '#team' : '@bob', text)));
    t.equal((await compare('in the end')).length, 4 * many + 7 * some + 2);

    const seenByBob = bob.events.flatMap(({ type, message }) =>
      type === 'message' && message ? [message] : [],
    );
    const heard = seenByBob.filter(({ kind }) => kind === 'text').map(({ id }) => id);
    t.equal(new Set(heard).size, heard.length, 'bob was told of nothing twice');
    t.equal(heard.length, 4 * many + 7 * some + 2, 'and of everything');
    t.equal(await alice.end(), 0);
    t.equal(await bob.end(), 0);
  },
);

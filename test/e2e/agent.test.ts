// The agent as a process on a real server: several viewers from one camera, questions in the chat, restarts, a server that is not there.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { answerId } from '../../src/cli/agent/questions.js';
import { registered, type CliPerson } from '../support/cli-person.js';
import { childrenOf, startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import { testServer } from '../support/server.js';
import { missing } from '../support/tools.js';

t.setTimeout(240_000);

const skip = missing('ffmpeg', '-version');

type Json = Record<string, unknown>;

/** The answers that somebody has got in their conversation with the agent, once there are so many. */
async function answersOf(person: CliPerson, count: number): Promise<Json[]> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    const history = await person.does('history', 'bob');
    const answers = history.filter(({ from, kind }) => from === 'bob' && kind !== 'call');
    if (answers.length >= count || Date.now() > giveUpAt) return answers;
    await sleep(200);
  }
}

t.test('two viewers share one camera, and one who leaves does not end the other', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const carol = await registered(t, server, 'carol');
  await bob.does('friends', 'add', carol.phone);
  const agent = await startAgent(t, bob, ...withoutDevices, '--fps', '10', '--viewers', '2');
  const viewers = ['--camera', 'none', '--mic', 'none', '--speaker', 'none', '--headless', '--stats', '-'];
  const first = startCall(t, alice, 'bob', ...viewers);
  await first.until(({ type }) => type === 'connected');
  const second = startCall(t, carol, 'bob', ...viewers);
  await second.until(({ type }) => type === 'connected');
  const framesOf = ({ received }: Json): number =>
    (received as Record<string, { video: { frames: number } }>)['bob']?.video.frames ?? 0;
  const seesMore = async (viewer: typeof first, than: number): Promise<number> =>
    framesOf(await viewer.until((line) => line['type'] === 'stats' && framesOf(line) > than));
  await Promise.all([seesMore(first, 5), seesMore(second, 5)]);
  t.ok((await childrenOf(agent.child.pid!)).length <= 1, 'one ffmpeg for both');
  const dave = await registered(t, server, 'dave');
  await bob.does('friends', 'add', dave.phone);
  t.equal(await startCall(t, dave, 'bob', ...viewers).ended, 6, 'a third one is one too many');
  first.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await first.ended, 0);
  const before = await seesMore(second, 0);
  await seesMore(second, before + 5);
  const [ffmpeg] = await childrenOf(agent.child.pid!);
  if (ffmpeg !== undefined) {
    process.kill(ffmpeg, 'SIGKILL');
    t.match(await agent.until(({ type }) => type === 'problem'), { part: 'camera' });
    await agent.until(({ type }) => type === 'recovered');
    await seesMore(second, (await seesMore(second, 0)) + 10);
  }
  agent.child.kill('SIGTERM');
  t.match(await second.until(({ type }) => type === 'ended'), { reason: 'hangup' });
  t.equal(await agent.ended, 0);
});

t.test('photo and status of a friend are answered once each; others learn nothing', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const eve = await registered(t, server, 'eve');
  const agent = await startAgent(t, bob, ...withoutDevices);
  await eve.does('send', 'bob', 'photo');
  const { id } = await alice.gets('send', 'bob', '/Photo');
  t.match(await agent.until(({ type }) => type === 'answered'), {
    question: 'photo',
    message: answerId(id as string),
  });
  await alice.does('send', 'bob', 'status');
  await alice.does('send', 'bob', 'photo of the cat?');
  await agent.until(({ type }) => type === 'answered');
  const [photo, status, ...more] = await answersOf(alice, 2);
  t.match(photo, { kind: 'image', replyTo: id, file: { type: 'image/jpeg' } });
  t.match(status, { kind: 'text', text: /camera test: ready\nviewers \(0 of 4\): nobody\nmemory \d+ MB/ });
  t.same(more, [], 'other words ask nothing');
  t.same(await answersOf(eve, 0), []);
  const files = async (): Promise<string[]> => [
    ...(await readdir(join(bob.home, 'files')).catch(() => [])),
    ...(await readdir(join(bob.home, 'agent-pictures')).catch(() => [])),
  ];
  for (let tries = 0; (await files()).length > 0 && tries < 50; tries++) await sleep(100);
  t.same(await files(), [], 'what was sent is off the disk');
  agent.child.kill('SIGTERM');
  t.equal(await agent.ended, 0);
});

t.test('what was asked while it was away is answered once, also when it is killed over it', async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const quiet = ['--camera', 'none', '--mic', 'none', '--speaker', 'none'];
  await alice.does('send', 'bob', 'hello');
  const first = await startAgent(t, bob, ...quiet);
  await alice.does('send', 'bob', 'status');
  await first.until(({ type }) => type === 'answered');
  first.child.kill('SIGKILL');
  await first.ended;
  await alice.does('send', 'bob', 'status');
  for (const signal of ['SIGKILL', 'SIGKILL', 'SIGTERM'] as const) {
    const again = await startAgent(t, bob, ...quiet);
    await answersOf(alice, 2);
    again.child.kill(signal);
    await again.ended;
  }
  const answers = await answersOf(alice, 2);
  t.equal(answers.length, 2);
  t.equal(new Set(answers.map(({ replyTo }) => replyTo)).size, 2, 'one for each question');
});

t.test('an agent that cannot reach its server waits; one whose login was revoked ends with 3', async (t) => {
  const first = await testServer(t);
  const { port } = first.tcp;
  const { alice, bob } = await twoFriends(t, first);
  await first.close();
  const agent = startCall(t, bob, '--answer', ...withoutDevices);
  for (let tries = 0; agent.stderr === '' && tries < 200; tries++) await sleep(50);
  t.match(agent.stderr, /cannot reach .*Trying again in/);
  t.equal(agent.child.exitCode, null);
  const again = await testServer(t, { dataDir: first.dataDir, port });
  await agent.until(({ type }) => type === 'ready');
  const caller = startCall(t, alice, 'bob', '--audio-only', ...withoutDevices);
  await caller.until(({ type }) => type === 'connected');
  const sessions = (await bob.does('sessions')) as { id: number }[];
  await bob.does('sessions', 'revoke', String(sessions[0]!.id));
  t.equal(await agent.ended, 3, agent.stderr);
  t.match(await caller.until(({ type }) => type === 'ended'), { reason: 'hangup' });
  await again.close();
});

// `listen` and `pipe`: nothing missed, nothing twice, answers when stored, an end that waits.
import t from 'tap';
import type { Message, Outgoing } from '../../src/client/api.js';
import { run } from '../../src/cli/run.js';
import { PytalkError } from '../../src/protocol/errors.js';
import { jsonLines, session } from '../support/cli-run.js';
import { FakeClient, fakeMessage } from '../support/fake-client.js';

/** A live client: `send` only reaches the outbox; the test says when a message is stored. */
class LiveClient extends FakeClient {
  readonly queued: Message[] = [];
  past: { type: 'message' | 'message-updated'; message: Message; cursor: string }[] = [];
  /** Happens while the past is read. */
  meanwhile: () => void = () => undefined;

  override send(withName: string, outgoing: Outgoing): Promise<Message> {
    const message = fakeMessage({
      from: 'alice',
      conversation: `@${withName}`,
      mine: true,
      id: outgoing.id ?? '',
      text: outgoing.text ?? null,
      seq: null,
      state: 'queued',
    });
    this.queued.push(message);
    return Promise.resolve(message);
  }

  stored(seq: number, ...messages: Message[]): void {
    messages.forEach((message, index) => {
      this.emit('outbox', { message: { ...message, seq: seq + index, state: 'sent' } });
    });
  }

  override async *replay(): AsyncGenerator<never> {
    for (const [index, event] of this.past.entries()) {
      if (index === 1) this.meanwhile();
      yield await Promise.resolve(event as never);
    }
  }
}

const message = (text: string): Message => fakeMessage({ from: 'bob', text });

t.test('listen says ready, then the past, then what came meanwhile, each once', async (t) => {
  const client = new LiveClient('alice');
  const [one, two, three] = [message('one'), message('two'), message('three')];
  client.past = [
    { type: 'message', message: one, cursor: '11' },
    { type: 'message', message: two, cursor: '12' },
  ];
  client.meanwhile = () => {
    client.emit('message', { message: two, cursor: '12' });
    client.emit('message', { message: three, cursor: '13' });
  };
  const { io, stdout, controller } = session({ client });
  const ended = run(['listen', '--since', '10'], io);
  await stdout.has('three');
  client.emit('message-updated', { message: { ...one, text: 'ONE' }, cursor: '14' });
  await stdout.has('ONE');
  controller.abort('SIGINT');
  t.equal(await ended, 130);
  const lines = jsonLines(stdout.text);
  t.same(lines[0], { type: 'ready', cursor: '10' });
  const told = lines
    .slice(1)
    .map((line) => [line['type'], (line['message'] as Message).text, line['cursor']]);
  t.same(told, [
    ['message', 'one', '11'],
    ['message', 'two', '12'],
    ['message', 'three', '13'],
    ['message-updated', 'ONE', '14'],
  ]);
});

t.test('listen tells receipts, typing, presence, friends, groups and the connection', async (t) => {
  const client = new LiveClient('alice');
  const group = client.talk('#team', ['bob']);
  const { io, stdout, controller } = session({ client });
  const ended = run(['listen'], io);
  await stdout.has('ready');
  client.emit('receipt', { conversation: '#team', conv: 1, user: 'bob', delivered: 3, read: 2 });
  client.emit('typing', { conversation: '#team', conv: 1, user: 'bob', on: true });
  client.emit('presence', { user: 'bob', online: true, lastSeenAt: null });
  client.emit('friend', { user: client.person('bob'), added: true });
  client.emit('conversation', { conversation: group });
  client.emit('key-changed', { user: client.person('bob') });
  client.emit('connection', { state: 'offline', error: new PytalkError('disconnected'), retryInMs: 100 });
  await stdout.has('retryInMs');
  controller.abort('SIGTERM');
  await ended;
  const [, receipt, typing, presence, friend, team, key, connection] = jsonLines(stdout.text);
  t.same(receipt, { type: 'receipt', conversation: '#team', user: 'bob', delivered: 3, read: 2 });
  t.same(typing, { type: 'typing', conversation: '#team', user: 'bob', on: true });
  t.same(presence, { type: 'presence', user: 'bob', online: true, lastSeenAt: null });
  t.same(friend, { type: 'friend', user: 'bob', added: true });
  t.equal((team?.['group'] as { conversation: string }).conversation, '#team');
  t.same(key, { type: 'key-changed', user: 'bob' });
  t.match(connection, {
    type: 'connection',
    state: 'offline',
    error: { code: 'disconnected' },
    retryInMs: 100,
  });
});

t.test('--with lets only the named conversations through', async (t) => {
  const client = new LiveClient('alice');
  const bob = client.talk('@bob');
  const carol = client.talk('@carol');
  const { io, stdout, controller } = session({ client });
  const ended = run(['listen', '--with', 'carol'], io);
  await stdout.has('ready');
  client.emit('message', { message: fakeMessage({ from: 'bob', conv: bob.id }), cursor: '2' });
  client.emit('presence', { user: 'bob', online: true, lastSeenAt: null });
  client.emit('message', { message: fakeMessage({ from: 'carol', conv: carol.id }), cursor: '3' });
  client.emit('presence', { user: 'carol', online: true, lastSeenAt: null });
  await stdout.has('presence');
  controller.abort('SIGINT');
  await ended;
  t.same(
    jsonLines(stdout.text).map((line) => line['type']),
    ['ready', 'message', 'presence'],
  );
  t.notMatch(stdout.text, /bob/);
});

t.test('listen ends with 3 when the server ends the session', async (t) => {
  const client = new LiveClient('alice');
  const { io, stdout, stderr } = session({ client });
  const ended = run(['listen'], io);
  await stdout.has('ready');
  client.emit('session-ended', { error: new PytalkError('session-ended') });
  t.equal(await ended, 3);
  t.match(stderr.text, /log in again/);
});

t.test('pipe answers a send when it is stored, keeps the order, has many under way', async (t) => {
  const client = new LiveClient('alice');
  client.talk('@bob');
  const { io, stdin, stdout } = session({ client });
  const ended = run(['pipe'], io);
  for (let id = 1; id <= 200; id++) {
    stdin.write(`${JSON.stringify({ id, do: 'send', with: 'bob', text: `text ${id}` })}\n`);
  }
  stdin.write('{"id":"who","do":"whoami"}\n');
  await stdout.has('"id":"who"');
  t.equal(client.queued.length, 200);
  t.same(
    client.queued.map(({ text }) => text),
    Array.from({ length: 200 }, (_, at) => `text ${at + 1}`),
  );
  t.notMatch(stdout.text, /"id":200,/);
  stdin.end();
  client.stored(1, ...client.queued);
  t.equal(await ended, 0);
  const answers = jsonLines(stdout.text).filter(({ id }) => typeof id === 'number');
  t.equal(answers.length, 200);
  t.same(
    answers.map(({ result }) => (result as Message).seq),
    Array.from({ length: 200 }, (_, at) => at + 1),
  );
});

t.test('pipe answers refusals and nonsense as errors, and goes on', async (t) => {
  const client = new LiveClient('alice');
  client.talk('@bob');
  const { io, stdin, stdout } = session({ client });
  const ended = run(['pipe'], io);
  const requests = [
    '{nonsense',
    '[1]',
    '{"id":1,"do":"snd"}',
    '{"id":2,"do":"history"}',
    '{"id":3,"do":"history","with":"zoe"}',
    '{"id":4,"do":"login","user":"alice"}',
    '{"id":5,"do":"typing","with":"bob"}',
    '{"id":6,"do":"send","with":"bob","text":"refused"}',
  ];
  stdin.write(`${requests.join('\n')}\n`);
  await stdout.has('"id":5');
  while (client.queued.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [refused] = client.queued;
  const error = { code: 'blocked', message: 'messages between you and bob are blocked' };
  if (refused) client.emit('outbox', { message: { ...refused, state: 'failed', error } });
  stdin.end();
  t.equal(await ended, 0);
  const answers = jsonLines(stdout.text).filter((line) => 'ok' in line);
  const codes = answers.map(({ id, ok, error: one }) => [
    id,
    ok === true ? 'ok' : (one as { code: string }).code,
  ]);
  t.same(
    codes.sort(([a], [b]) => Number(a) - Number(b)),
    [
      [null, 'usage'],
      [null, 'usage'],
      [1, 'usage'],
      [2, 'usage'],
      [3, 'conversation-not-found'],
      [4, 'usage'],
      [5, 'ok'],
      [6, 'blocked'],
    ],
  );
  t.ok(client.calls.includes('typing bob true'));
});

t.test('pipe answers a list as one array', async (t) => {
  const client = new LiveClient('alice');
  client.talk('@bob');
  client.talk('#team', ['bob']);
  const { io, stdout } = session({
    client,
    input: '{"id":1,"do":"conversations"}\n{"id":2,"do":"groups.list"}\n',
  });
  t.equal(await run(['pipe'], io), 0);
  const answers = jsonLines(stdout.text).filter((line) => 'ok' in line);
  t.same(
    answers.map(({ result }) => (result as unknown[]).length),
    [2, 1],
  );
});

// Tests of answering in the chat, with a client in memory: once for each question, one picture a while, nothing for strangers.
import t from 'tap';
import { Answers } from '../../../src/cli/agent/answers.js';
import { answerId, type Question } from '../../../src/cli/agent/questions.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import type { Client, Message } from '../../../src/client/api.js';
import { PytalkError } from '../../../src/protocol/errors.js';
import { fakeMessage } from '../../support/fake-client.js';
import { fakeTimers } from '../../support/fake-timers.js';

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

interface Sent {
  to: string;
  id: string;
  text?: string;
  jpeg?: Buffer;
}

function scene(past: { type: 'message'; message: Message; cursor: string }[] = []) {
  const timers = fakeTimers(Date.parse('2026-03-03T12:00:00Z'));
  const sent: Sent[] = [];
  const done: string[] = [];
  const answered: Question[] = [];
  const failures: unknown[] = [];
  const state = { camera: true, disk: true };
  let listener: (event: { message: Message; cursor: string }) => void = () => undefined;
  const keep = async (one: Sent): Promise<Message> => {
    if (!state.disk) throw new PytalkError('home-unusable', { details: { path: 'x', reason: 'full' } });
    sent.push(one);
    return fakeMessage({ from: 'agent', id: one.id, conversation: one.to });
  };
  const client = {
    on: (_type: string, given: typeof listener) => {
      listener = given;
      return () => (listener = () => undefined);
    },
    cursor: async () => '0',
    replay: async function* () {
      yield* past;
    },
    message: async (id: string) => {
      const known = sent.find((one) => one.id === id);
      if (!known) throw new PytalkError('message-not-found', { details: { id } });
      return fakeMessage({ from: 'agent', id });
    },
    send: (to: string, message: Omit<Sent, 'to'>) => keep({ to, ...message }),
  } as unknown as Client;
  const answers = new Answers({
    client,
    trust: { trusts: async (name) => name === 'alice' || name === 'bob' },
    told: {
      read: async () => '0',
      begin: (cursor: string) => () => void done.push(cursor),
      save: async () => undefined,
    } as never,
    pictures: { send: ({ to, jpeg, id }) => keep({ to, jpeg, id: id! }) },
    say: sayIn('en'),
    photo: async () => {
      if (!state.camera) throw new PytalkError('ffmpeg-missing');
      return Buffer.from('jpeg');
    },
    status: async () => 'fine',
    words: (error) => (error as Error).message,
    answered: (question) => answered.push(question),
    failed: (error) => failures.push(error),
    now: timers.now,
    after: timers.after,
  });
  const asks = (from: string, text: string, more: Partial<Message> = {}): Message => {
    const message = fakeMessage({ from, text, sentAt: new Date(timers.now()).toISOString(), ...more });
    listener({ message, cursor: message.id });
    return message;
  };
  return { answers, asks, sent, done, answered, failures, state, timers };
}

t.test('a question is answered once, with an id of its own, however often it is told', async (t) => {
  const it = scene();
  await it.answers.start();
  const question = it.asks('alice', 'status');
  it.asks('alice', 'status', { id: question.id });
  await settled();
  it.asks('alice', 'status', { id: question.id });
  await settled();
  t.match(it.sent, [{ to: '@alice', id: answerId(question.id), text: 'fine' }]);
  t.equal(it.sent.length, 1);
  t.equal(it.done.length, 3, 'and all is dealt with');
});

t.test('strangers and old questions get nothing', async (t) => {
  const it = scene();
  await it.answers.start();
  it.asks('eve', 'photo');
  it.asks('alice', 'photo', { sentAt: new Date(it.timers.now() - 600_000).toISOString() });
  it.asks('alice', 'hello');
  await settled();
  t.same([it.sent, it.done.length], [[], 3]);
});

t.test('a person gets one picture in five seconds, and a word when asking sooner', async (t) => {
  const it = scene();
  await it.answers.start();
  it.asks('alice', 'photo');
  it.asks('bob', 'photo');
  await settled();
  it.timers.pass(3_000);
  it.asks('alice', 'photo');
  await settled();
  it.timers.pass(2_000);
  it.asks('alice', 'photo');
  await settled();
  t.match(
    it.sent.map(({ to, jpeg, text }) => [to, jpeg ? 'picture' : text]),
    [
      ['@alice', 'picture'],
      ['@bob', 'picture'],
      ['@alice', 'one picture every 5 s: ask again in 2 s'],
      ['@alice', 'picture'],
    ],
  );
});

t.test('a camera that does not work is the answer', async (t) => {
  const it = scene();
  it.state.camera = false;
  await it.answers.start();
  it.asks('alice', 'photo');
  await settled();
  t.match(it.sent, [{ text: /^no picture: ffmpeg is needed/ }]);
});

t.test('a full disk delays the answer, until the question is old', async (t) => {
  const it = scene();
  it.state.disk = false;
  await it.answers.start();
  it.asks('alice', 'status');
  await settled();
  t.equal(it.failures.length, 1);
  t.equal(it.done.length, 0, 'not dealt with: a restart would take it up');
  it.state.disk = true;
  it.timers.pass(10_000);
  await settled();
  t.equal(it.sent.length, 1);
  it.state.disk = false;
  it.asks('alice', 'status');
  for (let round = 0; round < 31; round++) {
    await settled();
    it.timers.pass(10_000);
  }
  await settled();
  t.equal(it.sent.length, 1);
  t.equal(it.done.length, 2, 'given up');
  await it.answers.close();
  t.equal(it.timers.pending, 0);
});

t.test('what was asked while it was away is answered when it begins', async (t) => {
  const sentAt = '2026-03-03T11:58:00Z';
  const question = fakeMessage({ from: 'alice', text: 'status', sentAt });
  const it = scene([{ type: 'message', message: question, cursor: '7' }]);
  await it.answers.start();
  await settled();
  t.match(it.sent, [{ id: answerId(question.id) }]);
  t.same(it.done, ['7']);
});

// Whole command lines, in-process, on a client in memory.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import t from 'tap';
import { run } from '../../src/cli/run.js';
import { PytalkError } from '../../src/protocol/errors.js';
import { jsonLines, runCli, session } from '../support/cli-run.js';
import { FakeClient, fakeMessage } from '../support/fake-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function clientWithBob(): FakeClient {
  const client = new FakeClient('alice');
  client.talk('@bob');
  return client;
}

t.test('send prints the stored message and closes the client', async (t) => {
  const home = await temporaryFolder(t);
  const client = clientWithBob();
  const { exitCode, stdout } = await runCli(['--home', home, 'send', 'bob', 'hello', 'all', '--json'], {
    client,
  });
  const [message] = jsonLines(stdout);
  t.equal(exitCode, 0);
  t.equal(client.calls[0], 'send bob hello all  ');
  t.ok(client.isClosed);
  const keys = ['id', 'seq', 'conversation', 'from', 'kind', 'text', 'sentAt', 'editedAt', 'deleted'];
  for (const key of [...keys, 'replyTo', 'file', 'reactions', 'poll', 'call', 'state']) {
    t.ok(message && Object.hasOwn(message, key), key);
  }
});

t.test('send - reads the text from stdin', async (t) => {
  const client = clientWithBob();
  await runCli(['--home', await temporaryFolder(t), 'send', 'bob', '-'], { client, input: 'two\nlines\n' });
  t.equal(client.calls[0], 'send bob two\nlines  ');
});

t.test(
  'send with files sends one message each, the text with the first, ids that a repeat has again',
  async (t) => {
    const client = clientWithBob();
    const ids: (string | undefined)[] = [];
    const original = client.send.bind(client);
    client.send = (name, outgoing) => {
      ids.push(outgoing.id);
      return original(name, outgoing);
    };
    const argv = [
      '--home',
      await temporaryFolder(t),
      'send',
      'bob',
      'look',
      '--file',
      'a.png',
      '-f',
      '/b.png',
    ];
    const id = '0193c2f4-5a6b-7c8d-9e0f-112233445566';
    await runCli([...argv, '--id', id], { client });
    await runCli([...argv, '--id', id], { client });
    t.equal(client.calls[0], 'send bob look  /somewhere/a.png');
    t.equal(client.calls[1], 'send bob   /b.png');
    t.equal(ids[0], id);
    t.match(ids[1], /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    t.same(ids.slice(0, 2), ids.slice(2));
  },
);

t.test('a list is one object a line with --json', async (t) => {
  const client = clientWithBob();
  client.talk('#team', ['bob']);
  const { stdout } = await runCli(['--home', await temporaryFolder(t), 'conversations', '--json'], {
    client,
  });
  t.same(
    jsonLines(stdout).map((one) => one['conversation']),
    ['@bob', '#team'],
  );
});

t.test('words for reactions, and counting from 1 in polls', async (t) => {
  const client = clientWithBob();
  const { id } = client.add('@bob', { from: 'bob' });
  const poll = await client.createPoll('@bob', 'q', ['a', 'b']);
  for (const emoji of ['like', 'dislike', 'none', '🎉']) await runCli(['react', id, emoji], { client });
  await runCli(['poll', 'vote', poll.id, '2'], { client });
  await runCli(['poll', 'vote', poll.id, 'none'], { client });
  t.same(client.calls.slice(1), ['react 👍', 'react 👎', 'react null', 'react 🎉', 'vote 1', 'vote null']);
  const { exitCode, stderr } = await runCli(['poll', 'vote', poll.id, '0'], { client });
  t.equal(exitCode, 2);
  t.match(stderr, /See `pytalk poll vote --help`/);
});

t.test('options become what the client is connected with', async (t) => {
  const options = ['--server', 'h:1', '--home', 'd', '--fingerprint', 'ab', '--no-tls', '--timeout', '3'];
  const { connects } = await runCli([...options, 'whoami'], { client: new FakeClient('alice') });
  t.same(connects, [
    { mode: 'once', server: 'h:1', home: 'd', fingerprint: 'ab', tls: false, timeoutMs: 3000 },
  ]);
  const env = { PYTALK_SERVER: 'e:2', PYTALK_HOME: 'eh' };
  const fromEnvironment = await runCli(['search', 'x'], { client: new FakeClient('alice'), env });
  t.same(fromEnvironment.connects, [{ mode: 'live', server: 'e:2', home: 'eh', tls: true }]);
});

t.test(
  'without a login it ends with 3, without a server with 4, refused with 1, misused with 2',
  async (t) => {
    const nobody = await runCli(['conversations'], { client: new FakeClient(null) });
    t.equal(nobody.exitCode, 3);
    const connect = () =>
      Promise.reject(new PytalkError('unreachable', { details: { server: 'x', reason: 'no' } }));
    const away = await runCli(['whoami', '--json'], { connect });
    t.equal(away.exitCode, 4);
    t.equal(away.stdout, '');
    t.equal(jsonLines(away.stderr)[0]?.['code'], 'unreachable');
    const refused = await runCli(['send', 'zoe', 'hi'], { client: clientWithBob() });
    t.equal(refused.exitCode, 1);
    t.equal(refused.stderr, 'pytalk: there is no user or group zoe, or you are not in it\n');
    const misused = await runCli(['send', 'bob'], { client: clientWithBob() });
    t.equal(misused.exitCode, 2);
    const french = await runCli(['sned', 'bob', '--lang', 'fr']);
    t.match(french.stderr, /Vouliez-vous dire send \?/);
    t.equal((await runCli(['whoami', '--lang', 'de'])).exitCode, 2);
  },
);

t.test('help and version need nothing', async (t) => {
  t.match((await runCli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  t.match((await runCli([])).stdout, /Usage: pytalk COMMAND/);
  t.match(
    (await runCli(['send', '--help'], { env: { PYTALK_LANG: '', LC_ALL: 'fr_FR.UTF-8' } })).stdout,
    /Utilisation/,
  );
});

t.test('an interrupt ends with 130 after closing the client', async (t) => {
  const client = clientWithBob();
  const { io, controller } = session({ client });
  client.conversations = () => {
    setImmediate(() => controller.abort('SIGINT'));
    return new Promise(() => undefined);
  };
  t.equal(await run(['conversations'], io), 130);
  t.ok(client.isClosed);
});

t.test('it ends quietly with 0 when nobody reads stdout any more', async (t) => {
  const client = clientWithBob();
  for (let count = 0; count < 10; count++) client.add('@bob', { from: 'bob' });
  const { io, controller, stderr } = session({ client });
  const broken = new Writable({
    write(_chunk, _encoding, done) {
      controller.abort('EPIPE');
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  });
  broken.on('error', () => undefined);
  t.equal(await run(['history', 'bob', '--json'], { ...io, stdout: broken }), 0);
  t.equal(stderr.text, '');
});

t.test('system messages have their sentence as text in JSON', async (t) => {
  const client = clientWithBob();
  client.talk('#team', ['bob']);
  const system = { event: 'renamed', by: 'bob', name: 'crew' } as const;
  client.add('#team', {
    ...fakeMessage({ from: 'bob', kind: 'system', text: null, system }),
    conversation: '#team',
  });
  const { stdout } = await runCli(['history', '#team', '--json', '--lang', 'fr'], { client });
  t.match(String(jsonLines(stdout)[0]?.['text']), /bob .*crew/);
});

t.test('what others wrote cannot steer the terminal', async (t) => {
  const client = new FakeClient('alice');
  const evil = '\x1b]0;owned\x07\u202e\x9b2Jhi';
  client.talk('@bob');
  client.add('@bob', { from: `bob${evil}`, text: `one${evil}\r\ntwo` });
  for (const argv of [['history', 'bob'], ['conversations'], ['search', 'one']]) {
    const { stdout } = await runCli([...argv, '--home', await temporaryFolder(t)], { client });
    t.ok(stdout.includes('hi'), argv.join(' '));
    t.notMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/, argv.join(' '));
  }
});

t.test(
  'a wrong value is refused with 2 and a sentence without the words of the checking library',
  async (t) => {
    const home = await temporaryFolder(t);
    const poll = await runCli(['--home', home, 'poll', 'create', 'bob', 'Tea?', 'yes'], {
      client: clientWithBob(),
    });
    t.equal(poll.exitCode, 2);
    t.match(poll.stderr, 'at least 2 are needed');
    const limit = await runCli(['--home', home, '--lang', 'fr', 'history', 'bob', '--limit', 'abc'], {
      client: clientWithBob(),
    });
    t.equal(limit.exitCode, 2);
    t.match(limit.stderr, 'ce n’est pas un nombre');
    for (const [value, told] of [
      ['0', 'limit: give 1 or more'],
      ['1.5', 'this is not a whole number'],
    ] as const) {
      const { exitCode, stderr } = await runCli(['--home', home, 'history', 'bob', '--limit', value], {
        client: clientWithBob(),
      });
      t.equal(exitCode, 2);
      t.match(stderr, told);
    }
  },
);

t.test('a wrong file of settings is told once, in a line for each mistake, and stops nothing', async (t) => {
  const home = await temporaryFolder(t);
  const told = (...words: string[]) =>
    runCli(['--home', home, ...words], { client: new FakeClient('alice'), env: { PYTALK_LANG: '' } });
  await writeFile(join(home, 'config.json'), '{"lang":"fr","theme":"pink","mouse":"perhaps"}');
  const wrong = await told('whoami');
  t.equal(wrong.exitCode, 0);
  t.match(wrong.stdout, 'alice');
  t.match(wrong.stderr, /^pytalk: .*config\.json : theme ne peut pas valoir "pink".*\npytalk: .*mouse.*\n$/);
  await writeFile(join(home, 'config.json'), '{"lang":"fr",}');
  t.match((await told('whoami')).stderr, /^pytalk: .*config\.json cannot be read .*\n$/);
  t.equal((await told('whoami', '--lang', 'en')).stderr, '', 'what needs no settings does not read them');
  const called = await told('call', '--lang', 'en');
  t.match(called.stderr, /^pytalk: .*cannot be read .*\npytalk: .*\n$/, 'a call needs them');
});

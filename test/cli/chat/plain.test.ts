import t from 'tap';
import { noDevices } from '../../support/calling.js';
import { runPlainChat } from '../../../src/cli/chat/plain.js';
import { session, type Session } from '../../support/cli-run.js';
import { FakeClient } from '../../support/fake-client.js';
import { memorySettings } from '../../support/settings.js';

interface Plain {
  client: FakeClient;
  input: Session['stdin'];
  output: Session['stdout'];
  ended: Promise<number>;
  interrupt(): void;
}

function start(client: FakeClient, withName?: string): Plain {
  const { stdin: input, stdout: output, controller } = session();
  const ended = runPlainChat({
    ...(withName === undefined ? {} : { with: withName }),
    connect: {},
    openClient: () => Promise.resolve(client),
    lang: 'en',
    systemLang: 'en',
    startServer: () => Promise.reject(new Error('not here')),
    systemHour12: false,
    settings: memorySettings(),
    callSetup: noDevices,
    input,
    output,
    interrupt: controller.signal,
  });
  return { client, input, output, ended, interrupt: () => controller.abort() };
}

function withBob(): FakeClient {
  const client = new FakeClient();
  client.talk('@bob');
  client.talk('@carol');
  client.add('@bob', { from: 'bob', text: 'hello\u001b[2J\nalice' });
  return client;
}

t.test('prints messages as lines, and sends each line that is typed', async (t) => {
  const { client, input, output, ended } = start(withBob(), '@bob');
  await output.has('== @bob ==');
  await output.has('bob: hello\n      alice');
  client.receive('@bob', { from: 'bob', text: 'here' });
  await output.has(' bob: here');
  client.receive('@carol', { from: 'carol', text: 'there' });
  await output.has('[@carol] ');
  input.write('hi bob\n/members\n');
  await output.has('that is not a group');
  input.end('last words\n');
  t.equal(await ended, 0);
  t.same(
    client.calls.filter((call) => call.startsWith('send')),
    ['send @bob hi bob  ', 'send @bob last words  '],
  );
  t.notMatch(output.text, /\u001b/);
  t.ok(client.isClosed);
});

t.test('help is printed, /quit and an interrupt end it, and one has to be logged in', async (t) => {
  const first = start(withBob());
  first.input.write('/help\n');
  await first.output.has('/msg NAME [TEXT]');
  first.input.write('/quit\n');
  t.equal(await first.ended, 0);
  const second = start(withBob(), 'bob');
  await second.output.has('== @bob ==');
  second.interrupt();
  t.equal(await second.ended, 0);
  const nobody = new FakeClient(null);
  await t.rejects(start(nobody).ended, { code: 'not-logged-in' });
  t.ok(nobody.isClosed);
});

import fc from 'fast-check';
import t from 'tap';
import type { ConnectOptions } from '../../../src/client/api.js';
import type { Call } from '../../../src/client/call-api.js';
import { PytalkError } from '../../../src/protocol/errors.js';
import { freeAddressHere } from '../../../src/cli/chat/log-in.js';
import { initialState } from '../../../src/cli/chat/state.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { askingByLines, enterByLines, type Entered } from '../../../src/cli/chat/plain-log-in.js';
import { run } from '../../../src/cli/run.js';
import { noDevices } from '../../support/calling.js';
import { runPlainChat, told, type PlainOptions } from '../../../src/cli/chat/plain.js';
import { session, type Session } from '../../support/cli-run.js';
import { FakeClient } from '../../support/fake-client.js';
import { memorySettings } from '../../support/settings.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Plain {
  client: FakeClient;
  input: Session['stdin'];
  output: Session['stdout'];
  ended: Promise<number>;
  interrupt(): void;
}

interface Asked {
  env?: Record<string, string>;
  fields?: Record<string, boolean>;
}

function options(client: FakeClient): Omit<PlainOptions, 'input' | 'output' | 'interrupt' | 'enter'> {
  return {
    connect: {},
    openClient: () => Promise.resolve(client),
    startServer: () => Promise.reject(new Error('not here')),
    lang: 'en',
    systemLang: 'en',
    systemHour12: false,
    settings: memorySettings(),
    callSetup: () => noDevices,
  };
}

function start(client: FakeClient, withName?: string, { env = {}, fields = {} }: Asked = {}): Plain {
  const { stdin: input, stdout: output, controller } = session();
  const ways = options(client);
  const ended = runPlainChat({
    ...ways,
    ...(withName === undefined ? {} : { with: withName }),
    input,
    output,
    interrupt: controller.signal,
    enter: (lines, print) => {
      const asking = askingByLines({ say: sayIn('en'), io: { env } }, lines, print);
      return enterByLines(ways, { asking, fields, print });
    },
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
  const third = start(nobody);
  third.input.end();
  await t.rejects(third.ended, { code: 'cancelled' });
  t.ok(nobody.isClosed);
});

t.test('help is a sentence for each command, without columns', async (t) => {
  const { input, output, ended } = start(withBob(), '@bob');
  input.end('/help\n');
  t.equal(await ended, 0);
  const lines = output.text.split('\n');
  const friend = lines.find((line) => line.startsWith('/friend'));
  t.match(friend, /^\/friend .*: \w/);
  t.notOk(lines.some((line) => /\S {3,}\S/.test(line)));
  t.notMatch(output.text, /Ctrl\+/, 'no keys: there are none here');
});

t.test('who is not logged in is asked, and goes on with the lines that follow', async (t) => {
  const client = new FakeClient(null);
  client.talk('@bob');
  const { input, output, ended } = start(client, undefined, { env: { PYTALK_PASSWORD: 'secret123' } });
  input.end('yes\nalice\n/msg bob\n');
  t.equal(await ended, 0);
  t.match(output.text, 'Do you have an account there?');
  t.match(output.text, 'Logged in as alice on 127.0.0.1:5000\n');
  t.match(output.text, '/msg NAME opens a conversation');
  t.match(output.text, '== @bob ==');
});

t.test('registers by lines, the password among them when the option says so', async (t) => {
  const client = new FakeClient(null);
  const { input, ended } = start(client, undefined, { fields: { passwordStdin: true } });
  input.end('no\ncarol\n06 12 34 56 78\n\n\n\n\nsecret123\n/quit\n');
  t.equal(await ended, 0);
  t.same(client.calls, ['register carol 0612345678']);
  const wrong = new FakeClient(null);
  const second = start(wrong, undefined, { env: { PYTALK_PASSWORD: 'wrong' } });
  second.input.end('yes\nalice\n');
  await t.rejects(second.ended, { code: 'login-refused' }, 'a script does not try again');
  const none = start(new FakeClient(null));
  none.input.end('yes\nalice\n');
  await t.rejects(none.ended, { code: 'usage' }, 'a password is not read where it would be seen');
});

/** Somebody at a terminal, where no server runs until one is started or `other:5000` is named. */
function firstStart(
  answers: string[],
  connect: ConnectOptions = {},
): {
  ports: number[];
  printed: string[];
  asked: string[];
  client: FakeClient;
  entered: Promise<Entered>;
} {
  const client = new FakeClient(null);
  const printed: string[] = [];
  const asked: string[] = [];
  const ports: number[] = [];
  const line = (question: string): Promise<string> => {
    asked.push(question);
    const answer = answers.shift();
    return answer === undefined ? Promise.reject(new PytalkError('cancelled')) : Promise.resolve(answer);
  };
  const ways = {
    connect,
    openClient: ({ server = '127.0.0.1:5000' }: ConnectOptions) => {
      if (server === 'other:5000' || server === '127.0.0.1:5123') {
        client.server = server;
        return Promise.resolve(client);
      }
      return Promise.reject(new PytalkError('unreachable', { details: { server, reason: 'refused' } }));
    },
    startServer: (port: number) => {
      ports.push(port);
      const place = { dataDir: '/h/s', logFile: '/h/s/server.log' };
      return Promise.resolve({ address: '127.0.0.1:5123', pid: 4242, ...place });
    },
  };
  const pipedLine = (): Promise<undefined> => Promise.resolve(undefined);
  const prompter = { line, secret: line, pipedLine };
  const asking = { say: sayIn('en'), io: { env: {} }, isInteractive: true, prompter };
  const print = (text: string): void => void printed.push(text);
  return { ports, printed, asked, client, entered: enterByLines(ways, { asking, fields: {}, print }) };
}

t.test(
  'without any server Enter starts one here, says how it stops, and an account is made on it',
  async (t) => {
    const account = ['erin', '0612345678', '', '', '', '', 'secret123', 'secret123'];
    const { printed, asked, client, entered } = firstStart(['', ...account]);
    t.same(await entered, { client, isNew: true, friend: null });
    t.match(printed[0], 'nothing answers at 127.0.0.1:5000');
    t.match(printed.join('\n'), /process 4242.*\/h\/s\/server\.log.*kill 4242/);
    t.same(client.calls, ['register erin 0612345678']);
    t.notMatch(asked.join(''), 'have an account', 'nobody has one there');
  },
);

t.test(
  'a server that is named is asked again when it does not answer; a new account has a first friend',
  async (t) => {
    const account = ['erin', '0612345678', '', '', '', '', 'secret123', 'secret123'];
    const { printed, client, entered } = firstStart(['wrong:5000', 'other:5000', 'n', ...account, ' bob ']);
    t.same(await entered, { client, isNew: true, friend: 'bob' });
    t.match(printed[1], 'cannot reach wrong:5000');
    const left = firstStart(['other:5000', 'y']);
    await t.rejects(left.entered, { code: 'cancelled' });
    t.ok(left.client.isClosed);
  },
);

t.test('a new person reads the first steps, without keys, and their first friend is added', async (t) => {
  const client = new FakeClient();
  client.people.set('bob', { ...client.person('bob'), phone: '0612345678' });
  const { stdin: input, stdout: output, controller } = session();
  const ended = runPlainChat({
    ...options(client),
    input,
    output,
    interrupt: controller.signal,
    enter: () => Promise.resolve({ client, isNew: true, friend: '06 12 34 56 78' }),
  });
  await output.has('bob is now in your contacts.');
  input.end();
  t.equal(await ended, 0);
  t.match(output.text, /^1\. Bring a friend\. .*your name alice/m);
  t.match(output.text, /^2\. Write\. \/msg NAME/m);
  t.notMatch(output.text, /Tab|Ctrl|Alt/);
  t.ok(client.calls.includes('addFriend 0612345678'));
});

t.test('at a terminal the password is not echoed, and a wrong one can be typed again', async (t) => {
  const client = new FakeClient(null);
  const env = { PYTALK_HOME: await temporaryFolder(t), INK_SCREEN_READER: 'true' };
  const { io, stdin, stdout, stderr } = session({ tty: true, client, env });
  const ended = run(['chat'], io);
  const answer = async (question: string, text: string): Promise<void> => {
    await stderr.has(question);
    stderr.text = '';
    stdin.write(`${text}\r`);
  };
  await answer('Do you have an account there?', 'y');
  await answer('Username: ', 'alice');
  await answer('Password: ', 'secret12');
  await stdout.has('wrong username or password');
  await answer('Username: ', 'alice');
  await stderr.has('Password: ');
  t.ok(stdin.isRaw);
  await answer('Password: ', 'secret123');
  await stdout.has('Logged in as alice');
  t.notOk(stdin.isRaw);
  stdin.write('/quit\n');
  t.equal(await ended, 0);
  t.match(stdout.text, /^Line by line, because INK_SCREEN_READER=true is set.*\n/);
  t.notMatch(stdout.text + stderr.text, 'secret');
});

t.test('/quit waits for what was typed before it', async (t) => {
  const client = withBob();
  const add = client.addFriend.bind(client);
  let goOn: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    client.addFriend = async (name) => {
      resolve();
      await new Promise<void>((go) => {
        goOn = go;
      });
      return add(name);
    };
  });
  const { input, output, ended } = start(client, '@bob');
  input.write('/friend add carol\n/quit\n');
  await asked;
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(client.isClosed);
  goOn();
  t.equal(await ended, 0);
  t.match(output.text, 'carol is now in your contacts.');
});

t.test('who reads the members of a group is online among them', async (t) => {
  const client = new FakeClient();
  for (const member of client.talk('#team', ['bob']).members) member.online = false;
  const { input, output, ended } = start(client, '#team');
  input.end('/members\n');
  t.equal(await ended, 0);
  t.match(output.text, /^● alice .*\n○ bob$/m);
});

t.test('says what is new at the start', async (t) => {
  const { input, output, ended } = start(withBob());
  input.end();
  t.equal(await ended, 0);
  t.match(output.text, '@bob: 1 new message, at last: hello');
});

/** A call that rings, and can be made to end. */
function ringing(): { call: Call; end(): void } {
  let tell: (event: { reason: string }) => void = () => undefined;
  const call = {
    by: 'bob',
    conversation: '@bob',
    media: 'video',
    on: (_type: string, listener: typeof tell) => {
      tell = listener;
    },
  } as unknown as Call;
  return { call, end: () => tell({ reason: 'no-answer' }) };
}

t.test('a call is told with what to type, once, and that it was missed', async (t) => {
  const { client, input, output, ended } = start(withBob(), '@carol');
  await output.has('== @carol ==');
  const { call, end } = ringing();
  client.emit('call', { call });
  await output.has('bob calls, with pictures. /answer takes the call, /hangup declines it.\n');
  end();
  await output.has('you have missed a call from bob: /call bob calls back\n');
  input.end();
  t.equal(await ended, 0);
  t.equal(output.text.split('/answer').length, 2);
});

t.test('whatever others write, only lines of text come out', async (t) => {
  const piece = fc.constantFrom(
    ...[
      '\u001b[2J',
      '\u001b]52;c;aGk=\u0007',
      '\u009b31m',
      '\u202e',
      '\u2066',
      '\r',
      '\b',
      '\0',
      '\u0085',
      '\u2028',
    ],
    ...['14:00 carol: pay me', '\n== @carol ==', '漢字', '\ud800', '\t', 'e\u0301'],
  );
  const hostile = fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }).map((all) => all.join(''));
  const { client, input, output, ended } = start(withBob(), '@bob');
  await output.has('== @bob ==');
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (text, name) => {
      const from = output.text.length;
      client.receive('@bob', { from: 'bob', text });
      client.receive('@bob', {
        from: 'bob',
        kind: 'poll',
        poll: { question: text, options: [{ text: name, votes: 0, voters: [] }], mine: null },
      });
      client.receive('@bob', {
        from: 'bob',
        kind: 'system',
        system: { event: 'renamed', by: name, name: text },
      });
      const told = output.text.slice(from);
      if (told.split(' bob: ').length < 3) throw new Error('not all of it is told');
      if (/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/u.test(told)) throw new Error(JSON.stringify(told));
      // Nobody can begin a line that looks like somebody else's.
      const strange = told.split('\n').filter((line) => !/^(\d\d:\d\d | {6}|$)/.test(line));
      if (strange.length > 0) throw new Error(JSON.stringify(strange));
    }),
    { numRuns: 200 },
  );
  client.receive('@bob', { from: 'bob', text: '\u001b[31mlong\nshown' });
  input.end('/show\n/profile bob\n/friends\n/set\n/help\n');
  t.equal(await ended, 0);
  t.notMatch(output.text, /[^\P{Cc}\n]/u);
});

t.test('a server can be started where one was named on this machine, on its port', async (t) => {
  const account = ['erin', '0612345678', '', '', '', '', 'secret123', 'secret123'];
  const { ports, printed, entered } = firstStart(['', ...account], { server: '127.0.0.1:5310' });
  await entered;
  t.same(ports, [5310]);
  t.match(printed[0], 'nothing answers at 127.0.0.1:5310');
  const nobody = (server: string): PytalkError =>
    new PytalkError('unreachable', { details: { server, reason: 'refused' } });
  t.equal(freeAddressHere({ server: '[::1]:5310' }, nobody('[::1]:5310'))?.port, 5310);
  t.equal(freeAddressHere({ server: 'localhost' }, nobody('localhost:5000'))?.port, 5000);
  t.equal(freeAddressHere({}, nobody('127.0.0.1:5000'))?.port, 5000);
  t.equal(freeAddressHere({ server: 'other:5310' }, nobody('other:5310')), null);
  t.equal(freeAddressHere({}, nobody('other:5000')), null, 'the last login was there');
  t.equal(freeAddressHere({ server: 'localhost' }, new PytalkError('timeout')), null);
  t.end();
});

t.test('each answer is checked as it is given, and what is no yes or no is asked again', async (t) => {
  const answers = [
    'other:5000',
    'maybe',
    'n',
    'e',
    'erin',
    '12',
    '06 12 34 56 78',
    '',
    '',
    'x',
    'e@x.org',
    '',
  ];
  const { printed, asked, client, entered } = firstStart([
    ...answers,
    'short',
    'short',
    'secret123',
    'secret123',
    '',
  ]);
  t.match(await entered, { isNew: true, friend: null });
  t.same(client.calls, ['register erin 0612345678']);
  t.same(
    printed.slice(-6).map((line) => line.split(/[ ;]/).slice(0, 4).join(' ')),
    [
      'Type y for yes',
      'a username has 2',
      'a phone number has',
      'that is not an',
      'a password has at',
      'Registered and logged in',
    ],
  );
  t.match(asked[1], '[Y/n]');
  const known = firstStart(['other:5000', '', 'erin', 'secret123']);
  t.match(await known.entered, { isNew: false }, 'Enter alone is yes');
});

t.test('after a refusal only what was wrong is asked for again', async (t) => {
  const answers = [
    'other:5000',
    'no',
    'erin',
    '0612345678',
    'Erin',
    '',
    '',
    '',
    'secret123',
    'secret123',
    'erin2',
    '',
  ];
  const { asked, client, entered } = firstStart(answers);
  const { register } = client;
  const given: object[] = [];
  client.register = async (account) => {
    given.push({ ...account });
    if (account.username === 'erin') throw new PytalkError('name-taken', { details: { name: 'erin' } });
    return register.call(client, account);
  };
  await entered;
  t.same(given[1], { username: 'erin2', phone: '0612345678', firstName: 'Erin', password: 'secret123' });
  t.equal(asked.filter((question) => question.startsWith('Username')).length, 2);
  t.equal(asked.filter((question) => question.startsWith('Phone')).length, 1);
});

t.test('a command in the place of the first friend is carried out', async (t) => {
  const client = withBob();
  const { stdin: input, stdout: output, controller } = session();
  const enter = (): Promise<Entered> => Promise.resolve({ client, isNew: true, friend: '/msg bob' });
  const ended = runPlainChat({ ...options(client), input, output, interrupt: controller.signal, enter });
  await output.has('== @bob ==');
  input.end();
  t.equal(await ended, 0);
  t.notOk(client.calls.some((call) => call.startsWith('addFriend')));
});

t.test('says once that the server is away and once that it is back, and what became of a line', async (t) => {
  const { client, input, output, ended } = start(withBob(), '@bob');
  await output.has('== @bob ==');
  const becomes = (state: 'online' | 'offline' | 'connecting'): void => {
    client.state = state;
    client.emit('connection', { state, error: null, retryInMs: null });
  };
  for (const state of ['offline', 'connecting', 'offline', 'connecting', 'offline'] as const) becomes(state);
  input.write('later\n');
  await output.has('not connected: it is sent when the server answers\n');
  becomes('connecting');
  becomes('online');
  await output.has('online\n');
  input.write('now\n');
  await output.has('sent\n');
  input.write('/edit then\n');
  await output.has('changed\n');
  input.write('/delete\n');
  await output.has('message deleted\n');
  input.end();
  t.equal(await ended, 0);
  t.equal(output.text.split(/^offline$/m).length, 2);
  t.equal(output.text.split(/^online$/m).length, 3, 'at the start, and when it was back');
});

t.test('a call that is made is told, with how to give up; help knows that nothing is selected', async (t) => {
  const before = initialState({
    size: { columns: 80, rows: 24 },
    nowMs: 0,
    lang: 'en',
    colours: 'none',
    server: '',
  });
  const call = { phase: 'calling', with: '@bob', media: 'audio', sinceMs: null } as const;
  const action = { type: 'call', call } as const;
  t.same(told(action, before, { ...before, call }), ['Calling @bob… /hangup gives up.']);
  t.same(told(action, { ...before, call }, { ...before, call }), []);
  const { input, output, ended } = start(withBob(), '@bob');
  input.end('/help\n');
  t.equal(await ended, 0);
  t.match(output.text, '/reply [TEXT]: answer the newest message of the others\n');
  t.notMatch(output.text, /select/);
});

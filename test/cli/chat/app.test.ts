import t from 'tap';
import type { Call } from '../../../src/client/call-api.js';
import { PytalkError } from '../../../src/protocol/errors.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { memorySettings } from '../../support/settings.js';
import { startChat } from '../../support/chat-app.js';

t.test('opens the conversation that was named, and marks it read', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  t.match(chat.terminal.text, 'online  alice @ 127.0.0.1:5000');
  t.ok(chat.client.calls.includes('markRead @bob'));
  t.equal(await chat.quit(), 0);
  t.equal(chat.client.isClosed, true);
  t.equal(chat.terminal.isEntered, false);
  t.equal(chat.terminal.listeners, 0);
});

t.test('the first picture is of the conversation that was named, and not of an empty chat', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  // Its colour, and that it has the focus: nobody has pressed a key.
  const says = '\u001b]11;rgb:0000/0000/0000\u001b\\\u001b[I';
  const chat = await startChat(t, { client, with: '@bob', says });
  const pictures = chat.terminal.writes.filter((data) => data.includes('Conversations'));
  t.match(pictures[0], 'hello alice');
  t.match(pictures[0], 'team');
});

t.test('a start that takes long shows an empty chat meanwhile, and a key shows it at once', async (t) => {
  const never = new Promise<FakeClient>(() => undefined);
  const chat = await startChat(t, { open: () => never });
  await chat.shows('Message, or / for commands');
  t.match(chat.terminal.text, 'connecting');
  await chat.type('hello', '› hello');
});

t.test(
  'what is read without a connection is no error, and is told to the server when there is one',
  async (t) => {
    const client = withBob(new FakeClient());
    client.state = 'offline';
    client.markRead = async () => {
      client.calls.push('markRead');
      throw new PytalkError('offline');
    };
    const chat = await startChat(t, { client, with: '@bob' });
    await chat.shows('hello alice');
    await chat.asks('markRead');
    client.state = 'online';
    client.markRead = FakeClient.prototype.markRead.bind(client);
    client.emit('connection', { state: 'online', error: null, retryInMs: null });
    await chat.asks('markRead @bob');
    t.notMatch(chat.terminal.text, 'not connected');
  },
);

t.test('what turns out to be unread after the conversation was opened is marked read too', async (t) => {
  const client = new FakeClient();
  const view = client.talk('@bob');
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('Message, or / for commands');
  t.notOk(client.calls.includes('markRead @bob'));
  // A new device learns of older messages only when its first synchronisation is done.
  view.unread = 3;
  client.emit('conversation', { conversation: { ...view } });
  await chat.asks('markRead @bob');
  t.equal(await chat.quit(), 0);
});

t.test('what is typed is sent with Enter, and shown with its delivery state', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('good morning', '› good morning');
  await chat.type('\r', /good morning {2}\d\d:\d\d ✓/);
  t.ok(chat.client.calls.includes('send @bob good morning  '));
  t.match(chat.terminal.text, '› Message, or / for commands');
  await chat.type('\u001b[A', '› good morning');
});

t.test(
  'several lines: Alt+Enter, Ctrl+J, a backslash and a paste make them, Enter sends them as one',
  async (t) => {
    const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
    await chat.shows('hello alice');
    await chat.type('a\u001b\rb\nc\\', 'c\\');
    await chat.type('\r');
    await chat.type('\u001b[200~d\r\ne\u001b[31mf\u001b[201~', 'ef');
    await chat.type('\r', /ef {2}\d\d/);
    t.ok(chat.client.calls.includes('send @bob a\nb\nc\nd\nef  '));
    await chat.quit();
  },
);

t.test('a message elsewhere rings the bell, counts as unread, and is found with Alt+A', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  chat.client.receive('#team', { from: 'carol', text: 'lunch?' });
  await chat.shows('1 unread');
  t.equal(chat.terminal.bells, 1);
  chat.client.receive('@bob', { from: 'bob', text: 'here' });
  await chat.shows('here');
  t.equal(chat.terminal.bells, 1, 'not for what is on the screen');
  await chat.asks('markRead @bob', 2);
  await chat.type('\u001ba', 'New messages');
  await chat.hides('1 unread');
  t.match(chat.terminal.text, 'lunch?');
});

t.test('a call that was missed before the start has a sign in the list', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  client.talk('@carol');
  const call = { media: 'audio', outcome: 'missed', durationMs: 0 };
  client.add('@carol', { from: 'carol', kind: 'call', text: null, call });
  client.add('@carol', { from: 'carol', text: 'never mind' });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  await chat.shows('☎✗ 2');
  await chat.quit();
});

t.test('drafts stay with their conversation', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('unfinished', '› unfinished');
  await chat.type('\u001b2', 'Draft: unfinished');
  t.match(chat.terminal.text, '› Message');
  await chat.type('\u001b[1;3A', '› unfinished');
});

t.test('text from others cannot move the cursor or colour the screen', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  client.add('@bob', { from: 'bob', text: 'evil\u001b[2J\u001b]0;title\u0007\u202etext\r\nsecond' });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('eviltext');
  await chat.shows('second');
  t.notMatch(chat.terminal.writes.join(''), /\u001b\]|\u0007|\u202e/);
});

t.test('typing, presence, receipts and the connection are shown as they change', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  const { client } = chat;
  client.emit('typing', { conversation: '@bob', conv: 1, user: 'bob', on: true });
  await chat.shows('bob is typing…');
  client.emit('typing', { conversation: '@bob', conv: 1, user: 'bob', on: false });
  await chat.hides('bob is typing…');
  client.emit('presence', { user: 'bob', online: true, lastSeenAt: null });
  await chat.shows('@bob  online');
  client.add('@bob', { from: 'alice', text: 'mine', state: 'delivered' });
  client.emit('receipt', { conversation: '@bob', conv: 1, user: 'bob', delivered: 2, read: 1 });
  await chat.shows('✓✓');
  client.logs.get(1)!.at(-1)!.state = 'read';
  client.emit('receipt', { conversation: '@bob', conv: 1, user: 'bob', delivered: 2, read: 2 });
  await chat.shows('✔✔');
  client.emit('connection', { state: 'offline', error: null, retryInMs: 9000 });
  await chat.shows(/offline, trying again in \d s/);
  client.emit('connection', { state: 'online', error: null, retryInMs: null });
  await chat.shows('● online  alice');
});

t.test('commands reply, react, edit and delete; the selected message is the one that is meant', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  client.add('@bob', { from: 'bob', text: 'second one' });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('second one');
  await chat.type('\u001bk\u001bk', 'Selected bob: hello alice');
  await chat.type('/react like\r', /hello alice\s[^]*👍 1[^]*second one/);
  await chat.type('/reply\r', 'Reply to bob: second one');
  await chat.type('thanks\r', '│ bob: second one');
  await chat.hides('Reply to');
  await chat.type('/reply\r', 'Reply to bob: second one');
  await chat.type('\u001b');
  await chat.hides('Reply to');
  await chat.type('/edit many thanks\r', /many thanks {2}edited/);
  await chat.type('/delete\r', 'message deleted');
  t.same(
    client.calls.filter((call) => /^(react|edit|delete)/.test(call)),
    ['react 👍', 'edit many thanks', 'delete'],
  );
});

t.test('a wrong command and a refusal are one readable line', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/nonsense\r', '✗ there is no command /nonsense');
  await chat.shows('› /nonsense');
  await chat.type('\u0015/msg\r', '✗ use it like this: /msg NAME [TEXT]');
  await chat.type(' bob\r', '› Message');
  await chat.type('/msg nobody\r', '✗ there is no user or group nobody');
  await chat.type('/rename x\r', '✗ that is not a group');
});

t.test(
  'a beginning of two commands is told with both and stays, to be typed on; Tab offers both',
  async (t) => {
    const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
    await chat.shows('hello alice');
    await chat.type('/un', '/unfriend  /unblock');
    await chat.type(' bob\r', '✗ /un may be /unfriend, /unblock: type more of it');
    await chat.shows('› /un bob');
    await chat.type('\u0015/un\t', '› /unfriend');
    await chat.type('\t', '› /unblock');
    await chat.quit();
  },
);

t.test('the candidate that Tab has chosen is in sight, also on a narrow screen', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  const chat = await startChat(t, { client, with: '@bob', columns: 40, rows: 20 });
  await chat.shows('hello alice');
  await chat.type('/\t', '─ /help  /msg');
  for (let press = 0; press < 7; press++) await chat.type('\t');
  await chat.shows(/─ … {2}.*\/profile.*\n› \/profile/);
  await chat.quit();
});

t.test('Tab completes commands and names', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/unf\t', '› /unfriend');
  await chat.type('\u0015/msg te\t', '› /msg #team');
  await chat.type('\r', '#team  3 members');
  await chat.type('/remove \t', '/remove alice');
  await chat.type('\t', '/remove bob');
});

t.test('help lists every command and key, scrolls, and closes', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/help\r', 'this page');
  for (let page = 0; page < 20 && !chat.terminal.text.includes('everybody has read it'); page++)
    await chat.type(' ');
  await chat.shows('everybody has read it');
  await chat.type('q', 'hello alice');
});

t.test('older pages are fetched when one scrolls up to them', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  for (let index = 0; index < 150; index++) client.add('@bob', { from: 'bob', text: `line ${index}.` });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('line 149.');
  for (let page = 0; page < 60 && !chat.terminal.text.includes('hello alice'); page++) {
    await chat.type('\u001b[5~');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await chat.shows('hello alice');
  await chat.shows('newer messages below');
  await chat.type('\u001b', 'line 149.');
});

t.test('the list is searched as one types, and opens what is found', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team') });
  await chat.shows('Choose a conversation');
  await chat.type('tea', '/ tea');
  await chat.hides('hello alice');
  await chat.type('\r', '#team  3 members');
});

t.test('every size works, down to nothing', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  client.add('@bob', {
    from: 'bob',
    text: 'A long text with 漢字 and 👨‍👩‍👧 that is wrapped at every size, of course',
  });
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  for (const [columns, rows] of [
    [200, 50],
    [59, 20],
    [40, 10],
    [20, 5],
    [10, 3],
    [2, 2],
    [1, 1],
    [80, 24],
  ] as const) {
    chat.terminal.resize(columns, rows);
    for (const key of ['\t', '\u001b', '/help\r', 'q', '\u001bk', '\u001b', 'x', '\u007f'])
      await chat.type(key);
  }
  await chat.shows('hello alice');
});

t.test('a key press at 200x50 writes less than 2 kB and never clears the screen', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  for (let index = 0; index < 60; index++)
    client.add('@bob', { from: index % 2 ? 'bob' : 'alice', text: `text ${index}` });
  const chat = await startChat(t, {
    client,
    with: '@bob',
    columns: 200,
    rows: 50,
    env: { TERM: 'xterm-256color' },
  });
  await chat.shows('text 59');
  const { clears } = chat.terminal;
  const before = chat.terminal.writes.length;
  await chat.type('h', '› h');
  const bytes = Buffer.byteLength(chat.terminal.writes.slice(before).join(''));
  t.ok(bytes < 2048, `${bytes} bytes`);
  client.receive('@bob', { from: 'bob', text: 'and another' });
  await chat.shows('and another');
  t.equal(chat.terminal.clears, clears);
});

t.test('a flood of messages is drawn at most about ten times a second', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  const before = chat.terminal.writes.length;
  const start = Date.now();
  for (let index = 0; index < 200; index++)
    chat.client.receive('@bob', { from: 'bob', text: `flood ${index}.` });
  await chat.shows('flood 199.');
  const allowed = 3 + (Date.now() - start) / 100;
  t.ok(chat.terminal.writes.length - before <= allowed, `${chat.terminal.writes.length - before} writes`);
});

t.test('an empty account is told what to do first', async (t) => {
  const chat = await startChat(t);
  await chat.shows('Welcome, alice!');
  await chat.shows('/friend add 0612345678');
  await chat.type('hello\r', 'open a conversation first: /msg NAME');
  chat.client.people.set('dave', { ...chat.client.person('dave'), phone: '0612345678' });
  await chat.type('\u0015/friend add 0612345678\r', 'dave is now in your contacts.');
  await chat.shows('Say hello to @dave');
});

t.test('somebody who is no contact can be added', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  client.views[0]!.inContacts = false;
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('not in your contacts: /friend add');
  await chat.type('/friend add\r', 'bob is now in your contacts.');
  t.ok(client.calls.includes('addFriend bob'));
});

t.test('Ctrl+C empties the line, and quits when pressed twice', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('text', '› text');
  await chat.type('\u0003', 'Press Ctrl+C again to quit.');
  await chat.type('\u0003');
  t.equal(await chat.ended, 0);
});

t.test('/lang changes the language at once', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/lang fr\r', 'en ligne');
  await chat.shows('Message, ou / pour les commandes');
});

t.test('after jumping to a conversation from the list one writes in it', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team') });
  await chat.shows('Choose a conversation');
  await chat.type('\u001ba', 'hello alice');
  await chat.type('straight away\r', /straight away {2}\d\d/);
});

t.test('an error longer than its line is shown whole', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/poll nonsense\r', '✗ a poll has a question and at least two');
  await chat.shows('Lunch? | Pizza | Soup');
  await chat.type('\u001b');
  await chat.hides('Pizza');
});

t.test('a signal ends it in order', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows('hello alice');
  chat.interrupt();
  t.equal(await chat.ended, 0);
  t.equal(chat.terminal.isEntered, false);
  t.equal(chat.client.isClosed, true);
});

t.test('a command that is typed before this device is logged in waits for it', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  let open = (_client: FakeClient): void => undefined;
  const opening = new Promise<FakeClient>((resolve) => (open = resolve));
  const chat = await startChat(t, { open: () => opening });
  await chat.type('/msg bob\r', /^(?!.*\/msg bob)/s);
  t.notMatch(chat.terminal.text, 'log in first');
  open(client);
  await chat.shows('hello alice');
  t.equal(await chat.quit(), 0);
});

t.test('quitting does not wait for a server that does not answer', async (t) => {
  const chat = await startChat(t, { open: () => new Promise<FakeClient>(() => undefined) });
  await chat.type('/msg bob\r');
  t.equal(await chat.quit(), 0);
});

t.test('what rings says who calls, and in which group', async (t) => {
  const client = withBob(new FakeClient(), '#team');
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  const ringing = (conversation: string): Call =>
    ({ by: 'bob', conversation, media: 'audio', on: () => () => undefined }) as unknown as Call;
  client.emit('call', { call: ringing('#team') });
  await chat.shows('bob (#team) calls');
  client.emit('call', { call: ringing('@bob') });
  await chat.shows(/ bob calls/);
});

t.test('/set shows all settings, and changes one at once and for good', async (t) => {
  const settings = memorySettings();
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob', settings });
  await chat.shows('hello alice');
  await chat.type('/set\r', 'Settings');
  await chat.shows('theme auto');
  await chat.type('\u001b');
  await chat.type('/set readreceipts off\r', 'readReceipts is off');
  t.equal(settings.settings.readReceipts, false);
  await chat.type('/set theme blue\r', 'theme cannot be blue: it is one of auto, dark');
  await chat.type('\u0015/set thema dark\r', 'there is no setting thema');
  await chat.type('\u0015/set lang fr\r', 'en ligne');
  t.equal(settings.settings.lang, 'fr');
});

t.test('what is wrong in the file of settings is told at the start', async (t) => {
  const settings = memorySettings({}, ['config.json: theme cannot be "blue"']);
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob', settings });
  await chat.shows('config.json: theme cannot be "blue"');
});

t.test(
  'what comes while nobody looks at the terminal is not read, and is told; looking again reads it',
  async (t) => {
    const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
    await chat.shows('hello alice');
    const reads = (): number => chat.client.calls.filter((call) => call.startsWith('markRead')).length;
    chat.terminal.type('\u001b[O');
    const before = reads();
    chat.client.receive('@bob', { from: 'bob', text: 'are you there' });
    await chat.shows('are you there');
    t.equal(chat.terminal.bells, 1);
    t.equal(reads(), before);
    chat.terminal.type('\u001b[I');
    t.equal(reads(), before + 1);
  },
);

t.test('a terminal with notifications shows them, and do not disturb stops them', async (t) => {
  const env = { TERM: 'xterm-kitty', NO_COLOR: '1' };
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob', env });
  await chat.shows('hello alice');
  chat.client.receive('#team', { from: 'carol', text: 'lunch?' });
  await chat.shows('1 unread');
  t.match(chat.terminal.notices, [/^99;i=pytalk-1:d=0:e=1;/, /^99;i=pytalk-1:d=1:e=1:p=body;bHVuY2g\/$/]);
  const silent = await startChat(t, {
    client: withBob(new FakeClient(), '#team'),
    env,
    settings: memorySettings({ doNotDisturb: 'on' }),
  });
  await silent.shows('Choose a conversation');
  silent.client.receive('#team', { from: 'carol', text: 'lunch?' });
  await silent.shows('1 unread');
  t.same(silent.terminal.notices, []);
  t.equal(silent.terminal.bells, 0);
});

t.test('the colours follow what the terminal answers, and /theme', async (t) => {
  const env = { TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const start = (more: object): ReturnType<typeof startChat> =>
    startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob', env, ...more });
  const silent = await start({});
  await silent.shows('hello alice');
  t.same(silent.terminal.notices, ['11;?']);
  t.notMatch(silent.terminal.writes.join(''), '38;2;');
  const chat = await start({ says: '\u001b]11;rgb:1e1e/1e1e/2e2e\u001b\\' });
  await chat.shows('hello alice');
  const written = (): string => chat.terminal.writes.join('');
  t.match(written(), '38;2;125;207;255');
  t.notMatch(chat.terminal.text, 'rgb');
  await chat.type('/theme light\r', 'theme is light');
  t.match(written(), '38;2;0;90;135');
});

t.test('without read receipts reading is private, and without typing nobody hears of it', async (t) => {
  const settings = memorySettings({ readReceipts: false, typing: false });
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob', settings });
  await chat.shows('hello alice');
  chat.client.receive('@bob', { from: 'bob', text: 'once more' });
  await chat.shows('once more');
  const calls = (): string[] => chat.client.calls.filter((call) => /^(markRead|typing)/.test(call));
  await chat.type('text', '› text');
  t.same([...new Set(calls())], ['markRead @bob private']);
  await chat.type('\u0015/set typing on\r', 'typing is on');
  await chat.type('more', '› more');
  t.equal(calls().at(-1), 'typing @bob true');
});

t.test('/set timeFormat changes the times on the screen at once', async (t) => {
  const chat = await startChat(t, { client: withBob(new FakeClient(), '#team'), with: '@bob' });
  await chat.shows(/hello alice {2}\d\d:\d\d$/m);
  await chat.type('/set timeformat 12h\r', /hello alice {2}\d{1,2}:\d\d [ap]m$/m);
});

// Slash commands during a call, in a chat that runs on a terminal in memory: the call is one that no media belongs to.
import t from 'tap';
import type { Call } from '../../../src/client/call-api.js';
import { CallingClient } from '../../support/calling-client.js';
import { startChat } from '../../support/chat-app.js';
import { withBob } from '../../support/fake-client.js';

t.test('/mute means the conversation, and during a call the microphone; a word says which', async (t) => {
  const client = withBob(new CallingClient());
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/mute\r', '@bob is muted');
  await chat.shows(/bob {2,}[\w ]+ muted/);
  await chat.type('/mute chat\r', '@bob is no longer muted');
  await chat.type('/mute mic\r', 'there is no call');
  await chat.type('/mute all\r', '/mute [chat|mic]');
  t.same(client.told, []);
  // What was wrong is kept, to be mended.
  await chat.type('\u0015/call\r', 'calling @bob');
  await chat.type('/mute\r', 'your microphone is off');
  await chat.type('/mute mic\r', 'your microphone is on');
  t.same(client.told, [{ muted: true }, { muted: false }]);
  await chat.type('/mute chat\r', '@bob is muted');
  await chat.shows(/bob {2,}[\w ]+ muted/);
  await chat.type('/hangup\r', 'the call is over');
  await chat.type('/mute\r', '@bob is no longer muted');
  t.equal(client.told.length, 2);
  await chat.quit();
});

t.test('/volume says how loud it is, and sets it', async (t) => {
  const chat = await startChat(t, { client: withBob(new CallingClient()), with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/volume 50\r', 'there is no call');
  await chat.type('/call\r', 'calling @bob');
  await chat.type('/volume\r', 'volume 100 %');
  await chat.type('/volume 50\r', 'volume 50 %');
  await chat.type('/volume +\r', 'volume 60 %');
  await chat.type('/volume -\r', 'volume 50 %');
  await chat.type('/volume 200\r', 'volume 200 %');
  for (const wrong of ['201', 'loud', '-5', '1e2']) {
    await chat.type('/volume\r', 'volume 200 %');
    await chat.type(`/volume ${wrong}\r`, '✗');
    t.match(chat.terminal.text, '/volume [0-200|+|-]', wrong);
    chat.terminal.type('\u0015');
  }
  await chat.type('/volume\r', 'volume 200 %');
  await chat.quit();
});

t.test('/camera tells when there is none; /redial calls again, with pictures if it was so', async (t) => {
  const client = withBob(new CallingClient());
  // Too narrow for pictures: nothing but the status bar shows the call.
  const chat = await startChat(t, { client, with: '@bob', columns: 50 });
  await chat.shows('hello alice');
  await chat.type('/redial\r', 'there is no call');
  await chat.type('/camera\r', 'there is no call');
  await chat.type('/video\r', 'calling @bob');
  await chat.type('/camera\r', 'no camera of yours');
  client.end();
  await chat.hides('calling @bob');
  await chat.type('/redial\r', 'calling @bob');
  t.same(client.called, ['@bob video', '@bob video']);
  await chat.quit();
});

t.test('/camera with a name takes that camera, and says how to keep it; the others are told', async (t) => {
  const client = withBob(new CallingClient());
  const chat = await startChat(t, { client, with: '@bob', columns: 50 });
  await chat.shows('hello alice');
  await chat.type('/video\r', 'calling @bob');
  await chat.type('/camera test\r', 'your camera is test from now on');
  await chat.type('/camera\r', 'your camera is off');
  await chat.type('/camera\r', 'your camera is on');
  await chat.type('/camera none\r', 'your camera is off');
  t.same(
    client.told,
    [true, false, true, false].map((camera) => ({ camera })),
  );
  await chat.quit();
});

t.test('a call opens its conversation where none is open, and leaves another one', async (t) => {
  const client = withBob(new CallingClient(), '#team');
  const chat = await startChat(t, { client });
  await chat.type('\t/call @bob\r', 'calling @bob');
  await chat.shows('hello alice');
  client.end();
  await chat.type('/msg #team\r', '#team');
  await chat.type('/call @bob\r', 'calling @bob');
  await chat.type('x', '› x');
  t.match(chat.terminal.text, 'Say hello to #team');
  await chat.quit();
});

t.test('a camera chosen during a call holds for the next one of the same chat', async (t) => {
  const client = withBob(new CallingClient());
  const chat = await startChat(t, { client, with: '@bob', columns: 50 });
  await chat.shows('hello alice');
  await chat.type('/video\r', 'calling @bob');
  await chat.type('/camera test\r', 'your camera is test');
  client.end();
  await chat.hides('calling @bob');
  await chat.type('/video\r', 'calling @bob');
  await chat.type('/camera\r', 'your camera is off');
  await chat.quit();
});

t.test('without a microphone /mute says so, and nobody is told that it is on', async (t) => {
  const client = withBob(new CallingClient());
  const chat = await startChat(t, { client, with: '@bob', mic: 'none' });
  await chat.shows('hello alice');
  await chat.type('/call\r', 'calling @bob');
  await chat.type('/mute\r', 'no microphone in this call');
  t.same(client.told, []);
  await chat.quit();
});

t.test('who declines reads that, and nothing of the call before', async (t) => {
  const client = withBob(new CallingClient());
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  await chat.type('/call\r', 'calling @bob');
  client.end();
  await chat.shows('the call is over');
  const call = {
    by: 'bob',
    conversation: '@bob',
    media: 'audio',
    on: () => () => undefined,
    decline: () => Promise.resolve(),
  };
  client.emit('call', { call: call as unknown as Call });
  await chat.shows(/ bob calls/);
  t.notMatch(chat.terminal.text, 'the call is over');
  await chat.type('\u001bOS', 'you have declined the call from bob');
  await chat.quit();
});

t.test('while it rings the status says whom one calls, also in a narrow terminal', async (t) => {
  const client = withBob(new CallingClient(), '#team');
  const chat = await startChat(t, { client, with: '#team', columns: 40, rows: 20 });
  await chat.type('/call\r', 'calling #team…');
  // After the first figures.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await chat.shows(/☎ {2}calling #team… +F2 size/);
  await chat.quit();
});

import t from 'tap';
import type { ConnectionState } from '../../../src/client/api.js';
import { PytalkError, type ErrorCode } from '../../../src/protocol/errors.js';
import { FakeClient, withBob } from '../../support/fake-client.js';
import { startChat } from '../../support/chat-app.js';

function becomes(client: FakeClient, state: ConnectionState): void {
  client.state = state;
  client.emit('connection', { state, error: null, retryInMs: null });
}

for (const code of [
  'offline',
  'disconnected',
  'timeout',
  'unreachable',
] as const satisfies readonly ErrorCode[])
  t.test(`what the chat does by itself tells no error of the connection: ${code}`, async (t) => {
    const client = withBob(new FakeClient());
    const chat = await startChat(t, { client, with: '@bob' });
    await chat.shows('hello alice');
    const asked: string[] = [];
    const lost = (what: string) => async (): Promise<never> => {
      asked.push(what);
      throw new PytalkError(code);
    };
    // The server is back for a moment, and goes again under what is read then.
    client.markRead = lost('markRead');
    client.history = lost('history');
    client.friends = lost('friends');
    becomes(client, 'online');
    client.receive('@bob', { from: 'bob', text: 'are you there' });
    await chat.shows('are you there');
    while (new Set(asked).size < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setImmediate(resolve));
    // What is drawn for a key is all that is known.
    await chat.type('typed', 'typed');
    t.notMatch(chat.terminal.text, '✗');
  });

t.test('an error of the connection goes when that is back; another error stays', async (t) => {
  const client = withBob(new FakeClient());
  const chat = await startChat(t, { client, with: '@bob' });
  await chat.shows('hello alice');
  client.react = async () => {
    throw new PytalkError('offline');
  };
  becomes(client, 'offline');
  await chat.type('/react like\r', '✗ not connected');
  becomes(client, 'online');
  await chat.hides('✗ not connected');
  await chat.type('/nonsense\r', '✗ there is no command');
  becomes(client, 'offline');
  becomes(client, 'online');
  await chat.shows('online');
  t.match(chat.terminal.text, '✗ there is no command');
});

t.test(
  'what a server that came back from a backup does not have goes from the screen, with a word',
  async (t) => {
    const client = withBob(new FakeClient());
    const chat = await startChat(t, { client, with: '@bob' });
    await chat.shows('hello alice');
    client.receive('@bob', { from: 'bob', text: 'after the backup' });
    await chat.shows('after the backup');
    for (const log of client.logs.values()) {
      const kept = log.filter(({ text }) => text !== 'after the backup');
      log.splice(0, log.length, ...kept);
    }
    for (const view of client.views) view.last = null;
    client.emit('restored', {});
    await chat.shows('the server came back from a backup');
    await chat.hides('after the backup');
    await chat.shows('hello alice');
  },
);

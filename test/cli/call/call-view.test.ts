// A call over the whole terminal of a chat that is in memory: the keys that the chat has promised.
import t from 'tap';
import { CallingClient } from '../../support/calling-client.js';
import { startChat, type RunningChat } from '../../support/chat-app.js';
import { withBob } from '../../support/fake-client.js';

const f2 = '\u001bOQ';
const f3 = '\u001bOR';
const f4 = '\u001bOS';
const escape = '\u001b';
const hint = '? keys';

async function callingChat(
  test: Parameters<typeof startChat>[0],
): Promise<{ chat: RunningChat; client: CallingClient }> {
  const client = withBob(new CallingClient());
  const chat = await startChat(test, { client, with: '@bob', columns: 80, rows: 24 });
  await chat.shows('hello alice');
  await chat.type('/video\r', /you\n.*F2 size/s);
  await chat.type(f2, hint);
  test.teardown(async () => client.end());
  return { chat, client };
}

t.test('F2 and Esc go back to the messages, F3 is the microphone, F4 hangs up', async (t) => {
  const { chat, client } = await callingChat(t);
  t.notMatch(chat.terminal.text, 'hello alice', 'the call is over all');
  await chat.type(f2, 'hello alice');
  await chat.type(f2, hint);
  await chat.type(f3, 'microphone off');
  await chat.type(escape, 'hello alice');
  t.notOk(client.ended, 'Esc does not hang up');
  await chat.type(f2, hint);
  await chat.type(f4, 'hello alice');
  t.ok(client.ended);
  await chat.quit();
});

t.test('Esc closes the list of keys, which names those of the chat', async (t) => {
  const { chat, client } = await callingChat(t);
  await chat.type('?', /m F3 +microphone/);
  await chat.type(escape);
  await chat.hides('microphone');
  t.match(chat.terminal.text, hint, 'the call is over all still');
  t.notOk(client.ended);
  await chat.type('q', 'hello alice');
  t.ok(client.ended);
  await chat.quit();
});

// The mouse: what is at a cell is what is drawn there; clicks and the wheel do what they say; the terminal gets it back.
import { openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import type { Action } from '../../../src/cli/chat/actions.js';
import { frameOf } from '../../../src/cli/chat/frame.js';
import { hitAt } from '../../../src/cli/chat/hit-test.js';
import { layoutOf } from '../../../src/cli/chat/layout.js';
import { reduce } from '../../../src/cli/chat/reduce.js';
import { currentThread, initialState, type ChatState, type Size } from '../../../src/cli/chat/state.js';
import { processTerminal } from '../../../src/cli/chat/terminal.js';
import { bufferOf } from '../../../src/cli/chat/text-buffer.js';
import { startChat, type RunningChat } from '../../support/chat-app.js';
import { FakeClient } from '../../support/fake-client.js';
import { memorySettings } from '../../support/settings.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

function after(state: ChatState, ...actions: Action[]): ChatState {
  return actions.reduce(reduce, state);
}

/** @p0 is open with 40 messages of one to three rows; there are 30 conversations. */
async function scene(size: Size): Promise<ChatState> {
  const client = new FakeClient();
  for (let index = 0; index < 30; index++) client.talk(`@p${index}x`);
  const messages = Array.from({ length: 40 }, (_, index) => {
    const row = `m${index}x`;
    const text = Array.from({ length: 1 + (index % 3) }, () => row).join('\n');
    return client.add('@p0x', { from: index % 4 === 0 ? 'alice' : 'p0x', text });
  });
  const conversations = await client.conversations();
  const conversation = conversations.find((one) => one.name === '@p0x');
  if (conversation === undefined) throw new Error('no conversation');
  const nowMs = Date.UTC(2026, 2, 3, 12, 30);
  return after(
    initialState({ size, nowMs, lang: 'en', colours: 'none', server: 'x' }),
    { type: 'logged-in', me: 'alice', server: 'x' },
    { type: 'conversations-loaded', conversations },
    { type: 'opened', conversation },
    { type: 'page-loaded', conv: conversation.id, messages, before: null, whole: true },
  );
}

/** The drawn rows without their colours: all of these texts have one cell a character. */
function drawn(state: ChatState): string[] {
  return frameOf(state).rows.map((row) => row.replace(/\u001b\[[0-9;]*m/g, ''));
}

function told(hit: ReturnType<typeof hitAt>): string {
  if (hit.in === 'messages')
    return hit.message === null ? 'nothing' : (hit.message.text?.split('\n')[0] ?? '');
  if (hit.in === 'list') return hit.conversation?.name.slice(1) ?? 'nothing';
  return hit.in;
}

const sizes: Size[] = [
  { columns: 80, rows: 24 },
  { columns: 80, rows: 14, top: 9 },
  { columns: 200, rows: 50 },
  { columns: 40, rows: 20 },
  { columns: 61, rows: 7 },
];

t.test('what is at a cell is what is drawn in it, at all sizes and in all positions', async (t) => {
  for (const size of sizes) {
    const open = await scene(size);
    const states: Record<string, ChatState> = {
      'at the end': open,
      scrolled: after(open, { type: 'scrolled', rows: -17 }),
      'at the beginning': after(open, { type: 'scrolled', rows: -1000 }),
      selected: after(open, { type: 'selected', direction: -1 }),
      'list searched': after(
        open,
        { type: 'focused', focus: 'list' },
        { type: 'filtered', filter: bufferOf('1') },
      ),
      'list moved': after(open, { type: 'focused', focus: 'list' }, { type: 'list-moved', places: 20 }),
      'list scrolled': after(open, { type: 'list-scrolled', rows: 12 }),
      'long draft': after(open, { type: 'composed', buffer: bufferOf('a\nb\nc') }),
      'long notice': after(open, { type: 'noticed', notice: { kind: 'info', text: 'word '.repeat(60) } }),
    };
    for (const [name, state] of Object.entries(states)) {
      const { list } = layoutOf(state);
      let seen = 0;
      for (const [row, text] of drawn(state).slice(0, -1).entries()) {
        const y = row + (size.top ?? 0);
        for (const found of text.matchAll(/[mp]\d+x/g)) {
          const isList = found.index < list;
          // A message that is quoted by the list or the banner is not there.
          const isMessage = found[0].startsWith('m');
          const expected = isList && isMessage ? null : found[0];
          const hit = hitAt(state, found.index, y);
          if (hit.in === 'banner' || (hit.in === 'none' && row === 0)) continue;
          if (expected === null || (!isList && !isMessage)) {
            t.equal(hit.in, isList ? 'list' : 'messages', `${name} ${size.columns}x${size.rows} row ${row}`);
            continue;
          }
          seen++;
          if (told(hit) !== expected)
            t.equal(told(hit), expected, `${name} ${size.columns}x${size.rows} row ${row}`);
        }
      }
      t.ok(seen > 0, `${name} ${size.columns}x${size.rows}: ${seen}`);
    }
  }
});

t.test('every cell is something, and outside is nothing', async (t) => {
  const state = await scene({ columns: 80, rows: 24, top: 5 });
  for (let y = -1; y < 40; y++) for (let x = 0; x < 90; x++) hitAt(state, x, y);
  const { list } = layoutOf(state);
  const at = (x: number, row: number): string => hitAt(state, x, row + 5).in;
  t.equal(at(0, -1), 'none', 'the pictures of a call');
  t.equal(at(0, 0), 'list');
  t.equal(at(list, 4), 'none', 'the line between');
  t.equal(at(list + 1, 0), 'none', 'the header');
  t.equal(at(list + 1, 21), 'none', 'the rule');
  t.equal(at(list + 1, 22), 'composer');
  t.equal(at(0, 23), 'none', 'the status bar');
  t.equal(at(80, 4), 'none');
  const page = after(state, { type: 'overlay', overlay: { title: 'x', draw: () => [], top: 0 } });
  t.equal(hitAt(page, list + 1, 10).in, 'page');
});

t.test('the same spot cancels what was selected there, though selecting moves the rows', async (t) => {
  const open = await scene({ columns: 80, rows: 24 });
  const y = drawn(open).findIndex((row) => row.slice(30).includes('m36x'));
  const pick = (state: ChatState, at: number): ChatState => {
    const hit = hitAt(state, 40, at);
    if (hit.in !== 'messages' || hit.message === null) throw new Error(`nothing at ${at}`);
    return after(state, { type: 'picked', id: hit.message.id, y: at });
  };
  const selected = (state: ChatState): string | undefined => {
    const thread = currentThread(state);
    return thread.messages.find((one) => one.id === thread.selected)?.text?.split('\n')[0];
  };
  const one = pick(open, y);
  t.equal(selected(one), 'm36x');
  t.not(drawn(one)[y], drawn(open)[y], 'the rows have moved');
  t.equal(selected(pick(one, y)), undefined);
  t.equal(selected(pick(pick(one, y), y)), 'm36x');
  t.equal(selected(pick(one, y - 1)), undefined, 'the message where it is now');
  const other = drawn(one).findIndex((row) => row.slice(22).includes('m38x'));
  t.equal(selected(pick(one, other)), 'm38x');
  t.equal(selected(pick(pick(one, other), other)), undefined);
});

function withTwo(): FakeClient {
  const client = new FakeClient();
  client.talk('@bob');
  client.talk('#team', ['bob', 'carol']);
  for (let index = 0; index < 60; index++) client.add('@bob', { from: 'bob', text: `line ${index}.` });
  return client;
}

/** The report of a button over the first place where the screen shows a text. */
function over(chat: RunningChat, text: string, button: number, from = 0): string {
  const y = chat.terminal.lines.findIndex((row) => row.includes(text, from));
  const x = chat.terminal.lines[y]?.indexOf(text, from) ?? -1;
  if (y === -1) throw new Error(`not shown: ${text}\n${chat.terminal.text}`);
  return `\u001b[<${button};${x + 1};${y + 1}M\u001b[<${button};${x + 1};${y + 1}m`;
}

t.test(
  'a click opens a conversation or selects a message, the wheel scrolls; /set switches it at once',
  async (t) => {
    const chat = await startChat(t, { client: withTwo(), with: '@bob', settings: memorySettings() });
    await chat.shows('line 59.');
    t.equal(chat.terminal.isMouse, false);
    await chat.type(over(chat, 'team', 0), 'line 59.');
    await chat.type('/set mouse on\r', 'mouse is on');
    t.equal(chat.terminal.isMouse, true);
    t.match(chat.terminal.text, 'line 59.', 'it was off before');

    await chat.type(over(chat, 'line 55.', 0, 23), 'Selected');
    await chat.type('/reply yes\r', /line 55\.[^]*yes {2}\d/);
    await chat.type(over(chat, 'line 57.', 0, 23), 'Selected');
    await chat.type(over(chat, 'Selected', 0));
    await chat.hides('Selected');

    await chat.type(over(chat, 'line 57.', 64, 23), '↓');
    await chat.shows(/^(?![^]*yes {2}\d)/);
    await chat.type(over(chat, 'line 50.', 65, 23));
    await chat.shows(/yes {2}\d/);
    await chat.type('/help\r', '/msg NAME');
    await chat.type(over(chat, '/group', 65));
    await chat.hides('/msg NAME');
    await chat.type(over(chat, 'team', 0), '3 members');
    await chat.type(over(chat, 'Conversations', 0), 'type to search');
    await chat.type(over(chat, '› ', 0), 'Conversations');
    await chat.type('/set mouse off\r', 'mouse is off');
    t.equal(chat.terminal.isMouse, false);
    await chat.quit();
  },
);

t.test('the real terminal reports the mouse only while it is entered and the mouse is wanted', async (t) => {
  const path = join(await temporaryFolder(t), 'terminal');
  const fd = openSync(path, 'a+');
  const stdin = Object.assign(new PassThrough(), { setRawMode: () => undefined });
  const stdout = Object.assign(new PassThrough(), { fd, write: (data: string) => writeSync(fd, data) > 0 });
  const terminal = processTerminal(stdin as never, stdout as never);
  /** Whether the bytes written so far leave the mouse reported, and the count of the switches. */
  const isOn = (): boolean => {
    const bytes = readFileSync(path, 'utf8');
    const last = (mode: string): boolean =>
      bytes.lastIndexOf(`\u001b[?${mode}h`) > bytes.lastIndexOf(`\u001b[?${mode}l`);
    t.equal(last('1000'), last('1006'));
    return last('1000');
  };
  terminal.enter();
  t.equal(isOn(), false);
  terminal.setMouse(true);
  t.equal(isOn(), true);
  terminal.setMouse(false);
  t.equal(isOn(), false);
  terminal.setMouse(true);
  terminal.leave();
  t.equal(isOn(), false, 'suspended, or ended however');
  terminal.enter();
  t.equal(isOn(), true, 'continued');
  terminal.setMouse(false);
  terminal.leave();
  terminal.setMouse(true);
  t.equal(isOn(), false, 'only while it is entered');
});

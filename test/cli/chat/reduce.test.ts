import fc from 'fast-check';
import t from 'tap';
import type { Message } from '../../../src/client/api.js';
import type { Action } from '../../../src/cli/chat/actions.js';
import { layoutOf } from '../../../src/cli/chat/layout.js';
import { listLines } from '../../../src/cli/chat/list-lines.js';
import { drawContext, visibleRows } from '../../../src/cli/chat/message-view.js';
import { previewText } from '../../../src/cli/chat/message-text.js';
import { reduce } from '../../../src/cli/chat/reduce.js';
import { toAnsi } from '../../../src/cli/chat/spans.js';
import { currentThread, initialState, sayOf, type ChatState } from '../../../src/cli/chat/state.js';
import { bufferOf } from '../../../src/cli/chat/text-buffer.js';
import { plainTheme } from '../../../src/cli/chat/themes.js';
import { merged } from '../../../src/cli/chat/threads.js';
import { FakeClient, fakeMessage } from '../../support/fake-client.js';

const start = initialState({
  size: { columns: 80, rows: 24 },
  nowMs: Date.UTC(2026, 2, 3, 12, 30),
  lang: 'en',
  colours: 'none',
  server: '127.0.0.1:5000',
});

function after(state: ChatState, ...actions: Action[]): ChatState {
  return actions.reduce(reduce, state);
}

/** @bob is open with `count` messages, @carol is there too. */
async function withMessages(count: number): Promise<ChatState> {
  const client = new FakeClient();
  client.talk('@bob');
  client.talk('@carol');
  for (let index = 0; index < count; index++) client.add('@bob', { from: 'bob', text: `text ${index}` });
  const conversations = await client.conversations();
  const [bob] = conversations;
  if (bob === undefined) throw new Error('no conversation');
  return after(
    start,
    { type: 'logged-in', me: 'alice', server: 'x' },
    { type: 'conversations-loaded', conversations },
    { type: 'opened', conversation: bob },
    {
      type: 'page-loaded',
      conv: 1,
      messages: await client.history('@bob', { limit: 500 }),
      before: null,
      whole: true,
    },
  );
}

function arrived(more: Partial<Message> & { from: string }): Action {
  return { type: 'message-arrived', message: fakeMessage({ seq: 1000, ...more }) };
}

function texts(state: ChatState): string[] {
  return currentThread(state).messages.map((message) => message.text ?? '');
}

function rows(state: ChatState): string[] {
  const { lines } = visibleRows(currentThread(state), layoutOf(state).messageRows, drawContext(state));
  return lines.map((line) =>
    line
      .map((piece) => ('text' in piece ? piece.text : ''))
      .join('')
      .trim(),
  );
}

t.test(
  'in the list the time of the last message stands beside the unread count, and gives way to a name',
  async (t) => {
    const state = await withMessages(3);
    const names = state.conversations.map((one, index) => ({
      ...one,
      name: index === 0 ? '@somebody-with-a-long-name' : one.name,
      last: fakeMessage({ from: 'x', sentAt: new Date(2026, 2, 3, 9, 5).toISOString() }),
      unread: 7,
    }));
    const row = (columns: number): string =>
      (listLines({ ...state, conversations: names }, columns, 3)[1] ?? [])
        .map((piece) => ('text' in piece ? piece.text : ''))
        .join('');
    t.equal(row(40), '▌○ somebody-with-a-long-name    09:05 7 ');
    t.equal(row(22), '▌○ somebody-… 09:05 7 ');
    t.equal(row(16), '▌○ somebody-… 7 ');
  },
);

t.test('a message is there once, in the order of the log, however often it is told', async (t) => {
  const state = await withMessages(3);
  const queued = fakeMessage({ from: 'alice', mine: true, seq: null, state: 'queued', text: 'mine' });
  const stored = { ...queued, seq: 5, state: 'sent' as const };
  const other = fakeMessage({ from: 'bob', seq: 4, text: 'theirs' });
  const next = after(
    state,
    { type: 'message-arrived', message: queued },
    { type: 'message-arrived', message: other },
    { type: 'message-arrived', message: stored },
    { type: 'message-changed', message: stored },
  );
  t.same(texts(next), ['text 0', 'text 1', 'text 2', 'theirs', 'mine']);
});

t.test('merging pages in any order and overlap gives the same list', (t) => {
  const log = Array.from({ length: 20 }, (_, index) => fakeMessage({ from: 'bob', seq: index + 1 }));
  const page = fc
    .tuple(fc.nat({ max: 19 }), fc.nat({ max: 20 }))
    .map(([from, count]) => log.slice(from, from + count));
  fc.assert(
    fc.property(fc.array(page), (pages) => {
      const list = [...pages, log].reduce<readonly Message[]>((all, one) => merged(all, one), []);
      return list.length === 20 && list.every((message, index) => message.seq === index + 1);
    }),
  );
  t.end();
});

t.test('of two messages with one seq the newer stays: the server came back from a backup', async (t) => {
  const { messages } = currentThread(await withMessages(3));
  const [first, second] = messages;
  const other = { ...second!, id: 'another', text: 'after the backup' };
  t.same(
    merged(messages, [other]).map(({ text }) => text),
    ['text 0', 'after the backup', 'text 2'],
  );
  t.equal(merged(messages, [first!]).length, 3);
});

t.test('unread counts go up elsewhere only, and not for one’s own', async (t) => {
  const state = after(await withMessages(1), { type: 'marked-read', conv: 1 });
  const unread = (one: ChatState): number[] => one.conversations.map((view) => view.unread).sort();
  t.same(unread(after(state, arrived({ from: 'bob', conv: 1 }))), [0, 0]);
  t.same(unread(after(state, arrived({ from: 'carol', conv: 2 }))), [0, 1]);
  t.same(unread(after(state, arrived({ from: 'alice', mine: true, conv: 2 }))), [0, 0]);
  const scrolled = after(
    await withMessages(80),
    { type: 'marked-read', conv: 1 },
    { type: 'scrolled', rows: -20 },
  );
  t.same(unread(after(scrolled, arrived({ from: 'bob', conv: 1 }))), [0, 1], 'below the screen is not seen');
});

t.test('a new message brings its conversation to the top and back from hiding', async (t) => {
  const state = await withMessages(1);
  const hidden = after(state, {
    type: 'conversations-loaded',
    conversations: state.conversations.map((one) => (one.id === 2 ? { ...one, hidden: true } : one)),
  });
  const next = after(hidden, arrived({ from: 'carol', conv: 2, sentAt: '2030-01-01T00:00:00.000Z' }));
  t.equal(next.conversations[0]?.name, '@carol');
  t.equal(next.conversations[0]?.hidden, false);
});

t.test('a message that mentions one marks its group until it is read', (t) => {
  const client = new FakeClient();
  const team = client.talk('#team', ['bob']);
  const state = after(
    start,
    { type: 'logged-in', me: 'alice', server: 'x' },
    { type: 'conversations-loaded', conversations: client.views },
    { type: 'message-arrived', message: fakeMessage({ from: 'bob', conv: team.id, text: 'all of you' }) },
  );
  t.same(state.mentioned, []);
  const text = 'what do you say, @Alice?';
  const marked = after(state, {
    type: 'message-arrived',
    message: fakeMessage({ from: 'bob', conv: team.id, text }),
  });
  t.same(marked.mentioned, [team.id]);
  const rows = listLines(marked, 22, 10).map((line) =>
    toAnsi(line, plainTheme).replace(/\u001b\[[0-9;]*m/g, ''),
  );
  t.match(rows.join('\n'), /team +[\d:]+ @ 2/);
  t.same(after(marked, { type: 'marked-read', conv: team.id }).mentioned, []);
  t.end();
});

t.test(
  'a missed call has a sign in the list until it is read, and another word than one without an answer',
  (t) => {
    const client = new FakeClient();
    const bob = client.talk('@bob');
    const call = { media: 'audio', outcome: 'missed', durationMs: 0 };
    const missed = fakeMessage({ from: 'bob', conv: bob.id, kind: 'call', text: null, call });
    const loaded = after(start, { type: 'conversations-loaded', conversations: client.views });
    const listOf = (state: ChatState): string =>
      listLines(state, 22, 10)
        .map((line) => toAnsi(line, plainTheme).replace(/\u001b\[[0-9;]*m/g, ''))
        .join('\n');
    const own = after(loaded, { type: 'message-arrived', message: { ...missed, mine: true } });
    t.notMatch(listOf(own), '✗');
    const state = after(loaded, { type: 'message-arrived', message: missed });
    t.match(listOf(state), /bob +[\d:]+ ☎✗ 1/);
    // Something else comes after it: the call is still missed.
    const text = fakeMessage({ from: 'bob', conv: bob.id });
    t.match(listOf(after(state, { type: 'message-arrived', message: text })), /bob +[\d:]+ ☎✗ 2/);
    t.same(after(state, { type: 'marked-read', conv: bob.id }).missed, []);
    t.same(after(state, { type: 'conversations-loaded', conversations: client.views }).missed, []);
    const say = sayOf(state);
    t.equal(previewText(missed, say), '☎✗ call from bob: missed');
    t.match(previewText({ ...missed, mine: true }, say), /^☎ call from you: /);
    t.end();
  },
);

t.test('the unread line stands before the first unread message until something is sent', async (t) => {
  const state = await withMessages(3);
  t.equal(currentThread(state).marker, currentThread(state).messages[0]?.id);
  t.match(rows(state).join('\n'), /New messages[^]*text 0/);
  const sent = after(
    state,
    { type: 'composed', buffer: bufferOf('hi') },
    { type: 'submitted', text: 'hi', isCommand: false },
  );
  t.notMatch(rows(sent).join('\n'), 'New messages');
});

t.test(
  'what is read while scrolled up does not move when messages come or older ones are loaded',
  async (t) => {
    const state = after(await withMessages(100), { type: 'scrolled', rows: -30 });
    const shown = rows(state);
    const newer = after(state, arrived({ from: 'bob', conv: 1, text: 'new' }));
    t.same(rows(newer), shown);
    const older = fakeMessage({ from: 'bob', seq: 0, conv: 1, text: 'old' });
    t.same(
      rows(after(state, { type: 'page-loaded', conv: 1, messages: [older], before: 1, whole: false })),
      shown,
    );
  },
);

t.test('a page that was on its way when the person went elsewhere leaves no hole there', async (t) => {
  const state = await withMessages(200);
  const every = currentThread(state).messages;
  const range = (from: number, to: number): readonly Message[] => every.slice(from - 1, to);
  const loaded = (messages: readonly Message[]): Action[] => [
    { type: 'cleared', conv: 1 },
    { type: 'page-loaded', conv: 1, messages, before: null, whole: false },
    { type: 'page-asked', conv: 1 },
  ];
  const goTo: Action = {
    type: 'went-to',
    conv: 1,
    id: every[29]?.id ?? '',
    messages: range(1, 60),
    isEnd: false,
  };
  const older: Action = { type: 'page-loaded', conv: 1, messages: range(81, 140), before: 141, whole: false };
  const newer: Action = { type: 'newer-loaded', conv: 1, messages: range(141, 200), after: 140, isEnd: true };
  t.same(currentThread(after(state, ...loaded(range(141, 200)), older)).messages, range(81, 200));
  for (const late of [older, newer]) {
    const there = currentThread(after(state, ...loaded(range(141, 200)), goTo, late));
    t.same(there.messages, range(1, 60), late.type);
    t.equal(there.hasNewer, true);
    t.equal(there.loading, false);
  }
});

t.test('scrolling stops at both ends, and up and down by the same come back', async (t) => {
  const state = await withMessages(60);
  const height = layoutOf(state).messageRows;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 15 }), (steps) => {
      const next = after(state, ...steps.map((rows): Action => ({ type: 'scrolled', rows })));
      return rows(next).length === height;
    }),
    { numRuns: 50 },
  );
  const top = after(state, { type: 'scrolled', rows: -1000 });
  t.match(rows(top)[0], /─ .+ ─/, 'the day is the first row of all');
  t.same(rows(after(top, { type: 'scrolled', rows: -1 })), rows(top));
  t.same(rows(after(top, { type: 'scrolled', rows: 1000 })), rows(state));
  const up = after(state, { type: 'scrolled', rows: -7 });
  t.same(rows(after(up, { type: 'scrolled', rows: 7 })), rows(state));
});

t.test('selecting goes up from the newest, and what is selected is on the screen', async (t) => {
  let state = await withMessages(60);
  for (let step = 0; step < 40; step++) state = after(state, { type: 'selected', direction: -1 });
  t.equal(
    currentThread(state).messages.find((one) => one.id === currentThread(state).selected)?.text,
    'text 20',
  );
  t.match(rows(state).join('\n'), 'text 20 ');
  for (let step = 0; step < 60; step++) state = after(state, { type: 'selected', direction: 1 });
  t.equal(currentThread(state).selected, null);
});

t.test('the history brings back what was sent, and what was being written after it', (t) => {
  const sent = after(
    start,
    { type: 'composed', buffer: bufferOf('one') },
    { type: 'submitted', text: 'one', isCommand: false },
    { type: 'submitted', text: 'two', isCommand: false },
    { type: 'submitted', text: 'two', isCommand: false },
    { type: 'composed', buffer: bufferOf('draft') },
  );
  const text = (state: ChatState): string => state.composers[0]?.buffer.text ?? '';
  const up = after(sent, { type: 'history', direction: -1 });
  t.equal(text(up), 'two');
  const upUp = after(up, { type: 'history', direction: -1 }, { type: 'history', direction: -1 });
  t.equal(text(upUp), 'one');
  const down = after(upUp, { type: 'history', direction: 1 }, { type: 'history', direction: 1 });
  t.equal(text(down), 'draft');
  t.equal(text(after(down, { type: 'history', direction: 1 })), 'draft');
  t.end();
});

t.test('somebody who writes without a word more is forgotten after a while', async (t) => {
  const state = await withMessages(1);
  const typing = after(state, { type: 'typing', conv: 1, user: 'bob', untilMs: state.nowMs + 8000 });
  t.same(Object.keys(typing.typing[1] ?? {}), ['bob']);
  t.same(after(typing, { type: 'ticked', nowMs: state.nowMs + 9000 }).typing, {});
  t.same(after(typing, arrived({ from: 'bob', conv: 1 })).typing[1], {}, 'and when the message is there');
});

t.test('the widths of list, line and conversation make up the screen', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100 }), (columns, height) => {
      const layout = layoutOf({ ...start, size: { columns, rows: height } });
      const width =
        layout.list > 0 && layout.pane > 0 ? layout.list + 1 + layout.pane : layout.list + layout.pane;
      const used =
        layout.headerRows +
        layout.noticeRows +
        layout.messageRows +
        layout.bannerRows +
        layout.ruleRows +
        layout.composerRows;
      return width === columns && (used === layout.rows || height < 3);
    }),
  );
  t.end();
});

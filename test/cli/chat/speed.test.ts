// What a key and a new message cost, counted: rows laid out, bytes written, messages kept.
import t from 'tap';
import type { Action } from '../../../src/cli/chat/actions.js';
import { frameOf } from '../../../src/cli/chat/frame.js';
import { laidOut } from '../../../src/cli/chat/message-cache.js';
import { drawContext } from '../../../src/cli/chat/message-view.js';
import { isWatching, reduce } from '../../../src/cli/chat/reduce.js';
import { encodeUpdate } from '../../../src/cli/chat/screen.js';
import type { Line } from '../../../src/cli/chat/spans.js';
import { currentComposer, currentThread, initialState, type ChatState } from '../../../src/cli/chat/state.js';
import { insert } from '../../../src/cli/chat/text-buffer.js';
import { paletteOf } from '../../../src/cli/chat/themes.js';
import type { Message } from '../../../src/client/api.js';
import { FakeClient, fakeMessage } from '../../support/fake-client.js';

const log = 100_000;

function message(seq: number, more: Partial<Message> = {}): Message {
  return fakeMessage({ from: seq % 3 === 0 ? 'bob' : 'carol', conv: 1, conversation: '#team', seq, ...more });
}

function after(state: ChatState, ...actions: readonly Action[]): ChatState {
  return actions.reduce(reduce, state);
}

/** A group of 100,000 messages, opened at its end. */
function openGroup(): ChatState {
  const client = new FakeClient();
  const conversation = client.talk('#team', ['bob', 'carol']);
  const size = { columns: 200, rows: 50 };
  const messages = Array.from({ length: 60 }, (_, index) => message(log - 59 + index));
  return after(
    initialState({
      palette: paletteOf({ TERM: 'xterm-256color' }),
      size,
      nowMs: Date.UTC(2026, 2, 4),
      lang: 'en',
      colours: '256',
      server: 'test',
    }),
    { type: 'logged-in', me: 'alice', server: 'test' },
    { type: 'conversations-loaded', conversations: client.views },
    { type: 'opened', conversation },
    { type: 'page-loaded', conv: 1, messages, before: null, whole: false },
  );
}

function key(state: ChatState, char: string): ChatState {
  return after(state, { type: 'composed', buffer: insert(currentComposer(state).buffer, char) });
}

/** The layout of each message that is kept, as the next drawing will take it. */
function layouts(state: ChatState): Map<string, readonly Line[]> {
  const { messages } = currentThread(state);
  const context = drawContext(state);
  return new Map(
    messages.map((one, index) => [one.id, laidOut(one, messages[index - 1] ?? null, context)] as const),
  );
}

/** How many messages are laid out anew between two states. */
function laidOutAnew(before: ChatState, next: ChatState): number {
  const old = layouts(before);
  return [...layouts(next)].filter(([id, lines]) => old.get(id) !== lines).length;
}

t.test('a key lays out no message and writes less than 2 kB at 200x50', (t) => {
  let state = openGroup();
  for (const char of 'hello,howareyou?') {
    const next = key(state, char);
    t.equal(laidOutAnew(state, next), 0);
    const bytes = encodeUpdate(
      { rows: frameOf(state).rows, cursor: null },
      { rows: frameOf(next).rows, cursor: null },
    ).length;
    t.ok(bytes > 0 && bytes <= 2048, `${bytes} bytes`);
    state = next;
  }
  t.end();
});

t.test('a new message lays out itself alone; a selection, what it leaves and what it takes', (t) => {
  const state = openGroup();
  const arrived = after(state, { type: 'message-arrived', message: message(log + 1) });
  t.equal(laidOutAnew(state, arrived), 1);
  const selected = after(arrived, { type: 'selected', direction: -1 });
  t.equal(laidOutAnew(arrived, selected), 1);
  t.equal(laidOutAnew(selected, after(selected, { type: 'selected', direction: -1 })), 2);
  t.end();
});

t.test('what has changed is laid out anew: width, language, day, an edited message', (t) => {
  const state = openGroup();
  const all = currentThread(state).messages.length;
  layouts(state);
  t.equal(laidOutAnew(state, after(state, { type: 'resized', size: { columns: 120, rows: 50 } })), all);
  t.equal(laidOutAnew(state, after(state, { type: 'settings', settings: state.settings, lang: 'fr' })), all);
  t.equal(laidOutAnew(state, after(state, { type: 'ticked', nowMs: state.nowMs + 1000 })), 0);
  t.equal(laidOutAnew(state, after(state, { type: 'ticked', nowMs: state.nowMs + 86_400_000 })), all);
  const [first] = currentThread(state).messages;
  const edited = { ...(first ?? message(1)), text: 'edited' };
  t.equal(laidOutAnew(state, after(state, { type: 'message-changed', message: edited })), 1);
  const same = currentThread(state).messages.map((one) => structuredClone(one));
  const reread = after(state, { type: 'page-loaded', conv: 1, messages: same, before: null, whole: false });
  t.equal(laidOutAnew(state, reread), 0, 'read again, but nothing is new');
  t.end();
});

t.test('a burst of 20,000 messages keeps as many as a window holds, and the newest', (t) => {
  let state = openGroup();
  for (let seq = log + 1; seq <= log + 20_000; seq++)
    state = reduce(state, { type: 'message-arrived', message: message(seq) });
  const { messages, complete, hasNewer } = currentThread(state);
  t.ok(messages.length >= 600 && messages.length <= 660, `${messages.length} messages`);
  t.same([messages.at(-1)?.seq, complete, hasNewer], [log + 20_000, false, false]);
  t.end();
});

t.test('scrolling through 100,000 messages and back keeps a window, and skips and doubles nothing', (t) => {
  const every = Array.from({ length: log }, (_, index) => message(index + 1));
  let state = after(openGroup(), { type: 'cleared', conv: 1 });
  const page = (from: number): Message[] => every.slice(Math.max(0, from), Math.max(0, from + 60));
  state = after(
    state,
    { type: 'page-loaded', conv: 1, messages: page(log - 60), before: null, whole: false },
    { type: 'scrolled', rows: -10 },
  );
  const check = (): void => {
    const { messages } = currentThread(state);
    const first = messages[0]?.seq ?? 0;
    if (messages.length > 660) throw new Error(`${messages.length} messages kept`);
    if (messages.some((one, index) => one.seq !== first + index)) throw new Error('a gap or a double');
  };
  const oldest = (): number => currentThread(state).messages[0]?.seq ?? 0;
  const newest = (): number => currentThread(state).messages.at(-1)?.seq ?? 0;
  while (oldest() > log - 5000) {
    state = after(
      state,
      { type: 'page-loaded', conv: 1, messages: page(oldest() - 61), before: oldest(), whole: false },
      { type: 'scrolled', rows: -70 },
    );
    check();
  }
  t.equal(currentThread(state).hasNewer, true);
  t.equal(isWatching(state, 1), false, 'what comes now is not seen');
  const arrived = after(state, { type: 'message-arrived', message: message(log + 1) });
  t.equal(currentThread(arrived).messages, currentThread(state).messages, 'nor put after a gap');
  while (currentThread(state).hasNewer) {
    const more = page(newest());
    state = after(
      state,
      { type: 'newer-loaded', conv: 1, messages: more, after: newest(), isEnd: more.length < 60 },
      { type: 'scrolled', rows: 100 },
    );
    check();
  }
  t.equal(newest(), log);
  state = after(state, { type: 'scrolled', rows: 1000 });
  t.equal(isWatching(state, 1), true);
  t.end();
});

t.test('going to the end from far up shows the newest page once it is there', (t) => {
  const state = openGroup();
  const [first] = currentThread(state).messages;
  const old = Array.from({ length: 60 }, (_, index) => message(index + 1));
  const far: ChatState = {
    ...state,
    threads: {
      1: {
        ...currentThread(state),
        messages: old,
        hasNewer: true,
        anchor: { id: old[30]?.id ?? '', below: 0 },
      },
    },
  };
  const newest = currentThread(state).messages;
  const load: Action = { type: 'page-loaded', conv: 1, messages: newest, before: null, whole: false };
  t.same(currentThread(after(far, load)).messages, old, 'not while older ones are read');
  const end = currentThread(after(far, { type: 'scrolled-to-end' }, load));
  t.same([end.messages[0]?.id, end.hasNewer, end.complete], [first?.id, false, false]);
  t.end();
});

t.test('of a conversation that was left only the end is kept', (t) => {
  const state = openGroup();
  const more = Array.from({ length: 500 }, (_, index) => message(log - 559 + index));
  const filled = after(state, {
    type: 'page-loaded',
    conv: 1,
    messages: more,
    before: log - 59,
    whole: false,
  });
  t.equal(currentThread(filled).messages.length, 560);
  const other = new FakeClient().talk('@dave');
  const left = after(filled, { type: 'opened', conversation: { ...other, id: 2 } });
  t.equal(left.threads[1]?.messages.length, 60);
  t.equal(left.threads[1]?.messages.at(-1)?.seq, log);
  t.end();
});

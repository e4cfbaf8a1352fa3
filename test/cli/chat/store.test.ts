// Keys are drawn at once; what comes from the network is drawn in steps, which keys come in between.
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { currentComposer, initialState, type ChatState } from '../../../src/cli/chat/state.js';
import { Store } from '../../../src/cli/chat/store.js';
import { emptyBuffer, insert } from '../../../src/cli/chat/text-buffer.js';

const first = initialState({
  size: { columns: 80, rows: 24 },
  nowMs: 0,
  lang: 'en',
  colours: 'none',
  server: '',
});

/** A store whose drawings are kept, with preparations of `steps` steps. */
function setUp(t: Test, steps = 3) {
  const drawn: ChatState[] = [];
  let prepared = 0;
  const store = new Store(
    first,
    {
      draw: (state) => void drawn.push(state),
      *prepare() {
        for (let step = 0; step < steps; step++) {
          prepared++;
          yield;
        }
      },
    },
    () => Date.now(),
  );
  t.teardown(() => {
    store.stop();
  });
  return {
    store,
    drawn,
    get prepared() {
      return prepared;
    },
    news: (nowMs: number) => store.dispatch({ type: 'ticked', nowMs }),
    write(text: string) {
      const before = store.state;
      store.dispatch({ type: 'composed', buffer: insert(emptyBuffer, text) });
      store.drawKeys(before);
    },
    async until(condition: () => boolean) {
      while (!condition()) await nextTurn();
    },
  };
}

/** What a drawing shows: the news, and what is being written. */
const seen = (state: ChatState | undefined): [number | undefined, string | undefined] => [
  state?.nowMs,
  state && currentComposer(state).buffer.text,
];

t.test('a letter is shown at once, beside what is on the screen', async (t) => {
  const chat = setUp(t);
  chat.store.drawNow();
  chat.news(1);
  chat.write('a');
  t.same(chat.drawn.map(seen), [
    [0, ''],
    [0, 'a'],
  ]);
  await chat.until(() => chat.drawn.length > 2);
  t.same(seen(chat.drawn[2]), [1, 'a'], 'the news follows');
});

t.test('a letter in the middle of a preparation neither waits for it nor is lost', async (t) => {
  const chat = setUp(t);
  chat.store.drawNow();
  chat.news(1);
  await chat.until(() => chat.prepared === 2);
  chat.write('a');
  t.same(seen(chat.drawn[1]), [0, 'a']);
  await chat.until(() => chat.drawn.length > 2);
  t.same(seen(chat.drawn[2]), [1, 'a']);
  t.equal(chat.prepared, 3, 'the preparation went on');
});

t.test('keys that do more than write show all there is', async (t) => {
  const chat = setUp(t);
  chat.store.drawNow();
  chat.news(1);
  await chat.until(() => chat.prepared === 1);
  const before = chat.store.state;
  chat.store.dispatch({ type: 'focused', focus: 'list' });
  chat.store.drawKeys(before);
  t.same(seen(chat.drawn[1]), [1, '']);
  t.equal(chat.drawn[1]?.focus, 'list');
  chat.news(2);
  await chat.until(() => chat.drawn.length > 2);
  t.same(seen(chat.drawn[2]), [2, ''], 'what was prepared before is given up');
});

t.test('news in the middle of a preparation is drawn after it', async (t) => {
  const chat = setUp(t);
  chat.store.drawNow();
  chat.news(1);
  await chat.until(() => chat.prepared === 1);
  chat.news(2);
  await chat.until(() => chat.drawn.length > 2);
  t.same(
    chat.drawn.slice(1).map((state) => seen(state)[0]),
    [1, 2],
  );
});

t.test('nothing is drawn when nothing has changed, nor after the end', async (t) => {
  const chat = setUp(t);
  chat.store.drawNow();
  chat.write('a');
  chat.news(1);
  await chat.until(() => chat.drawn.length > 2);
  // Longer than the time between two drawings.
  await new Promise((resolve) => setTimeout(resolve, 250));
  t.equal(chat.drawn.length, 3);
  chat.news(2);
  await chat.until(() => chat.prepared === 4);
  chat.store.stop();
  await nextTurn();
  await nextTurn();
  t.equal(chat.drawn.length, 3);
});

t.test('nothing is drawn before the beginning, which draws what there is then, once', async (t) => {
  const chat = setUp(t);
  chat.news(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(chat.drawn, []);
  chat.news(2);
  chat.store.begin();
  chat.store.begin();
  t.same(chat.drawn.map(seen), [[2, '']]);
  chat.news(3);
  await chat.until(() => chat.drawn.length > 1);
  t.same(seen(chat.drawn[1]), [3, '']);
});

t.test('a key is drawn at once, also before the beginning', (t) => {
  const chat = setUp(t);
  chat.write('a');
  chat.store.begin();
  t.same(chat.drawn.map(seen), [[0, 'a']]);
  t.end();
});

// What the monitor makes of the server's figures.
import t from 'tap';
import { sayIn } from '../../src/cli/catalogue/translate.js';
import {
  callRows,
  graphs,
  headline,
  joined,
  labelStep,
  logLines,
  newestAt,
  roundStep,
  squeezed,
  textPage,
} from '../../src/cli/monitor/figures.js';
import { fixedStatistics } from '../support/statistics.js';

const say = sayIn('en');

t.test('reports are joined by their samples, until the server was started anew', async (t) => {
  const first = fixedStatistics({ samples: 3 });
  const newest = newestAt(first);
  const second = fixedStatistics({ samples: 5 });
  const next = { ...second, samples: second.samples.slice(3) };
  t.same(joined(null, first), first);
  t.same(joined(first, next).samples, second.samples);
  t.equal(newestAt(joined(first, next)), newest + 10_000);
  const anew = { ...next, startedAt: next.startedAt + 1 };
  t.same(joined(first, anew), anew);
  let all = first;
  for (let i = 0; i < 400; i++) all = joined(all, next);
  t.equal(all.samples.length, 720);
});

t.test('squeezing loses no peak and ends with the newest', async (t) => {
  for (let length = 0; length < 60; length++) {
    const values = Array.from({ length }, (_, at) => (at * 7919) % 101);
    for (const count of [1, 2, 7, 30, 100]) {
      const result = squeezed(values, count);
      t.ok(result.length <= count && result.length <= length);
      if (length > 0) t.equal(Math.max(...result), Math.max(...values));
      if (count >= length) t.same(result, values);
    }
  }
});

t.test('no minute is written twice under a graph', async (t) => {
  const start = Date.UTC(2026, 0, 15, 12, 0, 0);
  for (const length of [1, 12, 60, 180, 720]) {
    const clocks = Array.from({ length }, (_, at) => new Date(start + at * 5_000).toISOString().slice(0, 16));
    for (const columns of [2, 19, 30, 60, 100]) {
      const shown = squeezed(
        clocks.map((clock) => Date.parse(`${clock}Z`)),
        columns,
      );
      const step = labelStep(length, columns);
      const written = shown.filter((_, at) => at % step === 0);
      t.equal(new Set(written).size, written.length, `${length} in ${columns}`);
    }
  }
});

t.test('the line at the top counts the calls that the table has', async (t) => {
  const statistics = fixedStatistics({ samples: 2 });
  const [sample] = statistics.samples.slice(-1);
  const begun = { ...statistics, samples: [{ ...sample!, calls: 0 }] };
  t.match(headline(begun, say), 'calls 2');
});

t.test('axes have round steps', async (t) => {
  t.same([0, Number.NaN, 0.3, 1, 1.1, 4, 7, 130].map(roundStep), [1, 1, 0.5, 1, 2, 5, 10, 200]);
});

t.test('a call has a row for each person', async (t) => {
  t.same(callRows(fixedStatistics({ samples: 2 }), say), [
    ['▣ #team', '@alice', 'UDP', '42 ms', '0%', '2:05'],
    ['', '@bob', 'TCP', '310 ms', '2.5%', ''],
    ['♪ @bob @carol', '@carol', 'none', '–', '–', 'rings'],
  ]);
});

t.test('nothing of the log can play with the terminal', async (t) => {
  const statistics = fixedStatistics({ samples: 1 });
  const detail = 'x\u001b]52;c;aGk=\u0007\u001b[2J\ny\u202e';
  const log = [{ at: 0, level: 40, event: 'login-refused', username: 'mallory', detail }];
  const [line = ''] = logLines({ ...statistics, log });
  t.match(line, /^\d\d:\d\d:\d\d ! login-refused @mallory x/);
  t.notMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
});

t.test('a page of text, before the first sample too', async (t) => {
  const page = textPage(fixedStatistics({ samples: 2 }), say).join('\n');
  t.match(page, 'connections 12, people 7');
  t.match(page, 'Messages/s: 20 in, 50 out');
  t.match(page, '310 ms');
  t.match(textPage(fixedStatistics({ samples: 0 }), say)[0], 'has just started');
  t.equal(graphs([], say).memory.lines[0]?.values.length, 0);
});

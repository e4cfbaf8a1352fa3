// What people see: history like a chat log, columns that line up, progress, language.
import t from 'tap';
import { sayIn } from '../../src/cli/catalogue/translate.js';
import { table } from '../../src/cli/format/columns.js';
import { historyLines, messageLines } from '../../src/cli/format/message-view.js';
import type { View } from '../../src/cli/format/view.js';
import { shortMomentText, timeText } from '../../src/cli/chat/message-text.js';
import { hour12Of, languageOf } from '../../src/cli/language.js';
import { Output } from '../../src/cli/output.js';
import { progressBar, progressLine } from '../../src/cli/progress.js';
import { similar } from '../../src/cli/similar.js';
import { widthOf } from '../../src/cli/chat/text-width.js';
import { session } from '../support/cli-run.js';
import { fakeMessage } from '../support/fake-client.js';

const say = sayIn('en');
const { io } = session();
const view: View = {
  say,
  paint: new Output(io, { json: false, quiet: false }).paint,
  columns: 80,
  nowMs: new Date(2026, 2, 4, 12).getTime(),
};
/** Local times, so that the test does not depend on where it runs. */
const at = (day: number, hours: number, minutes: number): string =>
  new Date(2026, 2, day, hours, minutes).toISOString();

t.test('history has day lines, times, names, quotes, reactions, polls, files and delivery states', (t) => {
  const messages = [
    fakeMessage({ from: 'alice', text: 'hello', sentAt: at(1, 9, 5), mine: true, state: 'delivered' }),
    fakeMessage({
      from: 'bob',
      text: 'hi\nthere',
      sentAt: at(1, 9, 6),
      quoted: { from: 'alice', text: 'hello' },
      reactions: { '👍': ['alice'], '🎉': ['alice', 'carol'] },
    }),
    fakeMessage({
      from: 'alice',
      text: 'read it',
      sentAt: at(3, 0, 0),
      mine: true,
      state: 'read',
      editedAt: at(3, 1, 0),
    }),
    fakeMessage({
      from: 'bob',
      kind: 'poll',
      text: null,
      sentAt: at(4, 10, 0),
      poll: {
        question: 'Where?',
        options: [
          { text: '日本', votes: 2, voters: ['alice', 'bob'] },
          { text: 'Paris', votes: 1, voters: ['carol'] },
        ],
        mine: 0,
      },
    }),
    fakeMessage({
      from: 'bob',
      kind: 'file',
      text: 'for you',
      sentAt: at(4, 10, 1),
      file: { name: 'a.bin', size: 1_234_567, type: 'application/zip', sha256: '0'.repeat(64) },
    }),
    fakeMessage({ from: 'bob', text: null, deleted: true, sentAt: at(4, 10, 2) }),
    fakeMessage({
      from: 'bob',
      kind: 'system',
      text: null,
      sentAt: at(4, 10, 3),
      system: { event: 'left', by: 'bob', user: 'bob' },
    }),
  ];
  t.same(historyLines(messages, view, false), [
    '── Sunday 1 March ──',
    '09:05  alice  hello  ✓✓ delivered',
    '09:06  bob    │ alice: hello',
    '              hi',
    '              there',
    '              👍 alice   🎉 alice, carol',
    '── Yesterday ──',
    '00:00  alice  read it (edited)  ✓✓ read',
    '── Today ──',
    '10:00  bob    Where?',
    '              1. 日本   ████████████ 2 ●  alice, bob',
    '              2. Paris  ██████░░░░░░ 1  carol',
    '10:01  bob    ▣ a.bin (1.2 MB, application/zip)',
    '              for you',
    '10:02  bob    message deleted',
    '10:03  — bob left',
  ]);
  t.end();
});

t.test('with ids each message begins with its id, and the rest lines up', (t) => {
  const message = fakeMessage({ from: 'bob', text: 'one\ntwo', sentAt: at(4, 10, 0) });
  const [first = '', second = ''] = messageLines(message, view, true);
  t.ok(first.startsWith(`${message.id}  10:00  bob  one`));
  t.equal(second.indexOf('two'), first.indexOf('one'));
  t.end();
});

t.test('columns line up with wide characters and colours', (t) => {
  const lines = table([
    ['日本語', '\x1b[31mred\x1b[39m', 'x'],
    ['a', 'b', 'y'],
  ]);
  const before = lines.map((line) => widthOf(line.replace(/\x1b\[\d+m/g, '').slice(0, -1)));
  t.equal(before[0], before[1]);
  t.end();
});

t.test('progress shows part, rate and time left', (t) => {
  const samples = [
    { atMs: 0, done: 0 },
    { atMs: 2000, done: 4_000_000 },
  ];
  const line = progressLine('file.bin', { done: 4_000_000, total: 10_000_000 }, samples, say);
  t.equal(line, 'file.bin                 ████████░░░░░░░░░░░░  40 %  4 MB/10 MB  2 MB/s  0:03');
  t.end();
});

t.test('progress is drawn on a terminal only, at most ten times a second, and goes away at the end', (t) => {
  const { io: plain, stderr: quiet } = session();
  progressBar(plain, say, 'f')({ done: 1, total: 2 });
  t.equal(quiet.text, '');
  const { io: terminal, stderr } = session({ tty: true });
  let nowMs = 1000;
  const draw = progressBar({ ...terminal, now: () => nowMs }, say, 'f');
  for (let done = 0; done <= 100; done++) {
    nowMs += 10;
    draw({ done, total: 100 });
  }
  const draws = stderr.text.split('\r').length - 1;
  t.ok(draws >= 8 && draws <= 12, `${draws} draws`);
  t.ok(stderr.text.endsWith('\r\x1b[K'));
  t.end();
});

t.test('colours only on a terminal and without NO_COLOR', (t) => {
  const paint = (options: Parameters<typeof session>[0], json = false): string =>
    new Output(session(options).io, { json, quiet: false }).paint.red('x');
  t.equal(paint({ tty: true }), '\x1b[31mx\x1b[39m');
  t.equal(paint({ tty: true, env: { NO_COLOR: '1' } }), 'x');
  t.equal(paint({ tty: true, env: { TERM: 'dumb' } }), 'x');
  t.equal(paint({}), 'x');
  t.end();
});

t.test('the language is the option, else the variable, else the locale', (t) => {
  const lang = (argv: string[], env: Record<string, string>) => languageOf(argv, env);
  t.same(lang(['--lang', 'fr'], { PYTALK_LANG: 'en' }), { lang: 'fr', wrong: null, isAsked: true });
  t.same(lang(['--lang=fr'], {}), { lang: 'fr', wrong: null, isAsked: true });
  t.same(lang([], { PYTALK_LANG: 'fr_CA.UTF-8', LANG: 'C' }), { lang: 'fr', wrong: null, isAsked: true });
  t.same(lang([], { LC_ALL: '', LC_MESSAGES: 'fr_FR.UTF-8', LANG: 'en_US' }), {
    lang: 'fr',
    wrong: null,
    isAsked: false,
  });
  t.same(lang([], { LANG: 'de_DE.UTF-8' }), { lang: 'en', wrong: null, isAsked: false });
  t.same(lang(['send', 'x', '--', '--lang', 'fr'], {}), { lang: 'en', wrong: null, isAsked: false });
  t.same(lang(['--lang', 'xx'], {}), { lang: 'en', wrong: 'xx', isAsked: false });
  t.end();
});

t.test('slips of the keyboard are recognised, other words are not', (t) => {
  const words = ['send', 'history', 'search', 'groups'];
  t.equal(similar('sned', words), 'send');
  t.equal(similar('histroy', words), 'history');
  t.equal(similar('GROUP', words), 'groups');
  t.equal(similar('banana', words), undefined);
  t.equal(similar('x', words), undefined);
  t.end();
});

t.test('the time of day is said as the country does', (t) => {
  t.equal(hour12Of({ LANG: 'en_US.UTF-8' }), true);
  t.equal(hour12Of({ LANG: 'en_GB.UTF-8' }), false);
  t.equal(hour12Of({ LANG: 'en_US.UTF-8', LC_TIME: 'fr_FR.UTF-8' }), false);
  t.equal(hour12Of({ LANG: 'C.UTF-8' }), false);
  t.equal(hour12Of({}), false);
  const at = new Date(2026, 0, 5, 14, 5).toISOString();
  t.equal(timeText(at), '14:05');
  t.equal(timeText(at, true), '2:05 pm');
  t.equal(timeText(new Date(2026, 0, 5, 0, 5).toISOString(), true), '12:05 am');
  t.end();
});

t.test('a moment in few cells is the time, the weekday, the day or the month', (t) => {
  const now = new Date(2026, 2, 5, 14, 5).getTime();
  const short = (lang: 'en' | 'fr', ...at: [number, number, number]): string =>
    shortMomentText(new Date(...at, 9, 5).toISOString(), now, sayIn(lang, lang === 'en'));
  t.equal(short('en', 2026, 2, 5), '9:05 am');
  t.equal(short('fr', 2026, 2, 5), '09:05');
  t.equal(short('en', 2026, 2, 4), 'Wed');
  t.equal(short('fr', 2026, 1, 27), 'ven.', 'six days before');
  t.equal(short('fr', 2026, 1, 26), '26 févr.', 'the same weekday as today');
  t.equal(short('en', 2025, 11, 31), 'Dec 2025');
  t.equal(shortMomentText('', now, sayIn('en')), '');
  t.end();
});

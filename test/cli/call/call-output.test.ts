import t from 'tap';
import {
  newcomersAsTheyAre,
  newProblems,
  newsText,
  waysOnceConnected,
} from '../../../src/cli/call/call-output.js';
import type { CallNews } from '../../../src/cli/call/call-news.js';
import { StatusLine, type CallStatus, type Sample } from '../../../src/cli/call/call-status.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { PytalkError } from '../../../src/protocol/errors.js';

function problem(part: 'camera' | 'microphone', reason: string): CallNews & { type: 'problem' } {
  const error = new PytalkError('camera-failed', { details: { camera: 'default', reason } });
  return { type: 'problem', part, error, retryInMs: 5000 };
}

t.test('people are told of a camera that stays away once a minute, and at once of another reason', (t) => {
  const isNew = newProblems();
  t.ok(isNew(problem('camera', 'none'), 0));
  t.notOk(isNew(problem('camera', 'none'), 5_000));
  t.ok(isNew(problem('microphone', 'none'), 5_000), 'another part');
  t.ok(isNew(problem('camera', 'busy'), 10_000), 'another reason');
  t.notOk(isNew(problem('camera', 'busy'), 69_999));
  t.ok(isNew(problem('camera', 'busy'), 70_000), 'a minute later');
  t.ok(isNew({ ...problem('camera', 'busy'), retryInMs: null }, 71_000), 'tried by the person');
  t.end();
});

t.test('who calls us is not said to call themselves', (t) => {
  const say = sayIn('en');
  const ringing = { type: 'ringing', call: 'id', from: 'carol', media: 'audio' } as const;
  t.equal(newsText({ ...ringing, with: '@carol' }, say), 'carol calls');
  t.equal(newsText({ ...ringing, with: '@carol', media: 'video' }, say), 'carol calls, with pictures');
  t.equal(newsText({ ...ringing, with: '@bob' }, say), 'carol calls @bob…');
  t.equal(newsText({ ...ringing, with: '#team' }, say), 'carol calls #team…');
  t.end();
});

t.test('that somebody records is said in words, by name, all the time', (t) => {
  const person = {
    type: 'participant',
    user: 'bob',
    joined: true,
    muted: false,
    camera: true,
    screen: false,
    away: false,
  } as const;
  for (const [lang, word] of [
    ['en', /bob: .*, ● records the call$/],
    ['fr', /bob : .*, ● enregistre l’appel$/],
  ] as const) {
    const say = sayIn(lang);
    t.match(newsText({ ...person, recording: true }, say), word);
    t.notMatch(newsText({ ...person, recording: false }, say), /●/);
  }
  const live = {
    call: { conversation: '@bob', media: 'audio', end: null },
    hasMicrophone: true,
    muted: false,
    cameraOn: false,
    recorders: { self: true, others: ['bob\u001b[31m'] },
    people: new Map<number, object>([[2, {}]]),
  };
  const status = { live, connectedForMs: null, silent: false, volume: 1 } as unknown as CallStatus;
  const statusIn = (lang: 'en' | 'fr'): string =>
    new StatusLine().text(status, { stats: null, atMs: 0 }, sayIn(lang));
  const text = statusIn('en');
  t.match(text, /● recorded by you, bob/);
  t.notMatch(text, /\u001b/);
  t.notMatch(text, / people/);
  live.people.set(3, {}).set(4, {});
  t.match(statusIn('en'), /4 people/);
  t.match(statusIn('fr'), /4 personnes/);
  t.end();
});

t.test('a recording that fails is one line, which says that the call goes on', (t) => {
  const error = new PytalkError('file-unwritable', {
    details: { path: 'call.mkv', reason: 'no space left' },
  });
  const text = newsText({ type: 'recording', on: false, path: 'call.mkv', error }, sayIn('en'));
  t.equal(text, 'the recording has ended, the call goes on: cannot write call.mkv: no space left');
  t.end();
});

t.test('a device that fails is said with what to do, in the words of the place', (t) => {
  for (const lang of ['en', 'fr'] as const) {
    const say = sayIn(lang);
    t.match(newsText(problem('camera', 'none'), say, 'chat'), /`\/camera test`.*`pytalk devices`/);
    t.match(newsText(problem('camera', 'none'), say), /`--camera test`/);
    t.match(newsText(problem('microphone', 'none'), say, 'chat'), '`/set mic none`');
    t.match(newsText({ ...problem('camera', 'none'), part: 'speaker' }, say), '`--speaker none`');
  }
  t.end();
});

t.test('by which way media goes is said in plain words, once somebody has answered', (t) => {
  const told: string[] = [];
  const hear = waysOnceConnected((news) => told.push(newsText(news, sayIn('en'))));
  const connected = { type: 'connected', call: 'id', with: '@bob', safetyNumber: null } as const;
  hear({ type: 'path', path: 'udp' });
  hear(connected);
  t.same(told.splice(0), ['connected with @bob; end-to-end encrypted'], 'the usual way is no news');
  hear({ type: 'path', path: 'direct' });
  t.same(told.splice(0), ['connected directly, past the server']);
  hear({ type: 'ended', call: 'id', reason: 'hangup', durationMs: 1, error: null });
  told.splice(0);
  hear({ type: 'path', path: 'tcp' });
  t.same(told, [], 'it rings again');
  hear(connected);
  t.match(told, [/^connected with/, 'UDP is blocked: connected through the server over TCP']);
  t.end();
});

t.test('figures that gathered while the program was stopped are not shown', (t) => {
  const live = {
    call: { conversation: '@bob', media: 'video', end: null },
    hasMicrophone: false,
    muted: true,
    cameraOn: true,
    recorders: { self: false, others: [] },
    people: new Map(),
  };
  const line = new StatusLine();
  const textAt = (atMs: number): string => {
    const status = { live, connectedForMs: atMs, silent: false, volume: 1 } as unknown as CallStatus;
    const stats = { path: 'direct', rttMs: 5_357, received: new Map() } as unknown as Sample['stats'];
    return line.text(status, { stats, atMs }, sayIn('en'));
  };
  t.equal(textAt(0), '@bob  0:00  no microphone  direct  5357 ms');
  t.match(textAt(1_000), '5357 ms');
  t.equal(textAt(9_000), '@bob  0:09  no microphone', 'it was stopped');
  t.equal(textAt(11_000), '@bob  0:11  no microphone');
  t.match(textAt(12_000), '5357 ms');
  t.end();
});

t.test('who joins is told as they are, not as they count until they have said it', (t) => {
  const told: string[] = [];
  const due: (() => void)[] = [];
  const hear = newcomersAsTheyAre(
    (news) => told.push(newsText(news, sayIn('en'))),
    (work) => due.push(work),
  );
  const bob = { user: 'bob', joined: true, screen: false, recording: false, away: false };
  const tell = (muted: boolean, camera: boolean, joined = true): void =>
    hear({ type: 'participant', ...bob, joined, muted, camera });
  tell(false, true);
  tell(true, false);
  t.same(told, []);
  for (const work of due.splice(0)) work();
  t.same(told.splice(0), ['bob: microphone off, camera off']);
  tell(false, false);
  t.same(told.splice(0), ['bob: microphone on, camera off'], 'a change is told at once');
  tell(false, false, false);
  t.same(told.splice(0), ['bob has left']);
  tell(false, true);
  hear({ type: 'ended', call: 'id', reason: 'hangup', durationMs: 1, error: null });
  told.splice(0);
  for (const work of due.splice(0)) work();
  t.same(told, [], 'nothing after the end');
  t.end();
});

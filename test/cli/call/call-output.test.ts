import t from 'tap';
import { newProblems, newsText } from '../../../src/cli/call/call-output.js';
import type { CallNews } from '../../../src/cli/call/live-call.js';
import { statusText } from '../../../src/cli/call/call-status.js';
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
    muted: false,
    cameraOn: false,
    recorders: { self: true, others: ['bob\u001b[31m'] },
    people: new Map<number, object>([[2, {}]]),
  };
  const status = { live, connectedForMs: null, silent: false, volume: 1 } as unknown as Parameters<
    typeof statusText
  >[0];
  const text = statusText(status, { stats: null, atMs: 0 }, null, sayIn('en'));
  t.match(text, /● recorded by you, bob/);
  t.notMatch(text, /\u001b/);
  t.notMatch(text, / people/);
  live.people.set(3, {}).set(4, {});
  t.match(statusText(status, { stats: null, atMs: 0 }, null, sayIn('en')), /4 people/);
  t.match(statusText(status, { stats: null, atMs: 0 }, null, sayIn('fr')), /4 personnes/);
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

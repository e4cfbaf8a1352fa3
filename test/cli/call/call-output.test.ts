import t from 'tap';
import { newProblems, newsText } from '../../../src/cli/call/call-output.js';
import type { CallNews } from '../../../src/cli/call/live-call.js';
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

// Tests of what asks something of the agent, and of the id of its answer.
import t from 'tap';
import { answerId, isRecent, questionOf } from '../../../src/cli/agent/questions.js';
import { isUuid } from '../../../src/protocol/names.js';
import { fakeMessage } from '../../support/fake-client.js';

t.test('one word asks, in a conversation of two, from the other one', async (t) => {
  const ask = (text: string, more = {}) => questionOf(fakeMessage({ from: 'alice', text, ...more }));
  for (const text of ['photo', ' /Photo ', 'PHOTO', 'picture']) t.equal(ask(text), 'photo', text);
  for (const text of ['status', '/status', 'statut', 'État', 'e\u0301tat'])
    t.equal(ask(text), 'status', text);
  for (const text of ['photo of a cat', 'photos', '', 'constructor', '//photo'])
    t.equal(ask(text), null, text);
  t.equal(ask('photo', { conversation: '#team' }), null, 'in a group everybody would see it');
  t.equal(ask('photo', { mine: true, conversation: '@bob' }), null);
  t.equal(ask('photo', { deleted: true }), null);
  t.equal(ask('photo', { kind: 'file' }), null);
});

t.test('a question is old after five minutes; one of the future is not', async (t) => {
  const sentAt = '2026-03-03T12:00:00.000Z';
  const at = Date.parse(sentAt);
  t.ok(isRecent({ sentAt }, at + 299_000));
  t.notOk(isRecent({ sentAt }, at + 300_000));
  t.ok(isRecent({ sentAt }, at - 3_600_000));
});

t.test('the id of an answer is a UUID that follows from the question alone', async (t) => {
  const id = '01890000-0000-7000-8000-000000000000';
  t.equal(answerId(id), answerId(id));
  t.ok(isUuid(answerId(id)));
  t.equal(answerId(id)[14], '5');
  t.not(answerId(id), answerId('01890000-0000-7000-8000-000000000001'));
});

// A deleted message leaves none of its wordings behind: not on the server, not in a copy, not on a new device.
import t from 'tap';
import { startCore } from '../support/core.js';
import { clientAt, homeOf, next } from '../support/homes.js';

t.test('deleting a message erases it and its edits everywhere, and the logs stay equal', async (t) => {
  const core = await startCore(t, { people: 2 });
  const [one, two] = core.people;
  const writer = await clientAt(t, await homeOf(t, one!, core.port));
  const reader = await clientAt(t, await homeOf(t, two!, core.port));
  const stored = next(writer, 'outbox');
  const { id } = await writer.send('@person2', { text: 'first-wording' });
  await stored;
  await writer.edit(id, 'second-wording');
  await reader.synced();
  await reader.react(id, '👍');
  t.equal((await reader.conversation('@person1')).unread, 1);
  const deleted = next(reader, 'message-updated', ({ message }) => message.deleted);
  await writer.delete(id);
  t.match((await deleted).message, { text: null, reactions: {} });
  await writer.synced();
  const later = await clientAt(t, await homeOf(t, two!, core.port));
  await later.synced();
  for (const device of [reader, later])
    t.equal((await device.conversation('@person1')).unread, 0, 'nothing of it can be read');
  const logs = await Promise.all([writer.log('@person2'), reader.log('@person1'), later.log('@person1')]);
  for (const log of logs) {
    t.notMatch(JSON.stringify(log), /wording|👍/);
    t.same(log, logs[0]);
  }
  t.equal(logs[0].length, 4);
  t.match(await later.message(id), { deleted: true, text: null });
});

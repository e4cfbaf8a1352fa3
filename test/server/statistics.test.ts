// The figures that administrators see: who may ask, what is in them, and that there is an hour of them at most.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import type { ServerStatistics } from '../../src/protocol/statistics-shapes.js';
import { runningStatistics, startAdmin } from '../../src/server/admin.js';
import { Statistics } from '../../src/server/statistics.js';
import { emptyCounters } from '../../src/server/relay/relay-counters.js';
import { startCore } from '../support/core.js';

t.test('only administrators may ask, over the wire', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  await t.rejects(alice.request('server.statistics', { since: 0 }), { code: 'not-administrator' });
  await core.hub.commit([{ do: 'account', id: 1, set: { role: 'admin' } }]);
  const told = await alice.request('server.statistics', { since: 0 });
  t.same(told.calls, []);
  t.same(told.samples, []);
  await core.context.statistics.sample();
  const [sample] = (await alice.request('server.statistics', { since: 0 })).samples;
  t.equal(sample?.connections, 1);
  t.equal(sample?.online, 1);
  t.equal(sample?.delivery, null);
  t.ok(sample !== undefined && sample.database > 10_000 && sample.memory > 10_000_000);
  const later = await alice.request('server.statistics', { since: sample!.at });
  t.same(later.samples, [], 'only what is newer');
});

t.test('messages are counted and timed', async (t) => {
  let now = 1_000_000;
  const core = await startCore(t, { now: () => now });
  const { statistics } = core.context;
  const [alice, bob] = [await core.join(1), await core.join(2)];
  const { conversation } = await alice.request('conversations.open', { user: 2 });
  await statistics.sample();
  for (let i = 0; i < 20; i++) {
    await alice.request('event.send', {
      id: uuidv7(),
      conv: conversation.id,
      payload: '{}',
    });
  }
  now += 5_000;
  await statistics.sample();
  const { samples } = await statistics.report(1_000_000);
  t.equal(samples.length, 1);
  const [sample] = samples;
  t.equal(sample?.events, 4, '20 in 5 s');
  t.equal(sample?.deliveries, 8, 'to both');
  t.ok(sample!.commits > 0);
  t.ok(sample!.delivery!.p50 > 0 && sample!.delivery!.p95 >= sample!.delivery!.p50);
  t.ok(sample!.delivery!.max >= sample!.delivery!.p95);
  bob.destroy();
});

t.test('keeps an hour', async (t) => {
  let now = 0;
  const core = await startCore(t);
  const { hub, storage, calls } = core.context;
  const relay = { counters: emptyCounters(), ways: {} };
  const statistics = new Statistics({ hub, storage, calls, relay, now: () => now });
  t.teardown(() => statistics.close());
  for (let i = 0; i < 725; i++) {
    now += 5_000;
    relay.counters.forwardedPackets += 50;
    await statistics.sample();
  }
  const { samples } = await statistics.report(0);
  t.equal(samples.length, 720);
  t.equal(samples[0]?.at, 6 * 5_000);
  t.ok(samples.every(({ relayPackets }) => relayPackets === 10));
});

t.test('the socket of the data folder tells the same; where no server runs it says so', async (t) => {
  const core = await startCore(t);
  await t.rejects(runningStatistics(core.dataDir, 0), { code: 'not-running' });
  const admin = await startAdmin(core.dataDir, core.context);
  t.teardown(() => admin.close());
  await core.context.statistics.sample();
  const told: ServerStatistics = await runningStatistics(core.dataDir, 0);
  t.equal(told.samples.length, 1);
  t.equal(told.samples[0]?.connections, 0);
});

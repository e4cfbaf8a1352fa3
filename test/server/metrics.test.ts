// Metrics over HTTP.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { startMetrics } from '../../src/server/metrics.js';
import { emptyCounters } from '../../src/server/relay/relay-counters.js';
import { startServer, type RunningServer } from '../../src/server/server.js';
import { openDirect, sendText } from '../support/conversing.js';
import { startCore } from '../support/core.js';
import { readExposition } from '../support/exposition.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';
import { upload } from '../support/transfers.js';
import { WireClient } from '../support/wire-client.js';

/** Where it is missing, the test says so and does without. */
function hasPromtool(test: Test): boolean {
  const why = missing('promtool');
  if (why !== false) test.comment(why);
  return why === false;
}

function promtoolReads(test: Test, text: string): void {
  const metrics = spawnSync('promtool', ['check', 'metrics'], { input: text });
  // Its advice on names that a library chose ends with 3; what it cannot read with 1.
  test.notMatch(String(metrics.stderr), /pytalk_/);
  test.not(metrics.status, 1, String(metrics.stderr));
}

/** A server that tells its metrics at a free port. */
async function measured(test: Teardown): Promise<RunningServer> {
  const server = await startServer({
    dataDir: await temporaryFolder(test),
    host: '127.0.0.1',
    port: 0,
    udpPort: 0,
    tls: false,
    overrides: { logLevel: 'silent', metrics: '0' },
  });
  test.teardown(() => server.close());
  return server;
}

t.test('are served where they were asked for, and count what happens', async (t) => {
  const server = await measured(t);
  const client = await WireClient.connect({ port: server.tcp.port });
  t.teardown(() => client.destroy());
  t.equal(server.metrics!.host, '127.0.0.1');
  const base = `http://127.0.0.1:${server.metrics!.port}`;
  const response = await fetch(`${base}/metrics`);
  t.match(response.headers.get('content-type'), 'text/plain');
  const text = await response.text();
  t.match(text, /^pytalk_connections 1$/m);
  t.match(text, /^pytalk_events_total 0$/m);
  t.match(text, /^pytalk_commits_total [1-9]/m);
  t.match(text, /^pytalk_database_bytes [1-9]\d+$/m);
  t.match(text, /^nodejs_eventloop_lag_seconds /m);
  t.match(text, /^pytalk_calls 0$/m);
  t.match(text, /^pytalk_calls_total\{outcome="answered"\} 0$/m);
  t.match(text, /^process_resident_memory_bytes /m);
  t.equal((await fetch(`${base}/`)).status, 404);
  t.equal((await fetch(`${base}/metrics`, { method: 'POST' })).status, 404);
});

t.test(
  'after real traffic every line obeys the format, and the figures are those of the monitor',
  async (t) => {
    let now = 1_000_000;
    const core = await startCore(t, { now: () => now });
    const relay = { counters: { ...emptyCounters(), forwardedPackets: 7, forwardedBytes: 7000 }, ways: {} };
    const metrics = await startMetrics(
      '0',
      core.context,
      relay as unknown as Parameters<typeof startMetrics>[2],
    );
    t.teardown(() => metrics.close());
    const [alice, bob] = [await core.join(1), await core.join(2)];
    const conv = await openDirect(alice, 2);
    const { statistics } = core.context;
    await statistics.sample();
    const count = 30;
    for (let n = 0; n < count; n++) await sendText(n % 2 === 0 ? alice : bob, conv, `message ${n}`);
    await upload(bob, Buffer.alloc(5000));
    now += 5_000;
    await statistics.sample();
    const [sample] = (await statistics.report(1_000_000)).samples;
    const text = await (await fetch(`http://127.0.0.1:${metrics.address.port}/metrics`)).text();
    if (hasPromtool(t)) promtoolReads(t, text);
    const families = readExposition(text);
    const value = (family: string, name = family): number | undefined =>
      families.get(family)?.samples.find((one) => one.name === name)?.value;
    t.equal(value('pytalk_events_total'), count);
    t.equal(value('pytalk_deliveries_total'), 2 * count);
    t.equal(value('pytalk_delivery_seconds', 'pytalk_delivery_seconds_count'), count);
    t.equal(value('pytalk_file_received_bytes_total'), 5000);
    t.equal(value('pytalk_relay_forwarded_bytes_total'), 7000);
    t.equal(value('pytalk_events_total'), sample!.events * 5);
    t.equal(value('pytalk_deliveries_total'), sample!.deliveries * 5);
    t.equal(value('pytalk_connections'), sample?.connections);
    t.equal(value('pytalk_users_online'), sample?.online);
    t.equal(value('pytalk_calls'), sample?.calls);
    const slowest = families
      .get('pytalk_delivery_seconds')
      ?.samples.find((one) => one.name === 'pytalk_delivery_seconds_bucket' && one.value === count);
    t.ok(Number(slowest?.labels['le']) * 1000 >= sample!.delivery!.max, 'the same times');
  },
);

t.test('the reader that checks it would notice a page that is wrong', (t) => {
  const good = '# HELP a_total A.\n# TYPE a_total counter\na_total{b="c"} 1\n';
  t.equal(readExposition(good).get('a_total')?.samples[0]?.labels['b'], 'c');
  for (const bad of [
    good.slice(0, -1),
    good + good,
    `${good}a_total{b="c"} 2\n`,
    good.replace(' 1', ' -1'),
    good.replace(' 1', ' one'),
    good.replace('{b="c"}', '{b=c}'),
    good.replace('counter', 'count'),
    'a_total 1\n',
    '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
  ]) {
    t.throws(() => readExposition(bad), bad);
  }
  t.end();
});

t.test('a port that is in use, or a host that is not here, is named', async (t) => {
  const dataDir = await temporaryFolder(t);
  const start = (metrics: string) =>
    startServer({
      dataDir,
      host: '127.0.0.1',
      port: 0,
      udpPort: 0,
      tls: false,
      overrides: { logLevel: 'silent', metrics },
    });
  const server = await start('127.0.0.1:0');
  t.teardown(() => server.close());
  const second = await temporaryFolder(t);
  const again = startServer({
    dataDir: second,
    host: '127.0.0.1',
    port: 0,
    udpPort: 0,
    tls: false,
    overrides: { logLevel: 'silent', metrics: `[127.0.0.1]:${server.metrics!.port}` },
  });
  await t.rejects(again, { code: 'usage' });
});

t.test(
  'the dashboard and the alerts name only figures that there are, and promtool understands all',
  async (t) => {
    const server = await measured(t);
    const text = await (await fetch(`http://127.0.0.1:${server.metrics!.port}/metrics`)).text();
    const there = new Set(text.split('\n').flatMap((line) => /^(\w+)[ {]/.exec(line)?.[1] ?? []));
    for (const file of ['grafana-dashboard.json', 'prometheus-alerts.yml']) {
      const used = await readFile(projectFile('deploy', file), 'utf8');
      const names = new Set(used.match(/\b(pytalk|process|nodejs)_\w+/g));
      t.ok(names.size > 4, `${file} names ${names.size} figures`);
      for (const name of names) t.ok(there.has(name), `${file}: ${name}`);
    }
    if (!hasPromtool(t)) return;
    const rules = spawnSync('promtool', ['check', 'rules', projectFile('deploy', 'prometheus-alerts.yml')]);
    t.equal(rules.status, 0, String(rules.stderr));
    promtoolReads(t, text);
  },
);

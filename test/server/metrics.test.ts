// Metrics over HTTP.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { startServer, type RunningServer } from '../../src/server/server.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';
import { WireClient } from '../support/wire-client.js';

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
    const noPromtool = missing('promtool');
    if (noPromtool !== false) {
      t.comment(noPromtool);
      return;
    }
    const rules = spawnSync('promtool', ['check', 'rules', projectFile('deploy', 'prometheus-alerts.yml')]);
    t.equal(rules.status, 0, String(rules.stderr));
    const metrics = spawnSync('promtool', ['check', 'metrics'], { input: text });
    // Its advice on names that a library chose ends with 3; what it cannot read with 1.
    t.notMatch(String(metrics.stderr), /pytalk_/);
    t.not(metrics.status, 1, String(metrics.stderr));
  },
);

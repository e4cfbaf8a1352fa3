// Metrics over HTTP.
import t from 'tap';
import { startServer } from '../../src/server/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WireClient } from '../support/wire-client.js';

t.test('are served where they were asked for, and count what happens', async (t) => {
  const server = await startServer({
    dataDir: await temporaryFolder(t),
    host: '127.0.0.1',
    port: 0,
    udpPort: 0,
    tls: false,
    overrides: { logLevel: 'silent', metrics: '0' },
  });
  t.teardown(() => server.close());
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

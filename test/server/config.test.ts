// The configuration file: defaults, refusals that name the setting, and its documentation.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { PytalkError } from '../../src/protocol/errors.js';
import { readConfig } from '../../src/server/config.js';
import { renderConfig } from '../support/config-doc.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';

async function read(test: Teardown, text: string) {
  const path = join(await temporaryFolder(test), 'config.json');
  await writeFile(path, text);
  return readConfig(path);
}

/** The error that reading this file ends with. */
async function refusal(test: Teardown, text: string): Promise<string> {
  try {
    await read(test, text);
    return 'none';
  } catch (error) {
    if (error instanceof PytalkError && error.code === 'usage') return error.message;
    throw error;
  }
}

t.test('without a file every setting has its default', async (t) => {
  t.match(await readConfig(), {
    registration: 'open',
    maxFileBytes: 2 * 1024 ** 3,
    userQuotaBytes: 10 * 1024 ** 3,
    maxConnections: 10_000,
    maxConnectionsPerAddress: 200,
    metrics: null,
    logLevel: 'info',
  });
});

t.test('a file changes what it names, and the command line goes before it', async (t) => {
  const config = await read(t, '{"registration":"invite","rates":{"events":{"burst":7,"perMinute":8}}}');
  t.equal(config.registration, 'invite');
  t.same(config.rates.events, { burst: 7, perMinute: 8 });
  t.same(config.rates.typing, (await readConfig()).rates.typing);
  const path = join(await temporaryFolder(t), 'config.json');
  await writeFile(path, '{"registration":"invite","logLevel":"warn"}');
  t.match(await readConfig(path, { registration: 'closed' }), { registration: 'closed', logLevel: 'warn' });
});

t.test('a setting that is unknown or wrong is named', async (t) => {
  t.match(await refusal(t, '{"maxFilBytes":1}'), 'config.json: maxFilBytes is no setting');
  t.match(await refusal(t, '{"rates":{"event":{"burst":1,"perMinute":1}}}'), 'rates.event is no setting');
  t.match(await refusal(t, '{"rates":{"events":{"burst":1}}}'), 'rates.events.perMinute must be a number');
  t.match(await refusal(t, '{"maxFileBytes":"2G"}'), 'maxFileBytes must be a');
  t.match(
    await refusal(t, '{"registration":"sometimes"}'),
    'registration must be one of open, invite, closed',
  );
  t.match(await refusal(t, '{"metrics":"here"}'), 'metrics must be a port, or HOST:PORT');
  t.match(await refusal(t, '{"registration":'), 'not valid JSON');
  t.match(await refusal(t, '[]'), 'must hold one JSON object');
  t.match(await refusal(t, '{"maxConnections":0}'), 'maxConnections must be at least 1');
  t.match(await refusal(t, '{"retention":{"logDays":99999}}'), 'retention.logDays must be at most 36500');
  t.match(await refusal(t, '{"maxConnections":1.5}'), 'maxConnections must be a whole number');
  t.match(await refusal(t, '{"rates":3}'), 'rates must be an object');
  const overrides = { logLevel: 'loud' } as unknown as Parameters<typeof readConfig>[1];
  await t.rejects(readConfig(undefined, overrides), {
    message: '--log-level must be one of trace, debug, info, warn, error, fatal, silent',
    details: { why: 'config-choice' },
  });
});

t.test('a file that cannot be read is named', async (t) => {
  await t.rejects(readConfig(join(await temporaryFolder(t), 'none.json')), { code: 'file-unreadable' });
});

t.test('docs/CONFIG.md holds the table of all settings as they are', async (t) => {
  const text = await readFile(projectFile('docs', 'CONFIG.md'), 'utf8');
  const expected = renderConfig();
  t.ok(text.includes(expected), `docs/CONFIG.md should hold:\n\n${expected}`);
});

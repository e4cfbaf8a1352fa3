// Golden screens of the monitor, fed by a socket that always tells the same; and what it does when the server goes and comes back.
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import type { ServerStatistics } from '../../src/protocol/statistics-shapes.js';
import { goldenScreens } from '../support/golden.js';
import { projectFile } from '../support/project.js';
import { fixedStatistics } from '../support/statistics.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(120_000);

const skip = missing('tmux', '-V');
const program = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}'`;

/** Answers every question as a server's socket for administrators does; the returned function ends it. */
async function listen(path: string, logged?: ServerStatistics['log']): Promise<() => Promise<void>> {
  const fixed = fixedStatistics({ samples: 720 });
  const statistics = { ...fixed, log: logged ?? fixed.log };
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      const { args } = JSON.parse(line) as { args: [number] };
      const samples = statistics.samples.filter(({ at }) => at > args[0]);
      socket.write(`${JSON.stringify({ ok: { ...statistics, samples } })}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(path, { force: true });
  };
}

async function monitor(t: Test, folder: string, lang: string): Promise<TmuxTerminal> {
  const terminal = await TmuxTerminal.start(t, 80, 24, { PYTALK_LANG: lang, TZ: 'UTC', NO_COLOR: '' });
  await terminal.type(`cd '${folder}' && clear && ${program} monitor --data data; echo "back" "again"`);
  await terminal.press('Enter');
  return terminal;
}

t.test('the monitor, in both languages and three sizes', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'data'));
  const stop = await listen(join(folder, 'data', 'admin.sock'));
  t.teardown(stop);
  const golden = goldenScreens((screen) => screen);
  for (const [lang, title] of [
    ['en', 'Messages/s'],
    ['fr', 'Remise ms'],
  ] as const) {
    const terminal = await monitor(t, folder, lang);
    await golden.take(terminal, `monitor.${lang}`, title);
    await terminal.press('g');
    await golden.take(terminal, `monitor-relay.${lang}`, lang === 'en' ? 'Relay' : 'Relais');
    await terminal.press('q');
    await terminal.shows('back again');
    t.equal(await terminal.value('alternate_on'), '0');
    t.equal(await terminal.value('cursor_flag'), '1');
    t.equal(await terminal.value('mouse_any_flag'), '0');
  }
  for (const { name, golden: wanted, now } of golden.differences) t.equal(now, wanted, name);
});

t.test(
  'a server that goes away is told, what comes back is shown again, and the log follows',
  { skip },
  async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, 'data'));
    const path = join(folder, 'data', 'admin.sock');
    const log = Array.from({ length: 30 }, (_, at) => ({
      at: 0,
      level: 30,
      event: `entry-${at + 1}.`,
      username: null,
      detail: '',
    }));
    const stop = await listen(path, log);
    const terminal = await monitor(t, folder, 'en');
    await terminal.shows('entry-30.');
    t.notMatch(await terminal.screen(), 'entry-1.', 'the newest are seen');
    await terminal.press('Tab');
    await terminal.press('Up');
    await terminal.shows('entry-26.');
    t.notMatch(await terminal.screen(), 'entry-30.');
    await stop();
    await terminal.shows('! no server runs with the data in data');
    t.match(await terminal.screen(), '@alice', 'the last figures stay');
    t.match(await terminal.screen(), 'entry-26.', 'and where the log was left');
    t.teardown(await listen(path, [...log, { ...log[0]!, event: 'entry-31.' }]));
    await terminal.shows('q quit');
    t.match(await terminal.screen(), 'entry-26.');
    await terminal.press('Down');
    await terminal.press('Down');
    await terminal.shows('entry-31.');
    await terminal.press('C-c');
    await terminal.shows('back again');
  },
);

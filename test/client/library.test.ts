// The library entry as docs/LIBRARY.md shows it.
import { spawn } from 'node:child_process';
import { readFile, writeFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startCore } from '../support/core.js';
import { clientAt, homeOf, next } from '../support/homes.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import * as library from '../../src/client/index.js';

t.test('the bot of the documentation answers, as a program of its own', async (t) => {
  const doc = await readFile(projectFile('docs/LIBRARY.md'), 'utf8');
  const example = /```js\n([\s\S]*?)```/.exec(doc)?.[1] ?? '';
  t.match(example, /from 'pytalk'/);
  const core = await startCore(t, { people: 2 });
  const folder = await temporaryFolder(t);
  const home = await homeOf(t, core.people[0]!, core.port);
  // The example as it is, but for the address and the home, which are this test's.
  const program = example
    .replace('127.0.0.1:5000', `127.0.0.1:${core.port}`)
    .replace('./bot-home', home)
    .replace("mode: 'live'", "mode: 'live', tls: false");
  await mkdir(join(folder, 'node_modules'));
  await symlink(projectFile('.'), join(folder, 'node_modules', 'pytalk'));
  await writeFile(join(folder, 'bot.mjs'), program);
  const bot = spawn(process.execPath, [join(folder, 'bot.mjs')], { stdio: 'inherit' });
  t.teardown(async () => {
    bot.kill('SIGKILL');
    if (bot.exitCode === null && bot.signalCode === null)
      await new Promise((resolve) => bot.once('exit', resolve));
  });
  const two = await clientAt(t, await homeOf(t, core.people[1]!, core.port));
  const answer = next(two, 'message', ({ message }) => !message.mine);
  // What comes before the bot has connected is history to it: say it until it hears.
  const hello = (): Promise<unknown> => two.send('person1', { text: 'hello' });
  await hello();
  const again = setInterval(() => void hello(), 300);
  t.teardown(() => clearInterval(again));
  t.match((await answer).message, { from: 'person1', text: 'you said: hello' });
  clearInterval(again);
  const { replyTo, quoted } = (await answer).message;
  t.match(await two.message(replyTo ?? ''), { text: 'hello', mine: true });
  t.same(quoted, { from: 'person2', text: 'hello' });
});

t.test(
  'the documentation names every method of the client, and the entry exports what it says',
  async (t) => {
    const doc = await readFile(projectFile('docs/LIBRARY.md'), 'utf8');
    const client = await clientAt(t, await temporaryFolder(t), {
      server: `127.0.0.1:${(await startCore(t)).port}`,
      tls: false,
      mode: 'once',
    });
    const members = Object.getOwnPropertyNames(Object.getPrototypeOf(client)).concat(Object.keys(client));
    t.same(
      members.filter((name) => name !== 'constructor' && !doc.includes(`\`${name}`)),
      [],
    );
    t.same(Object.keys(library).sort(), ['PytalkError', 'connect']);
  },
);

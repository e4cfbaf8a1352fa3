// The examples do what they say: each is run as its first lines tell, against a real server.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startAgent, twoFriends, withoutDevices } from '../support/calling.js';
import { password, registered } from '../support/cli-person.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

t.setTimeout(120_000);

interface Example {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** Resolves when it has written this. */
  writes(wanted: string): Promise<void>;
}

function start(t: Test, command: string, args: readonly string[], env: Record<string, string>): Example {
  const PYTALK = `${process.execPath} ${projectFile('bin', 'pytalk.js')}`;
  const child = spawn(command, args, { env: { ...process.env, PYTALK, ...env } });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    ended,
    async writes(wanted) {
      const giveUpAt = Date.now() + 60_000;
      while (!output.includes(wanted)) {
        if (Date.now() > giveUpAt || child.exitCode !== null)
          throw new Error(`never wrote ${wanted}: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

t.test('the echo bot answers each message once, also when it is killed', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  const echo = await registered(t, server, 'echo');
  await alice.does('friends', 'add', echo.phone);
  const home = await temporaryFolder(t);
  const bot = (): Example =>
    start(t, process.execPath, [projectFile('examples', 'echo-bot.mjs')], {
      PYTALK_SERVER: `127.0.0.1:${server.tcp.port}`,
      PYTALK_HOME: home,
      PYTALK_USER: 'echo',
      PYTALK_PASSWORD: password,
    });
  const answers = async (): Promise<string[]> => {
    const history = (await alice.does('history', '@echo')) as unknown as { text: string; mine: boolean }[];
    return history.filter(({ mine }) => !mine).map(({ text }) => text);
  };
  const until = async (count: number): Promise<void> => {
    const giveUpAt = Date.now() + 30_000;
    while ((await answers()).length < count && Date.now() < giveUpAt) await Promise.resolve();
  };
  const first = bot();
  await first.writes('logged in as echo');
  await alice.does('send', '@echo', 'one');
  await until(1);
  first.child.kill('SIGKILL');
  await first.ended;
  for (const text of ['two', 'three']) await alice.does('send', '@echo', text);
  const second = bot();
  await until(3);
  await alice.does('send', '@echo', 'four');
  await until(4);
  t.same(
    await answers(),
    ['one', 'two', 'three', 'four'].map((text) => `you said: ${text}`),
  );
  second.child.kill('SIGTERM');
  t.equal(await second.ended, 0);
});

t.test('the doorbell calls when its file appears', async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  await startAgent(t, bob, ...withoutDevices);
  const file = join(await temporaryFolder(t), 'pressed');
  const args = [projectFile('examples', 'doorbell.mjs'), file, '@bob', ...withoutDevices, '--duration', '2'];
  const bell = start(t, process.execPath, args, { PYTALK_HOME: alice.home });
  await bell.writes('waiting for');
  await writeFile(file, '');
  await bell.writes('doorbell: they talked');
  const calls = (await alice.does('calls')) as unknown as { call: { outcome: string } }[];
  t.match(calls, [{ call: { outcome: 'answered' } }]);
});

t.test('the notifier sends the end of what it reads, or says why not', async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const notify = async (home: string): Promise<number | null> => {
    const args = [projectFile('examples', 'ci-notifier.sh'), '@bob', 'nightly build'];
    const env = { PYTALK_HOME: home, PYTALK_SERVER: `127.0.0.1:${server.tcp.port}` };
    const { child, ended } = start(t, 'sh', args, env);
    child.stdin!.end(Array.from({ length: 100 }, (_, line) => `line ${line}\n`).join(''));
    return ended;
  };
  t.equal(await notify(alice.home), 0);
  const [message] = (await bob.does('history', '@alice')) as unknown as { text: string }[];
  t.match(message?.text, /^nightly build\n\nline 80\n[^]*line 99$/);
  t.equal(await notify(await temporaryFolder(t)), 3, 'who is not logged in is not tried again');
});

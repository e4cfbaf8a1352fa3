// The chat in real terminals that are resized, suspended, hung up and lost, and with a server that dies: nothing typed is lost.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { connect } from '../../src/client/index.js';
import { twoFriends } from '../support/calling.js';
import type { CliPerson } from '../support/cli-person.js';
import { projectFile } from '../support/project.js';
import { serverProcess, type ServerProcess } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(300_000);

const skip = missing('tmux', '-V');
const chat = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}' chat`;
/** A real crash of the real program: at this signal something throws. */
const crashing = `--import 'data:text/javascript,process.on("SIGUSR2",()=>{throw new Error("the reason")})'`;
const patienceMs = 15_000;

function terminalOf(t: Test, home: string): Promise<TmuxTerminal> {
  return TmuxTerminal.start(t, 80, 24, {
    PYTALK_HOME: home,
    PYTALK_LANG: 'en',
    COLORTERM: '',
    NO_COLOR: '',
  });
}

/** Resolves once `check` does not reject any more and is true. */
/** All that is kept of what is being written, as JSON. */
async function draftsOf(home: string): Promise<string> {
  const folder = join(home, 'drafts');
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const drafts = files.filter((name) => name.endsWith('.json'));
  return (await Promise.all(drafts.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  while (!(await check())) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Resolves once the screen is this one. */
async function isAgain(terminal: TmuxTerminal, before: string): Promise<void> {
  let now = '';
  await until('the screen of before', async () => (now = await terminal.screen()) === before).catch(
    (error: unknown) => {
      throw new Error(`it was:\n${before}\nit is:\n${now}`, { cause: error });
    },
  );
}

/** A script that writes its process id and becomes the chat. */
async function launcher(
  folder: string,
  nodeOptions: string,
  args: string,
): Promise<{ path: string; pid(): Promise<number> }> {
  const path = join(folder, 'launch.sh');
  const pidFile = join(folder, 'pid');
  const command = chat.replace(process.execPath + "'", `${process.execPath}' ${nodeOptions}`);
  await writeFile(path, `echo $$ > '${pidFile}'\nexec ${command} ${args}\n`);
  return { path, pid: async () => Number(await readFile(pidFile, 'utf8')) };
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What a program that left the terminal in order has undone. */
async function isNormal(t: Test, terminal: TmuxTerminal): Promise<void> {
  for (const [name, value] of [
    ['alternate_on', '0'],
    ['cursor_flag', '1'],
    ['mouse_any_flag', '0'],
    ['wrap_flag', '1'],
  ] as const) {
    t.equal(await terminal.value(name), value, name);
  }
  // What is typed is echoed again, and Enter ends a line.
  await terminal.type('echo "as" "before"');
  await terminal.press('Enter');
  await terminal.shows(/^as before$/m);
}

interface Scene {
  readonly server: ServerProcess;
  readonly alice: CliPerson;
  readonly bob: CliPerson;
}

/** Two friends on a server that can be killed; one has written to the other. */
async function makeScene(t: Test): Promise<Scene> {
  const server = await serverProcess(t, 0);
  const { alice, bob } = await twoFriends(t, { tcp: { port: server.port } });
  for (const text of ['hello alice', '漢字 and 👍 and é', 'a longer one, '.repeat(12)])
    await bob.does('send', '@alice', text);
  return { server, alice, bob };
}

const scene = skip === false ? makeScene(t) : null;

t.test(
  'resizes, suspension, a dead server, a hang-up, a crash: all typed text is kept',
  { skip },
  async (t) => {
    const { server, alice, bob } = (await scene)!;
    const friend = await connect({ home: bob.home, mode: 'live' });
    t.teardown(() => friend.close());

    const folder = await temporaryFolder(t);
    const start = await launcher(folder, crashing, '@bob');
    const terminal = await terminalOf(t, alice.home);
    // A script between the shell and the chat, as npx is: Ctrl+Z is for both.
    await terminal.type(`sh -c "sh '${start.path}'; echo code $?" ; echo "left" "it"`);
    await terminal.press('Enter');
    // In the list too, which is read again once all is there.
    await terminal.shows(/▌ +a longer one/);
    await terminal.type('half a thought');
    const before = await terminal.shows('› half a thought');

    for (let count = 0; count < 60; count++)
      await terminal.resize(10 + ((count * 37) % 150), 3 + ((count * 11) % 40));
    await terminal.resize(10, 3);
    await terminal.resize(80, 24);
    await isAgain(terminal, before);
    t.pass('the screen after sixty sizes is the one of before');

    await terminal.press('C-z');
    await until('the shell’s screen', async () => (await terminal.value('alternate_on')) === '0');
    await isNormal(t, terminal);
    await terminal.type('fg');
    await terminal.press('Enter');
    await isAgain(terminal, before);
    await terminal.type(', or more');
    await terminal.shows('› half a thought, or more');
    // Stopped by somebody else, it could not tidy up; it is right again all the same.
    process.kill(await start.pid(), 'SIGSTOP');
    process.kill(await start.pid(), 'SIGCONT');
    await terminal.press(
      'BSpace',
      'BSpace',
      'BSpace',
      'BSpace',
      'BSpace',
      'BSpace',
      'BSpace',
      'BSpace',
      'BSpace',
    );
    await isAgain(terminal, before);

    await terminal.press('C-u');
    await server.kill();
    await terminal.shows('○ offline');
    for (const text of ['while you were out 1', 'while you were out 2']) {
      await terminal.type(text);
      await terminal.shows(`› ${text}`);
      await terminal.press('Enter');
      await terminal.shows(new RegExp(`${text} .*○`));
    }
    await terminal.type('and a third');
    await terminal.shows('› and a third');
    await server.start();
    const back = await terminal.shows('● online');
    t.match(back, '› and a third');
    await terminal.shows(/out 2 .*(✓|✔)/);
    await until('both messages', async () => {
      const all = await friend.history('@alice', { limit: 50 }).catch(() => []);
      return all.some(({ text }) => text === 'while you were out 2');
    });
    const texts = (await friend.history('@alice', { limit: 50 })).map(({ text }) => text);
    t.same(
      texts.filter((text) => text?.startsWith('while')),
      ['while you were out 1', 'while you were out 2'],
      'each arrives once, in order',
    );

    process.kill(await start.pid(), 'SIGHUP');
    await terminal.shows('left it');
    await isNormal(t, terminal);

    // Started without a server all that was known is there, what is written waits for one, and search needs none.
    await server.kill();
    await terminal.type(`clear; sh '${start.path}'; echo "crash" "over"`);
    await terminal.press('Enter');
    t.match(await terminal.shows('› and a third'), 'while you were out 2');
    await terminal.press('Enter');
    await terminal.shows(/and a third .*○/);
    await terminal.type('/search hello');
    await terminal.press('Enter');
    await terminal.shows('1 message with “hello”');
    await server.start();
    await terminal.press('Escape');
    await terminal.shows('while you were out 2');
    await terminal.type('and a fourth');
    await terminal.shows('› and a fourth');
    await terminal.shows('● online');
    await terminal.shows(/and a third .*(✓|✔)/);
    // What is written is kept within a moment: a crash before that may lose it.
    await until('the draft on the disk', async () => (await draftsOf(alice.home)).includes('and a fourth'));

    process.kill(await start.pid(), 'SIGUSR2');
    const screen = await terminal.shows('crash over');
    t.match(screen, 'the reason', 'the error is readable on the normal screen');
    await isNormal(t, terminal);

    // Without a shell that could continue it, Ctrl+Z stops nothing; and when the terminal is closed it ends.
    await terminal.type(`clear; exec sh '${start.path}'`);
    await terminal.press('Enter');
    await terminal.shows('› and a fourth');
    await terminal.press('C-z');
    await terminal.type(' one');
    await terminal.shows('› and a fourth one');
  },
);

t.test('it ends when its terminal is gone, and needs one', { skip: skip || missing('setsid') }, async (t) => {
  const folder = await temporaryFolder(t);
  const start = await launcher(folder, '', '--server 127.0.0.1:1');
  const terminal = await terminalOf(t, folder);
  await terminal.type(`sh '${start.path}' | head -c 1; echo "piped" "over"`);
  await terminal.press('Enter');
  await terminal.shows('piped over');
  t.match(await terminal.screen(), 'chat needs a terminal');
  t.equal(await terminal.value('alternate_on'), '0');

  // Nothing is drawn while it waits for a name, and in a session of its own no signal tells that the terminal is closed: only reads and writes do.
  await terminal.type(`clear; exec setsid -w sh '${start.path}'`);
  await terminal.press('Enter');
  await terminal.shows('nothing answers at 127.0.0.1:1');
  const pid = await start.pid();
  const gone = async (): Promise<boolean> => Promise.resolve(!isThere(pid));
  process.kill(Number(await terminal.value('pid')), 'SIGKILL');
  await until('the end of the chat', gone);
  t.pass('it has ended by itself');
});

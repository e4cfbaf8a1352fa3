// The death of the server during a call: both sides go on for the time in which it could come back, then end, and leave nothing behind.
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import {
  allGone,
  childrenOf,
  startAgent,
  startCall,
  twoFriends,
  withoutDevices,
} from '../support/calling.js';
import { program, type Program } from '../support/cli-program.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(180_000);

/** What a call survives without its server (docs/PROTOCOL.md), less what timers may be early. */
const awayMs = 19_000;
const lastWords = 'the call was lost after 0:';
const reason = 'the connection to the server was lost';

interface Killable {
  tcp: { port: number };
  kill(): Promise<void>;
  /** The same one again, at the same port. */
  restart(): Promise<void>;
}

async function killableServer(test: Test): Promise<Killable> {
  const data = await temporaryFolder(test);
  const serve = async (port: number): Promise<{ server: Program; port: number }> => {
    const at = ['--host', '127.0.0.1', '--port', String(port), '--udp-port', '0'];
    const server = program(test, ['serve', ...at, '--data', data, '--json']);
    const { tcp } = await server.until(({ type }) => type === 'listening');
    return { server, port: Number(new URL(String(tcp)).port) };
  };
  const first = await serve(0);
  return {
    tcp: { port: first.port },
    kill: async () => {
      first.server.child.kill('SIGKILL');
      await first.server.ended;
    },
    restart: async () => {
      await serve(first.port);
    },
  };
}

/** The ffmpeg of its test camera, once it runs; nothing where /proc does not tell. */
async function ffmpegsOf({ child }: Program): Promise<number[]> {
  for (let tries = 0; tries < 50; tries++) {
    const children = await childrenOf(child.pid!);
    if (children.length > 0) return children;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return [];
}

t.test(
  'a call whose server dies ends on both sides with a line and a code, and without children',
  async (t) => {
    const server = await killableServer(t);
    const { alice, bob } = await twoFriends(t, server);
    const agent = await startAgent(t, bob, ...withoutDevices, '--once');
    const caller = program(t, ['call', 'bob', '--home', alice.home, ...withoutDevices]);
    const printed: string[] = [];
    createInterface({ input: caller.child.stdout! }).on('line', (line) => printed.push(line));
    await agent.until(({ type }) => type === 'connected');
    const children = (await Promise.all([agent, caller].map(ffmpegsOf))).flat();
    await server.kill();
    const killedAt = performance.now();
    const ended = await agent.until(({ type }) => type === 'ended');
    t.match(ended, { reason: 'failed' });
    t.match(ended['message'], reason);
    t.same(await Promise.all([caller.ended, agent.ended]), [1, 1]);
    const tookMs = performance.now() - killedAt;
    t.ok(tookMs > awayMs && tookMs < 3 * awayMs, `${Math.round(tookMs)} ms after its death`);
    t.match(printed.at(-1), lastWords);
    t.match(printed.at(-1), reason);
    await t.resolves(allGone(children), `${children.length} children are gone`);
  },
);

t.test('a server that was started anew has no such call any more, and that is what is said', async (t) => {
  const server = await killableServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const agent = await startAgent(t, bob, ...withoutDevices, '--once');
  const caller = startCall(t, alice, 'bob', ...withoutDevices);
  await agent.until(({ type }) => type === 'connected');
  await server.kill();
  await server.restart();
  for (const side of [agent, caller]) {
    const ended = await side.until(({ type }) => type === 'ended');
    t.match(ended, { reason: 'failed', message: /the server has no such call any more/ });
    t.equal(await side.ended, 1);
  }
});

t.test(
  'on the screen it says so, waits for a key, and leaves the terminal as it was',
  { skip: missing('tmux', '-V') },
  async (t) => {
    const server = await killableServer(t);
    const { alice, bob } = await twoFriends(t, server);
    await startAgent(t, bob, ...withoutDevices);
    const terminal = await TmuxTerminal.start(t, 80, 24, { PYTALK_HOME: alice.home, PYTALK_LANG: 'en' });
    const call = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}' call bob`;
    await terminal.type(`${call} --camera test --mic none --speaker none; echo "code $?"; stty -a`);
    await terminal.press('Enter');
    await terminal.shows(/@bob {2}0:\d\d/);
    await server.kill();
    const over = await terminal.shows(lastWords);
    t.match(over.replace(/\s+/g, ' '), reason);
    t.match(over, 'r calls again');
    await terminal.press('q');
    await terminal.shows(/code 1/);
    const settings = await terminal.shows(/icanon/);
    t.match(settings, /(^|\s)icanon/m, 'lines are edited again');
    t.match(settings, /(^|\s)echo\s/m, 'what is typed is shown');
    t.equal(await terminal.value('alternate_on'), '0');
    t.equal(await terminal.value('cursor_flag'), '1');
  },
);

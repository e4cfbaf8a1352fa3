// Two people on a real server who call each other with `call` processes, and what is left of a process' children.
import { readdir, readFile } from 'node:fs/promises';
import { registered, type CliPerson } from './cli-person.js';
import { program, type Program } from './cli-program.js';
import type { Teardown } from './temporary-folder.js';

/** Two people who have each other as contacts. */
export async function twoFriends(
  test: Teardown,
  server: { tcp: { port: number } },
): Promise<{ alice: CliPerson; bob: CliPerson }> {
  const alice = await registered(test, server, 'alice');
  const bob = await registered(test, server, 'bob');
  await alice.does('friends', 'add', bob.phone);
  await bob.does('friends', 'add', alice.phone);
  return { alice, bob };
}

/** Options that need no device, and show nothing. */
const onlySound = ['--mic', 'test', '--speaker', 'none', '--headless'];
export const withoutDevices = ['--camera', 'test', ...onlySound];

/** The same with another camera: `--camera` twice would send two pictures. */
export function withCamera(camera: string): string[] {
  return ['--camera', camera, ...onlySound];
}

/** Starts `pytalk call --json` for a person. */
export function startCall(test: Teardown, person: CliPerson, ...argv: string[]): Program {
  return program(test, ['call', '--json', '--home', person.home, ...argv]);
}

/** Resolves once the agent can be reached. */
export async function startAgent(test: Teardown, person: CliPerson, ...argv: string[]): Promise<Program> {
  const agent = startCall(test, person, '--answer', ...argv);
  await agent.until(({ type }) => type === 'ready');
  return agent;
}

/** Ids of a process' children, where /proc tells; else none. */
export async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // The name in brackets may hold anything; after it come the state and the parent.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parent) === pid && state !== 'Z') found.push(Number(name));
  }
  return found;
}

/** Resolves when none of these processes is there any more; rejects after a while. */
export async function allGone(pids: readonly number[]): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  for (const pid of pids) {
    for (;;) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) break;
      if (Date.now() > giveUpAt) throw new Error(`process ${pid} is still there: ${stat}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** How to take part in a call without camera, microphone and speaker. */
export const noDevices = {
  camera: 'none',
  screen: null,
  mic: 'none',
  speaker: 'none',
  settings: { width: 320, height: 240, fps: 15, ffmpeg: null },
  rtpOut: null,
};

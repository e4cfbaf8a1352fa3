// Runs other systems beside PyTalk, with the generator of a folder of baselines (PYTALK_BASELINES), in a copy of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canPin, run, succeeds } from './machine.js';
import { adapterModule } from './peer-adapter.js';
import { stamp, type Section } from './report.js';

/** Peers by their names in the baselines, with the program each needs and the packages that bring it. */
interface Peer {
  name: string;
  program: string;
  packages: readonly string[];
}

const prosodyPackages = ['prosody', 'lua-dbi-sqlite3', 'lua-event', 'lua-sec'];
const chatPeers: readonly Peer[] = [
  { name: 'ngircd', program: 'ngircd', packages: ['ngircd'] },
  { name: 'ejabberd-mam', program: 'ejabberdctl', packages: ['ejabberd', 'erlang-p1-sqlite3'] },
  { name: 'prosody-mam', program: 'prosody', packages: prosodyPackages },
  { name: 'redis', program: 'redis-server', packages: ['redis-server'] },
  { name: 'nats', program: 'nats-server', packages: ['nats-server'] },
  { name: 'node-sqlite', program: 'node', packages: [] },
];
const durablePeers: readonly Peer[] = [
  { name: 'redis-aof-always', program: 'redis-server', packages: ['redis-server'] },
  { name: 'nats-js', program: 'nats-server', packages: ['nats-server'] },
  { name: 'prosody-mam-1to1', program: 'prosody', packages: prosodyPackages },
  { name: 'node-sqlite-group', program: 'node', packages: [] },
];
const pytalk = 'pytalk';
const title = 'P Beside other systems';

/** Runs the peers and PyTalk in turns; the section says so when there is nothing to run them with. */
export async function runPeers(runs: number, quick: boolean): Promise<Section> {
  const source = process.env['PYTALK_BASELINES'];
  if (source === undefined) {
    return { title, text: 'Not run: PYTALK_BASELINES names no folder of baselines.' };
  }
  if (!canPin) return { title, text: 'Not run: the baselines need taskset and two cores.' };
  if (process.env['PYTALK_BASELINES_INSTALL'] === '1') installPackages();
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-baselines-'));
  try {
    await prepareCopy(source, folder);
    const chat = chatPeers.filter(isThere);
    const durable = durablePeers.filter(isThere);
    const seconds = quick ? '1' : '4';
    const common = ['--reps', String(runs), '--secs', seconds, '--target'];
    await runScript(folder, [
      'chat.mjs',
      ...['--senders', '10', '--window', '200'],
      ...[...common, names([pytalk, ...chat.map((peer) => peer.name)])],
    ]);
    await runScript(folder, ['durable.mjs', ...common, names([pytalk, ...durable.map((peer) => peer.name)])]);
    const missing = [...chatPeers, ...durablePeers].filter((peer) => !isThere(peer));
    return { title, text: await report(folder, runs, missing) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isThere({ program }: Peer): boolean {
  return program === 'node' || succeeds('sh', ['-c', `command -v ${program}`]);
}

function installPackages(): void {
  const packages = new Set([...chatPeers, ...durablePeers].flatMap((peer) => peer.packages));
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

/** Copies the baselines, installs what they need, and puts PyTalk among their targets. */
async function prepareCopy(source: string, folder: string): Promise<void> {
  await cp(source, folder, { recursive: true });
  for (const name of ['bin', 'data', 'results']) {
    await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(join(folder, name));
  }
  run('npm', ['install', '--no-audit', '--no-fund', '--no-save', 'better-sqlite3'], folder);
  if (succeeds('gcc', ['--version']))
    run('gcc', ['-O2', '-o', join(folder, 'bin/spin'), join(folder, 'floor/spin.c')]);
  await writeFile(join(folder, 'pytalk.mjs'), adapterModule(new URL('.', import.meta.url).href));
  await edit(join(folder, 'targets.mjs'), [
    [
      'export const targets = {',
      "import { chatTarget } from './pytalk.mjs';\nexport const targets = {\n  pytalk: chatTarget,",
    ],
  ]);
  // Every frame of ours has an id of its own: the senders write it where they write a packet id for MQTT.
  const patchId = ['if (f.pid) {', 'f.patch?.(b, j * L); if (f.pid) {'] as const;
  await edit(join(folder, 'chat.mjs'), [patchId]);
  await edit(join(folder, 'durable.mjs'), [
    patchId,
    ['const T = {', "import { durableTarget } from './pytalk.mjs';\nconst T = {\n  pytalk: durableTarget,"],
  ]);
}

/** Replaces texts that must be in a file exactly once. Rejects when the baselines have changed. */
async function edit(path: string, changes: readonly (readonly [string, string])[]): Promise<void> {
  let text = await readFile(path, 'utf8');
  for (const [from, to] of changes) {
    if (text.split(from).length !== 2) throw new Error(`${path} has not exactly one: ${from}`);
    text = text.replace(from, () => to);
  }
  await writeFile(path, text);
}

function names(list: readonly string[]): string {
  return list.join(',');
}

async function runScript(folder: string, args: readonly string[]): Promise<void> {
  console.log(`\nbaselines: ${args.join(' ')}`);
  const child = spawn(process.execPath, [...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (data: Buffer) => {
    for (const [, text] of data.toString('utf8').matchAll(/"target":"([^"]+)"[^\n]*"err":"[^\n]*/g))
      console.log(text);
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`${args[0] ?? ''} of the baselines ended with ${status ?? 'a signal'}`);
}

async function report(folder: string, runs: number, missing: readonly Peer[]): Promise<string> {
  const tables = run(process.execPath, ['summary.mjs', 'chat', 'durable'], folder);
  const version = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version?: string };
  const remarks = [
    'All on the same two cores in one run, in turns, plain TCP, by the generator of the baselines: 50 members in one group,',
    '10 senders, texts of 100 bytes; then one to one with 1, 16 and 64 in flight. PyTalk stores every message before it is',
    'acknowledged or delivered; of the others only those with `mam`, `js`, `aof`, `1to1` or `sqlite` in their name keep any.',
    ...(missing.length > 0 ? [`Not installed: ${names(missing.map((peer) => peer.name))}.`] : []),
  ];
  const body = tables
    .replace(/^## /gm, '### ')
    .replace(/^\| target \| W /m, '### B one to one\n| target | W ');
  return `${remarks.join('\n')}\n\n${stamp(runs, `, baselines ${version.version ?? ''}`)}\n\n${body.trim()}`;
}

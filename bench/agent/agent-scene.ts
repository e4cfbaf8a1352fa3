// An agent process that is started again when it is killed, as by its service, and people who call it and ask it in this process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect, type Call, type Client, type Message } from '../../src/client/index.js';
import { LiveCall } from '../../src/cli/call/live-call.js';
import { launcher, track, withServer } from '../server-process.js';

const nobody = 65_534;
const patienceMs = 30_000;
const password = 'correct horse battery staple';
const collector = fileURLToPath(new URL('gc-on-signal.js', import.meta.url));

export interface AgentScene {
  readonly agent: WatchedAgent;
  readonly viewers: readonly Viewer[];
}

/** A server, an agent account, and people who are its contacts; the agent is not started yet. */
export async function withAgent<T>(
  viewerCount: number,
  options: readonly string[],
  use: (scene: AgentScene) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-agent-'));
  await chmod(folder, 0o755);
  const clients: Client[] = [];
  try {
    return await withServer({ users: 0, tls: true, more: ['--udp-port', '0'] }, async ({ port }) => {
      const server = `127.0.0.1:${port}`;
      const home = join(folder, 'state');
      const register = async (username: string, n: number, where: string, mode: 'live' | 'once') => {
        const client = await connect({ server, home: where, mode });
        await client.register({ username, password, phone: `06000000${String(n).padStart(2, '0')}` });
        return client;
      };
      const account = await register('camera', 0, home, 'once');
      const viewers: Viewer[] = [];
      for (let n = 1; n <= viewerCount; n++) {
        const client = await register(`viewer${n}`, n, join(folder, `viewer${n}`), 'live');
        clients.push(client);
        await account.addFriend(`viewer${n}`);
        viewers.push(new Viewer(client));
      }
      await account.close();
      const agent = new WatchedAgent(home, await readOnlyHome(folder, home), options);
      try {
        return await use({ agent, viewers });
      } finally {
        await agent.stop();
        await Promise.all(clients.map((client) => client.close()));
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A HOME in which nothing can be written, for a user who has the agent's folder and nothing else. */
async function readOnlyHome(folder: string, state: string): Promise<string> {
  const home = join(folder, 'home');
  await mkdir(home);
  if (process.getuid?.() === 0) {
    await chown(home, nobody, nobody);
    const give = async (path: string): Promise<void> => {
      await chown(path, nobody, nobody);
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const inside = join(path, entry.name);
        if (entry.isDirectory()) await give(inside);
        else await chown(inside, nobody, nobody);
      }
    };
    await give(state);
  }
  await chmod(home, 0o500);
  return home;
}

/** The agent under its service: no terminal, no rights but to its folder, started again at once. */
class WatchedAgent {
  readonly #state: string;
  readonly #home: string;
  readonly #options: readonly string[];
  #child: ChildProcess | null = null;
  #ready: Promise<void> = Promise.resolve();
  #memory: (value: { rss: number; heapUsed: number }) => void = () => undefined;
  errors = '';
  /** What each process had to say, by type. */
  readonly lines: Record<string, unknown>[] = [];

  constructor(state: string, home: string, options: readonly string[]) {
    this.#state = state;
    this.#home = home;
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it; resolves when calls can reach it. */
  start(): Promise<void> {
    const common = ['--home', this.#state, '--json', '--mic', 'none', '--speaker', 'none'];
    const asNobody = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--import', collector, launcher, 'call', '--answer', ...common, ...this.#options],
      {
        cwd: '/',
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] ?? '', HOME: this.#home, TMPDIR: this.#home },
        ...asNobody,
      },
    );
    track(child);
    this.#child = child;
    this.#ready = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const value = JSON.parse(line) as Record<string, unknown>;
        this.lines.push(value);
        if (this.lines.length > 200) this.lines.shift();
        if (value['type'] === 'ready') resolve();
      });
      child.once('exit', (code) => reject(new Error(`it ended with ${code ?? 'a signal'}: ${this.errors}`)));
    });
    this.#ready.catch(() => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.startsWith('{"type":"memory"')) this.#memory(JSON.parse(line) as never);
      else this.errors = `${this.errors}${line}\n`.slice(-2_000);
    });
    return within(this.#ready, 'ready');
  }

  /** Ends it as a power cut would, and starts it at once; `ready` resolves when calls can reach it. */
  async killAndRestart(): Promise<{ ready: Promise<void> }> {
    const was = this.#child;
    if (was?.exitCode === null) {
      const gone = once(was, 'exit');
      was.kill('SIGKILL');
      await gone;
    }
    const ready = this.start();
    ready.catch(() => undefined);
    return { ready };
  }

  /** Bytes after a collection. */
  memory(): Promise<{ rss: number; heapUsed: number }> {
    const told = new Promise<{ rss: number; heapUsed: number }>((resolve) => (this.#memory = resolve));
    this.#child?.kill('SIGUSR2');
    return within(told, 'memory');
  }

  async stop(): Promise<void> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  }
}

/** Somebody who asks the agent and watches it. */
export class Viewer {
  readonly client: Client;
  /** Answers by the id of what they answer. */
  readonly answers = new Map<string, Message[]>();
  #wake: (() => void)[] = [];

  constructor(client: Client) {
    this.client = client;
    client.on('message', ({ message }) => {
      if (message.mine || message.replyTo === null) return;
      this.answers.set(message.replyTo, [...(this.answers.get(message.replyTo) ?? []), message]);
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** Resolves with the answer. */
  async ask(text: string): Promise<Message> {
    const { id } = await this.client.send('@camera', { text });
    const answered = (async (): Promise<Message> => {
      for (;;) {
        const [answer] = this.answers.get(id) ?? [];
        if (answer) return answer;
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    })();
    return within(answered, `answer to ${text}`);
  }

  /** Calls without devices of its own; resolves when a picture has come, or with `sees` false when it is connected. */
  async call(sees: boolean): Promise<LiveCall> {
    const call: Call = await this.client.startCall('@camera', { media: sees ? 'video' : 'audio' });
    const live = new LiveCall(this.client, call, {
      screen: null,
      camera: 'none',
      mic: 'none',
      speaker: 'none',
      settings: { width: 320, height: 240, fps: 10, ffmpeg: null },
      rtpOut: null,
    });
    const arrived = new Promise<void>((resolve, reject) => {
      live.watch({ self: () => undefined, level: () => undefined, frame: () => resolve() });
      live.on((news) => {
        if (news.type === 'connected' && !sees) resolve();
        if (news.type === 'ended') reject(new Error(`the call ended: ${news.reason}`));
      });
    });
    arrived.catch(() => undefined);
    await live.begin();
    await within(arrived, sees ? 'picture' : 'connection');
    return live;
  }
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} for ${patienceMs} ms`)), patienceMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

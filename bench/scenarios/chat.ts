// C: the chat in a terminal: how soon it is there, how soon a key is echoed, what it writes and what it costs.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { packageTree } from '../../test/support/package-tree.js';
import { fullHome, pastEvents, wordOf } from '../chat/full-home.js';
import { PseudoTerminal } from '../chat/pseudo-terminal.js';
import { measureTogether, onServerCpu, run, succeeds } from '../machine.js';
import type { FigureSpec, Measured, Scenario } from '../scenario.js';
import { launcher, withServer, type BenchServer } from '../server-process.js';
import { median, quantile } from '../statistics.js';

const execute = promisify(execFile);
const conversation = 1;
const messagesPerSecond = 500;
/** What a chat still does after its first picture. */
const settleMs = 3000;
const sender = fileURLToPath(new URL('../chat/sender-process.js', import.meta.url));
const sent = z.object({ stored: z.number(), seconds: z.number() });

interface Size {
  messages: number;
  starts: number;
  keys: number;
  idleSeconds: number;
}
const fullSize: Size = { messages: 100_000, starts: 5, keys: 250, idleSeconds: 20 };
const quickSize: Size = { messages: 2_000, starts: 1, keys: 40, idleSeconds: 2 };

/** One chat after another, on one home. */
class Place {
  constructor(
    readonly home: string,
    private readonly messages: number,
  ) {}

  private env(): NodeJS.ProcessEnv {
    const { TMUX: _tmux, NO_COLOR: _no, PYTALK_SERVER: _server, ...env } = process.env;
    const terminal = { TERM: 'xterm-256color', COLORTERM: 'truecolor', LC_ALL: 'C.UTF-8', PYTALK_LANG: 'en' };
    return { ...env, ...terminal, HOME: this.home, PYTALK_HOME: this.home };
  }

  /** Resolves when the end of the conversation is on the screen, with the time that took. */
  async chat(
    program: string,
    around: readonly string[] = [],
  ): Promise<{ chat: PseudoTerminal; paintMs: number }> {
    const words = [...around, process.execPath, program, 'chat', '@bench2'];
    const chat = await PseudoTerminal.start(words, this.env());
    // The newest one is in the list of conversations too.
    const atMs = await chat.shows(wordOf(this.messages), wordOf(this.messages - 1));
    return { chat, paintMs: atMs - chat.startedAtMs };
  }

  /** The median of some starts, each of which ends before the next. */
  async starts(program: string, count: number): Promise<number> {
    const paintsMs: number[] = [];
    for (let i = 0; i < count; i++) {
      const { chat, paintMs } = await this.chat(program);
      paintsMs.push(paintMs);
      // What it fetches after the first picture belongs to this start, not to the next.
      await sleep(500);
      await chat.close();
    }
    return median(paintsMs);
  }
}

interface Typed {
  echoMs: number[];
  /** Of each key, to the next one. */
  bytes: number[];
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const keysInRow = 60;

/** Types letters at irregular times, 20 to 60 ms apart, whether the one before was echoed or not. */
async function typeLetters(chat: PseudoTerminal, count: number): Promise<Typed> {
  const typed: Typed = { echoMs: [], bytes: [] };
  for (let round = 0; typed.echoMs.length < count; round++) {
    chat.type('\u0015');
    await sleep(100);
    chat.forget();
    let text = `round${round}`;
    chat.type(text);
    await chat.shows(text);
    await sleep(100);
    const echoes: Promise<number>[] = [];
    for (let key = 0; key < keysInRow; key++) {
      const letter = letters[key % letters.length] ?? '';
      text += letter;
      const before = chat.bytes;
      const atMs = chat.type(letter);
      echoes.push(chat.shows(text).then((shownMs) => shownMs - atMs));
      await sleep(20 + Math.random() * 40);
      typed.bytes.push(chat.bytes - before);
    }
    typed.echoMs.push(...(await Promise.all(echoes)));
  }
  chat.type('\u0015');
  return typed;
}

/** What the terminal and its pipes take themselves. */
async function bareEcho(count: number): Promise<number> {
  const cat = await PseudoTerminal.start(['sh', '-c', 'stty raw -echo; echo ready; exec cat'], process.env);
  try {
    await cat.shows('ready');
    await sleep(100);
    const echoMs: number[] = [];
    for (let key = 0; key < count; key++) {
      cat.forget();
      const atMs = cat.type('x');
      echoMs.push((await cat.shows('x')) - atMs);
      await sleep(10);
    }
    return median(echoMs);
  } finally {
    await cat.close();
  }
}

/** Keys while another process sends; rejects when less came than is said. */
async function typeUnderLoad(server: BenchServer, chat: PseudoTerminal, keys: number): Promise<Measured> {
  // Before and after the keys too; a key takes 40 ms on the average.
  const seconds = Math.ceil(keys * 0.045) + 4;
  const args = [server.port, conversation, messagesPerSecond, seconds].map(String);
  const [command, words] = onServerCpu(process.execPath, [sender, ...args]);
  const env = { ...process.env, BENCH_TOKEN: server.tokens[1] ?? '' };
  const sending = execute(command, words, { env });
  // The text of each begins with @@M01 and its number.
  await chat.shows('@@M0100');
  await sleep(1000);
  const typed = await typeLetters(chat, keys);
  const typedAtMs = performance.now();
  chat.forget();
  const { stored, seconds: took } = sent.parse(JSON.parse((await sending).stdout));
  const endedAtMs = performance.now();
  if (typedAtMs > endedAtMs) throw new Error('the load ended before the keys');
  const last = `@@M01${String(stored - 1).padStart(8, '0')}`;
  const shownAtMs = await chat.shows(last);
  return {
    'messages a second meanwhile': stored / took,
    'key to echo meanwhile, p50 ms': quantile(typed.echoMs, 0.5),
    'key to echo meanwhile, p99 ms': quantile(typed.echoMs, 0.99),
    'last message stored to shown, ms': Math.max(0, shownAtMs - endedAtMs),
  };
}

/** Percent of a core that processes use together, with their descendants. */
async function busyPercent(pids: readonly number[], seconds: number): Promise<number> {
  const finish = measureTogether(pids);
  await sleep(seconds * 1000);
  return finish().shares.reduce((sum, share) => sum + share, 0) * 100;
}

async function idlePercent(place: Place, seconds: number): Promise<number> {
  const { chat } = await place.chat(launcher);
  try {
    await sleep(settleMs);
    return await busyPercent([chat.pid], seconds);
  } finally {
    await chat.close();
  }
}

/** NaN where there is no tmux. */
async function idlePercentInTmux(place: Place, folder: string, seconds: number): Promise<number> {
  if (!succeeds('tmux', ['-V'])) return Number.NaN;
  const tmux = ['tmux', '-u', '-S', join(folder, 'tmux'), '-f', '/dev/null'];
  const { chat } = await place.chat(launcher, [...tmux, 'new-session']);
  const tell = ['display-message', '-p', '#{pid}'];
  const server = Number(run('tmux', [...tmux.slice(1), ...tell]));
  try {
    await sleep(settleMs);
    // The chat is a child of tmux' server; the terminal has tmux' client.
    return await busyPercent([server, chat.pid], seconds);
  } finally {
    run('tmux', [...tmux.slice(1), 'kill-server']);
    await chat.close();
  }
}

/** What the start of an empty program takes. */
function bareStart(): number {
  const times = Array.from({ length: 10 }, () => {
    const from = performance.now();
    run(process.execPath, ['-e', '0']);
    return performance.now() - from;
  });
  return median(times);
}

async function measureChat(server: BenchServer, place: Place, size: Size): Promise<Measured> {
  const { chat } = await place.chat(launcher);
  try {
    await sleep(settleMs);
    const rest = await typeLetters(chat, size.keys);
    const load = await typeUnderLoad(server, chat, size.keys);
    return {
      'key to echo at rest, p50 ms': quantile(rest.echoMs, 0.5),
      'key to echo at rest, p99 ms': quantile(rest.echoMs, 0.99),
      'bytes a key at rest, mean': rest.bytes.reduce((sum, one) => sum + one, 0) / rest.bytes.length,
      'bytes a key at rest, at most': Math.max(...rest.bytes),
      ...load,
    };
  } finally {
    await chat.close();
  }
}

async function runOnce(size: Size): Promise<Measured> {
  const events = pastEvents(conversation, [1, 2], size.messages);
  return withServer({ users: 2, direct: [[1, 2]], events, tls: true }, async (server) => {
    const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-chat-'));
    try {
      const place = new Place(join(folder, 'home'), size.messages);
      await fullHome(place.home, server, events);
      const bundle = (await packageTree(folder)).launcher;
      // The files are in memory then, as they are when somebody starts it again.
      await place.starts(launcher, 1);
      return {
        'node -e 0, ms': bareStart(),
        'start to the newest message, package, ms': await place.starts(bundle, size.starts),
        'start to the newest message, checkout, ms': await place.starts(launcher, size.starts),
        'CPU idle, %': await idlePercent(place, size.idleSeconds),
        'CPU idle in tmux, with tmux, %': await idlePercentInTmux(place, folder, size.idleSeconds),
        'echo of cat, p50 ms': await bareEcho(size.keys),
        ...(await measureChat(server, place, size)),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

const figure = (name: string, digits: number, atMost?: number): FigureSpec => ({
  name,
  digits,
  ...(atMost !== undefined && { aim: { atMost } }),
});

export const chatInTerminal: Scenario = {
  key: 'C',
  title: 'C The chat in a terminal of 200x50, 100,000 messages in its copy',
  about:
    'A server process, and `pytalk chat @bench2` in a pseudo-terminal (util-linux’ `script`, whose share is the echo of cat). Start: from the execution of node until the two newest messages are ' +
    `written to the terminal, median of ${fullSize.starts}. Keys: letters, 20 to 60 ms apart, until the line with the letter is written. Meanwhile another process sends ${messagesPerSecond} texts of 100 bytes a ` +
    `second into the open conversation. Idle: ${fullSize.idleSeconds} s with the conversation open.`,
  figures: [
    figure('node -e 0, ms', 0),
    figure('start to the newest message, package, ms', 0, 500),
    figure('start to the newest message, checkout, ms', 0),
    figure('echo of cat, p50 ms', 2),
    figure('key to echo at rest, p50 ms', 1),
    figure('key to echo at rest, p99 ms', 1, 30),
    figure('bytes a key at rest, mean', 0),
    figure('bytes a key at rest, at most', 0, 2048),
    figure('messages a second meanwhile', 0),
    figure('key to echo meanwhile, p50 ms', 1),
    figure('key to echo meanwhile, p99 ms', 1, 30),
    figure('last message stored to shown, ms', 0),
    figure('CPU idle, %', 2, 1),
    figure('CPU idle in tmux, with tmux, %', 2, 1),
  ],
  runOnce: ({ quick }) => runOnce(quick ? quickSize : fullSize),
};

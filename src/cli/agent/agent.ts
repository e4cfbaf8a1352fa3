// The agent: waits for calls, questions and motion, and goes on whatever happens, until a signal, a revoked login, or wrong usage.
import type { Client } from '../../client/api.js';
import { defaultHome, Home } from '../../client/home.js';
import { lockHolder, tryLock } from '../../client/lock.js';
import { theMachine } from '../../media/session/outside.js';
import { PytalkError } from '../../protocol/errors.js';
import { readOrders } from '../call/call-control.js';
import type { CallOptions } from '../call/call-options.js';
import { printNews } from '../call/call-output.js';
import type { CallNews } from '../call/call-news.js';
import type { LiveCall } from '../call/live-call.js';
import { openFollowers, type CallFollower } from '../call/followers.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { exitCodeOfEnd, exitCodes } from '../exit-codes.js';
import { failureJson, failureOf } from '../failure.js';
import type { Fields } from '../table/spec.js';
import { agentOptions, type AgentOptions } from './agent-options.js';
import { Answers } from './answers.js';
import { AgentCapture } from './capture.js';
import { healthText, temperatureOf } from './health.js';
import { MotionWatch } from './motion.js';
import { untilItWorks } from './patience.js';
import { PictureSender } from './picture-sender.js';
import { ToldUpTo } from './told-up-to.js';
import { trustOf, type Trust } from './trust.js';
import { Viewers } from './viewers.js';

/** Pictures of motion that wait while there is no connection. */
const maxWaitingPictures = 20;

type Beside = (live: LiveCall, followers: readonly CallFollower[]) => Promise<CallNews & { type: 'ended' }>;

/** Runs until it is interrupted, the session ends, or with --once one call is over. Resolves with the exit code. */
export async function runAgent(
  context: Context,
  fields: Fields,
  options: CallOptions,
  beside: Beside,
): Promise<number> {
  const wanted = agentOptions(fields, context.say);
  const signal = context.takeInterrupt();
  const agent = new Agent(context, wanted, options);
  try {
    const { home, client } = await agent.begin(signal);
    return await agent.run(home, client, trustOf(context.say, client, fields['from']), beside);
  } catch (error) {
    if (signal.aborted) return exitOf(signal);
    throw error;
  }
}

/** A service that is told to stop has done its work. */
function exitOf({ reason }: AbortSignal): number {
  return reason === 'SIGTERM' || reason === 'EPIPE' ? exitCodes.done : exitCodes.interrupted;
}

class Agent {
  readonly #context: Context;
  readonly #agent: AgentOptions;
  readonly #options: CallOptions;
  readonly #beganAtMs = performance.now();
  readonly #print: ReturnType<typeof printNews>;
  #lastError: { text: string; atMs: number } | null = null;
  #lastSaid = '';

  constructor(context: Context, agent: AgentOptions, options: CallOptions) {
    this.#context = context;
    // A recording and a page are of one call.
    const isOfOne = options.record !== null || options.web !== null;
    this.#agent = isOfOne ? { ...agent, viewers: 1 } : agent;
    this.#options = options;
    this.#print = printNews(context.out, context.say, () => context.io.now());
  }

  /** Takes the home and connects, however long that takes. */
  async begin(signal: AbortSignal): Promise<{ home: Home; client: Client }> {
    const context = this.#context;
    const { say } = context;
    const waiting = (error: unknown, retryInMs: number): void => {
      const seconds = Math.ceil(retryInMs / 1000);
      this.#say(`${this.#words(error)} ${say('call.retry', { seconds })}`, this.#words(error));
      this.#failed(error);
    };
    const home = await untilItWorks(() => Home.open(context.home ?? defaultHome()), waiting, signal);
    const lock = await untilItWorks(
      async () => {
        const path = home.path('agent.lock');
        const taken = await tryLock(path);
        if (taken) return taken;
        const pid = (await lockHolder(path)) ?? 0;
        throw new PytalkError('home-locked', { details: { pid, path: home.dir, option: '--home' } });
      },
      waiting,
      signal,
    );
    context.closeLater(() => lock.release());
    const client = await untilItWorks(
      () =>
        context.io.connect({
          ...context.connectOptions('live'),
          offline: true,
          calls: this.#agent.viewers,
        }),
      waiting,
      signal,
    );
    context.closeLater(() => client.close());
    if (client.me === null) throw new PytalkError('not-logged-in');
    return { home, client };
  }

  async run(home: Home, client: Client, trust: Trust, beside: Beside): Promise<number> {
    const { out, say, io } = this.#context;
    const closeLater = (undo: () => Promise<void> | void): void => this.#context.closeLater(undo);
    const { setup } = this.#options;
    const followers = await openFollowers(this.#context, this.#options);

    const capture = new AgentCapture(setup, await home.folder('agent-pictures'), theMachine, {
      problem: (part, error, retryInMs) => {
        this.#failed(error);
        this.#print({ type: 'problem', part, error, retryInMs });
      },
      recovered: (part) => {
        if (out.isJson) out.event({ type: 'recovered', part });
        else out.note(say(`agent.${part}-back`));
      },
    });
    closeLater(() => capture.close());
    const pictures = new PictureSender(client, home, () => io.now());
    closeLater(() => pictures.close());
    pictures.sweep().catch((error: unknown) => this.#failed(error));

    const viewers = new Viewers({
      client,
      trust,
      setup: { ...setup, shared: capture },
      max: this.#agent.viewers,
      print: this.#print,
      beside: (live) => beside(live, followers),
      refused: (from) => out.note(say('call.refused', { from: cleanLine(from) })),
    });
    const motion = this.#watchMotion(client, capture, pictures);
    closeLater(() => motion?.close());
    const answers = new Answers({
      client,
      trust,
      pictures,
      say,
      told: new ToldUpTo(home, `${client.me?.id ?? 0}@${client.server}`, (error) => this.#failed(error)),
      photo: () => capture.photo(),
      status: () => this.#status(capture, viewers, motion),
      words: (error) => this.#words(error),
      answered: (question, { conversation, id }) => {
        if (out.isJson) out.event({ type: 'answered', question, with: conversation, message: id });
        else out.note(say('agent.answered', { question, with: cleanLine(conversation) }));
      },
      failed: (error) => this.#alert(error),
      now: () => io.now(),
      after: (ms, run) => theMachine.after(ms, run),
    });
    closeLater(() => answers.close());
    await answers.start();
    return this.#untilTheEnd(client, viewers, trust);
  }

  async #untilTheEnd(client: Client, viewers: Viewers, trust: Trust): Promise<number> {
    const { out, say, io } = this.#context;
    return new Promise<number>((resolve, reject) => {
      let isReady = false;
      const onState = (): void => {
        if (client.state !== 'online' || isReady) return;
        isReady = true;
        if (out.isJson) out.event({ type: 'ready' });
        else out.note(trust.text);
      };
      const undo = [
        client.on('call', ({ call }) => {
          viewers.answer(call).then(
            (ended) => {
              if (ended && this.#agent.once) finish(() => resolve(exitCodeOfEnd(ended.reason)));
            },
            // A caller who gave up, or whose key is wrong: the next one may be right.
            (error: unknown) => this.#alert(error),
          );
        }),
        client.on('connection', ({ state, error, retryInMs }) => {
          if (out.isJson) {
            const failure = error && failureJson(failureOf(error, say));
            out.event({ type: 'connection', state, error: failure, retryInMs });
          }
          if (state === 'offline' && error) this.#alert(error);
          if (state === 'online' && isReady && !out.isJson) out.note(say('agent.online'));
          onState();
        }),
        client.on('session-ended', ({ error }) => finish(() => reject(error))),
      ];
      const onInterrupt = (): void => {
        const over = viewers.calls.map(async (live) => live.ended);
        void Promise.all(over).then(() => finish(() => resolve(exitOf(io.interrupt))));
      };
      const finish = (settle: () => void): void => {
        for (const one of undo.splice(0)) one();
        io.interrupt.removeEventListener('abort', onInterrupt);
        settle();
      };
      io.interrupt.addEventListener('abort', onInterrupt, { once: true });
      if (out.isJson) {
        const refuse = (line: string): void => {
          const message = say('usage.call-order', { line: line.slice(0, 100) });
          out.event({ type: 'error', code: 'usage', message });
        };
        undo.push(readOrders(io.stdin, () => viewers.calls, refuse));
      }
      onState();
      if (io.interrupt.aborted) onInterrupt();
      if (client.state === 'closed') finish(() => reject(new PytalkError('session-ended')));
    });
  }

  #watchMotion(client: Client, capture: AgentCapture, pictures: PictureSender): MotionWatch | null {
    const { out, say } = this.#context;
    const { motion } = this.#agent;
    if (motion === null || this.#options.setup.camera === 'none') return null;
    return new MotionWatch({
      camera: capture.camera,
      threshold: motion.threshold,
      pauseMs: motion.pauseMs,
      now: () => performance.now(),
      moved: ({ jpeg }, score) => {
        if (out.isJson) out.event({ type: 'motion', score, to: motion.to });
        else out.note(say('agent.moved', { score: score.toFixed(4) }));
        for (const name of motion.to) {
          // Without a connection the first ones wait: of an hour without one nobody wants all.
          if (client.state !== 'online' && pictures.waiting >= maxWaitingPictures) return;
          pictures
            .send({ to: `@${name}`, jpeg, name: 'motion', text: say('agent.motion-caption') })
            .catch((error: unknown) => this.#alert(error));
        }
      },
    });
  }

  async #status(capture: AgentCapture, viewers: Viewers, motion: MotionWatch | null): Promise<string> {
    const { say } = this.#context;
    const { camera } = this.#options.setup;
    const nowMs = performance.now();
    const last = this.#lastError;
    const settings = this.#agent.motion;
    return healthText(
      {
        uptimeMs: nowMs - this.#beganAtMs,
        camera: {
          label: cleanLine(camera),
          state: camera === 'none' ? 'none' : capture.camera.state,
          problem: capture.camera.error && this.#words(capture.camera.error),
        },
        viewers: viewers.names.map((name) => cleanLine(name)),
        maxViewers: this.#agent.viewers,
        memory: process.memoryUsage.rss(),
        temperature: await temperatureOf(),
        motion: motion && settings ? { peak: motion.peak(), threshold: settings.threshold } : null,
        lastError: last && { text: last.text, agoMs: nowMs - last.atMs },
      },
      say,
    );
  }

  #words(error: unknown): string {
    return failureOf(error, this.#context.say).message;
  }

  #failed(error: unknown): void {
    this.#lastError = { text: this.#words(error), atMs: performance.now() };
  }

  #alert(error: unknown): void {
    // What the end breaks off is no failure: the next run takes it up.
    if (this.#context.io.interrupt.aborted) return;
    this.#failed(error);
    this.#say(this.#words(error), this.#words(error));
  }

  /** A line on stderr, unless the same was the last one: what fails every few seconds is said once. */
  #say(line: string, what: string): void {
    if (what === this.#lastSaid) return;
    this.#lastSaid = what;
    this.#context.out.alert(line);
  }
}

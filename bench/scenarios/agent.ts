// W: the agent that answers by itself: killed at random and started again by its service; and its memory over many calls and questions.
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../../test/support/calling.js';
import { withAgent, type Viewer } from '../agent/agent-scene.js';
import type { Measured, Scenario } from '../scenario.js';
import { median } from '../statistics.js';

const camera = ['--camera', 'test', '--size', '320x240', '--fps', '10'];

/** Kills it, and measures until it says that it is ready and has answered what was asked while it was away. */
async function killed(quick: boolean): Promise<Measured> {
  const rounds = quick ? 3 : 50;
  return withAgent(1, camera, async ({ agent, viewers: [viewer] }) => {
    if (!viewer) throw new Error('nobody calls');
    await agent.start();
    await viewer.ask('status');
    const seconds: number[] = [];
    const calls: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // In every third round somebody is watching.
      const live = round % 3 === 0 ? await viewer.call(true) : null;
      await sleep(Math.random() * 1_500);
      const began = performance.now();
      const over = live?.ended.then(() => performance.now() - began);
      const { ready } = await agent.killAndRestart();
      await Promise.all([ready, viewer.ask('status')]);
      seconds.push((performance.now() - began) / 1000);
      if (over) calls.push((await over) / 1000);
    }
    console.log(`back after, s: ${seconds.map((value) => value.toFixed(2)).join(' ')}`);
    const answers = [...viewer.answers.values()];
    if (answers.length !== rounds + 1) throw new Error(`${answers.length} questions were answered`);
    return {
      rounds,
      'back after a kill, median s': median(seconds),
      'back after a kill, at most s': Math.max(...seconds),
      'within 5 s': seconds.filter((value) => value <= 5).length,
      'questions answered twice': answers.filter(({ length }) => length > 1).length,
      "end of a dead agent's call, at most s": Math.max(...calls),
    };
  });
}

export const agentKilled: Scenario = {
  key: 'W',
  title: 'W1 Agent killed at random under its service',
  about:
    'An agent without a terminal, as a user who may write nothing but its own folder, is killed (SIGKILL) at random and started again at once, every third time while somebody watches; each time until it says `ready` and has answered `status`, asked at the moment of the kill.',
  figures: [
    { name: 'rounds', digits: 0 },
    { name: 'back after a kill, median s', digits: 2 },
    { name: 'back after a kill, at most s', digits: 2, aim: { atMost: 5 } },
    { name: 'within 5 s', digits: 0 },
    { name: 'questions answered twice', digits: 0, aim: { atMost: 0 } },
    { name: "end of a dead agent's call, at most s", digits: 2, aim: { atMost: 20 } },
  ],
  runOnce: ({ quick }) => killed(quick),
};

async function handlesOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}

async function cycle(viewer: Viewer, other: Viewer, count: { photos: number; calls: number }): Promise<void> {
  const [first] = await Promise.all([viewer.call(true), other.ask('status')]);
  const second = await other.call(true);
  const photo = await viewer.ask('photo');
  if (photo.kind === 'image') count.photos++;
  await Promise.all([first.hangUp(), second.hangUp()]);
  count.calls += 2;
}

/** Many short calls, pictures and questions in one process; what stays of them in memory. */
async function soaked(quick: boolean): Promise<Measured> {
  const cycles = quick ? 6 : 240;
  const warmUp = quick ? 2 : 40;
  return withAgent(4, camera, async ({ agent, viewers }) => {
    await agent.start();
    const count = { photos: 0, calls: 0 };
    const run = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) {
        const [viewer, other] = [viewers[n % 4], viewers[(n + 1) % 4]];
        if (!viewer || !other) return;
        await cycle(viewer, other, count);
        // What dies must be given back too.
        if (n % 10 === 9) for (const child of await childrenOf(agent.pid)) process.kill(child, 'SIGKILL');
      }
    };
    const began = performance.now();
    await run(0, warmUp);
    // By then the camera is closed: what is open is what stays.
    const restful = async (): Promise<{ rss: number; heapUsed: number }> => {
      await sleep(12_000);
      return agent.memory();
    };
    const start = await restful();
    const handles = await handlesOf(agent.pid);
    await run(warmUp, warmUp + cycles / 2);
    const middle = await restful();
    await run(warmUp + cycles / 2, warmUp + cycles);
    const end = await restful();
    const MB = 1e6;
    return {
      calls: count.calls,
      'pictures sent': count.photos,
      minutes: (performance.now() - began) / 60_000,
      'rss after the warm-up, MB': start.rss / MB,
      'rss in the middle, MB': middle.rss / MB,
      'rss at the end, MB': end.rss / MB,
      'heap after the warm-up, MB': start.heapUsed / MB,
      'heap in the middle, MB': middle.heapUsed / MB,
      'heap at the end, MB': end.heapUsed / MB,
      'heap grown from the middle to the end, MB': (end.heapUsed - middle.heapUsed) / MB,
      'open files more than after the warm-up': (await handlesOf(agent.pid)) - handles,
    };
  });
}

export const agentSoak: Scenario = {
  key: 'W',
  title: 'W2 Memory of an agent over many calls',
  about:
    'One agent process with ffmpeg’s test camera; each cycle is two calls at once until both see a picture, a photo and a status; every tenth cycle ffmpeg is killed. Memory is measured after a garbage collection.',
  figures: [
    { name: 'calls', digits: 0 },
    { name: 'pictures sent', digits: 0 },
    { name: 'minutes', digits: 1 },
    { name: 'rss after the warm-up, MB', digits: 0 },
    { name: 'rss in the middle, MB', digits: 0 },
    { name: 'rss at the end, MB', digits: 0 },
    { name: 'heap after the warm-up, MB', digits: 1 },
    { name: 'heap in the middle, MB', digits: 1 },
    { name: 'heap at the end, MB', digits: 1 },
    { name: 'heap grown from the middle to the end, MB', digits: 1, aim: { atMost: 2 } },
    { name: 'open files more than after the warm-up', digits: 0, aim: { atMost: 0 } },
  ],
  runOnce: ({ quick }) => soaked(quick),
};

// R: the media relay on one core: latency, CPU for each packet, and how many packets a second, beside a bare Node forwarder and others.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RelayGenerator, receivePort, type RelayLoad } from '../relay-generator.js';
import {
  baselineRelays,
  bareForwarder,
  pytalkRelay,
  type RelayTarget,
  type RunningRelay,
} from '../relay-targets.js';
import type { FigureSpec, Measured, RunOptions, Scenario } from '../scenario.js';

const loads = [
  { name: 'one call', calls: 1 },
  { name: '200 calls', calls: 200 },
] as const;
const paces = [2_000, 20_000] as const;
/** At this pace CPU and tails are compared. */
const comparedPace = 20_000;
const beside = ['C', 'C, batched', 'coturn'] as const;
const disturbed = 'others, share of a core';
const generatorLimit = 'the generator was the limit, times';

function atPace(load: string, pace: number): string {
  return `${load}, ${pace.toLocaleString('en-US')} a second`;
}

function targetFigures(load: string, target: string, paceList: readonly number[]): FigureSpec[] {
  return [
    ...paceList.flatMap((pace) => [
      { name: `${atPace(load, pace)}: ${target}, p50 µs`, digits: 0 },
      { name: `${atPace(load, pace)}: ${target}, p99 µs`, digits: 0 },
    ]),
    { name: `${atPace(load, comparedPace)}: ${target}, CPU s per million`, digits: 1 },
    { name: `${load}: ${target}, packets a second`, digits: 0 },
    { name: `${load}: ${target}, CPU s per million at that`, digits: 1 },
  ];
}

const figures: readonly FigureSpec[] = [
  ...loads.flatMap(({ name }): FigureSpec[] => [
    ...[pytalkRelay, bareForwarder].flatMap((target) => targetFigures(name, target.name, paces)),
    { name: `${name}: packets a second, PyTalk to bare`, digits: 2, aim: { atLeast: 0.9 } },
    { name: `${name}: CPU a packet, PyTalk to bare`, digits: 2, aim: { atMost: 1.1 } },
    { name: `${name}: p99, PyTalk to bare`, digits: 2, aim: { atMost: 1 } },
  ]),
  ...beside.flatMap((target) => targetFigures('one call', target, [comparedPace])),
  { name: generatorLimit, digits: 0 },
  { name: disturbed, digits: 2 },
];

/** One run on everything: targets take turns at each step, so that what disturbs one disturbs the other as well. */
class RelayRun {
  readonly #generator: RelayGenerator;
  readonly #options: RunOptions;
  readonly measured: Record<string, number> = { [generatorLimit]: 0, [disturbed]: 0 };

  constructor(generator: RelayGenerator, options: RunOptions) {
    this.#generator = generator;
    this.#options = options;
  }

  async measure(
    targets: readonly RelayTarget[],
    { name, calls }: (typeof loads)[number],
    paceList: readonly number[],
  ): Promise<void> {
    const started: { target: RelayTarget; relay: RunningRelay }[] = [];
    try {
      for (const target of targets) {
        const relay = await target.start(calls, receivePort);
        started.push({ target, relay });
        // What runs for the first time is compiled first.
        await this.#load(target, relay, calls, comparedPace, this.#options.quick ? 0.2 : 1);
      }
      for (const pace of paceList) {
        for (const { target, relay } of started) await this.#atPace(name, target, relay, calls, pace);
      }
      for (const { target, relay } of started) await this.#most(name, target, relay, calls);
    } finally {
      for (const { relay } of started) await relay.stop();
    }
  }

  /** PyTalk's figures over the bare forwarder's. */
  compare(load: string): void {
    const ratio = (figure: (target: string) => string): number =>
      (this.measured[figure(pytalkRelay.name)] ?? NaN) / (this.measured[figure(bareForwarder.name)] ?? NaN);
    const paced = atPace(load, comparedPace);
    this.measured[`${load}: packets a second, PyTalk to bare`] = ratio(
      (name) => `${load}: ${name}, packets a second`,
    );
    this.measured[`${load}: CPU a packet, PyTalk to bare`] = ratio(
      (name) => `${paced}: ${name}, CPU s per million`,
    );
    this.measured[`${load}: p99, PyTalk to bare`] = ratio((name) => `${paced}: ${name}, p99 µs`);
  }

  #load(
    target: RelayTarget,
    relay: RunningRelay,
    calls: number,
    packetsPerSecond: number,
    seconds: number,
  ): Promise<RelayLoad> {
    return this.#generator.load(relay, target.kind, { calls, packetsPerSecond, seconds });
  }

  async #atPace(
    name: string,
    target: RelayTarget,
    relay: RunningRelay,
    calls: number,
    pace: number,
  ): Promise<void> {
    const result = await this.#load(target, relay, calls, pace, this.#options.seconds / 2);
    const key = `${atPace(name, pace)}: ${target.name}`;
    this.measured[`${key}, p50 µs`] = result.p50Us;
    this.measured[`${key}, p99 µs`] = result.p99Us;
    this.measured[`${key}, CPU s per million`] = result.cpuPerMillion;
    this.measured[disturbed] = Math.max(this.measured[disturbed] ?? 0, result.disturbed);
  }

  async #most(name: string, target: RelayTarget, relay: RunningRelay, calls: number): Promise<void> {
    const { quick } = this.#options;
    const most = await this.#generator.most(relay, target.kind, calls, quick ? 0.2 : 1, quick ? 1 : 4);
    this.measured[`${name}: ${target.name}, packets a second`] = most.packetsPerSecond;
    this.measured[`${name}: ${target.name}, CPU s per million at that`] = most.cpuPerMillion;
    if (most.generatorWasLimit) this.measured[generatorLimit] = (this.measured[generatorLimit] ?? 0) + 1;
  }
}

async function runOnce(options: RunOptions): Promise<Measured> {
  const baselines = process.env['PYTALK_BASELINES'] ?? null;
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-relay-'));
  try {
    const relayRun = new RelayRun(new RelayGenerator(folder, baselines), options);
    for (const load of loads) {
      await relayRun.measure([pytalkRelay, bareForwarder], load, paces);
      relayRun.compare(load.name);
    }
    const others = baselines === null ? [] : baselineRelays(baselines, folder);
    // One after the other: they listen at the same port.
    for (const target of others) await relayRun.measure([target], loads[0], [comparedPace]);
    return relayRun.measured;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const mediaRelay: Scenario = {
  key: 'R',
  title: 'R The media relay, packets of 1,100 bytes',
  about:
    'Bound participants, each with an address of its own, send through the relay of src/server/relay, on its thread in a process of its own, with its limits raised; the generator is bench/relay-load.c. Beside it bench/bare-forwarder.ts, which sends datagrams to the receivers in turns without a look at them, and, with PYTALK_BASELINES, the C relays of the baselines (one system call a packet, and batched) and coturn where it is installed. Packets a second: the most with less than 0.1 % lost, in a second.',
  figures,
  runOnce,
};

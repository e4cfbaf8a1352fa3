// What a benchmark scenario is, and how one is repeated and its figures collected.
import { quietMachine, type Cost } from './machine.js';
import type { Aim } from './statistics.js';

export interface FigureSpec {
  name: string;
  /** Decimals that are shown. */
  digits: number;
  aim?: Aim;
}

/** What one run has measured: a value for each figure of the scenario; NaN where there is none. */
export type Measured = Readonly<Record<string, number>>;

export interface RunOptions {
  /** Length of the stretch that is measured. */
  seconds: number;
  /** A smoke test: as little as shows that everything works. */
  quick: boolean;
}

export interface Scenario {
  /** What it is picked by on the command line; variants of one thing share it. */
  key: string;
  title: string;
  /** One sentence: what is done, and how. */
  about: string;
  figures: readonly FigureSpec[];
  /** One run. Rejects when anything was lost, out of order, or refused. */
  runOnce(options: RunOptions): Promise<Measured>;
}

/** Name of the figure by which a disturbed run is known. */
const disturbedFigure = 'others, share of a core';

/** Figures that every scenario with a stretch of load has. */
export const loadFigures: readonly FigureSpec[] = [
  { name: 'server, share of a core', digits: 2 },
  { name: 'generator, share of a core', digits: 2 },
  { name: disturbedFigure, digits: 2 },
];

/** The values of `loadFigures`. */
export function loadMeasured(cost: Cost): Measured {
  return {
    'server, share of a core': cost.serverBusy,
    'generator, share of a core': cost.generatorBusy,
    [disturbedFigure]: cost.disturbed,
  };
}

const acceptedDisturbance = 0.15;
const maxTries = 3;
const quietTimeoutMs = 20_000;

export interface Result {
  scenario: Scenario;
  runs: Measured[];
}

/** Runs a scenario `count` times; a run that others disturbed is tried again, and the least disturbed one counts. */
export async function repeat(scenario: Scenario, count: number, options: RunOptions): Promise<Result> {
  const runs: Measured[] = [];
  for (let i = 0; i < count; i++) runs.push(await runUndisturbed(scenario, options));
  return { scenario, runs };
}

async function runUndisturbed(scenario: Scenario, options: RunOptions): Promise<Measured> {
  let best: Measured | null = null;
  for (let tries = 0; tries < (options.quick ? 1 : maxTries); tries++) {
    if (!options.quick) await quietMachine(quietTimeoutMs);
    const run = await scenario.runOnce(options);
    if (!best || disturbance(run) < disturbance(best)) best = run;
    if (disturbance(best) <= acceptedDisturbance) break;
  }
  return best ?? {};
}

function disturbance(run: Measured): number {
  const shares = Object.entries(run).filter(([name]) => name.endsWith(disturbedFigure));
  return Math.max(0, ...shares.map(([, value]) => value));
}

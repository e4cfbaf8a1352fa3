// Writes results down: a table for each scenario, printed and kept as sections of results.md.
import { readFile, writeFile } from 'node:fs/promises';
import { describeCommit, describeMachine } from './machine.js';
import type { FigureSpec, Result } from './scenario.js';
import { formatNumber, meets, spread, type Aim } from './statistics.js';

/** A part of results.md, found again by its title. */
export interface Section {
  title: string;
  text: string;
}

/** The section of a scenario: when and what was measured, then a row for each figure. */
export function scenarioSection({ scenario, runs }: Result, remark: string): Section {
  const rows = scenario.figures.map((figure) => {
    const values = runs.map((run) => run[figure.name] ?? Number.NaN);
    return `| ${figure.name} | ${spread(values, figure.digits)} | ${aimCells(figure, values)} |`;
  });
  const table = ['| figure | median (min–max) | aim | met |', '| --- | --- | --- | --- |', ...rows];
  const text = `${scenario.about}\n\n${stamp(runs.length, remark)}\n\n${table.join('\n')}`;
  return { title: scenario.title, text };
}

/** `_commit …, date, runs_`, since sections may be measured on different days. */
export function stamp(runs: number, remark: string): string {
  const day = new Date().toISOString().slice(0, 10);
  return `_Commit ${describeCommit()}, ${day}, ${runs} ${runs === 1 ? 'run' : 'runs'}${remark}._`;
}

function aimCells({ aim, digits }: FigureSpec, values: readonly number[]): string {
  if (!aim) return ' | ';
  return `${aimText(aim, digits)} | ${meets(values, aim) ? 'yes' : '**no**'}`;
}

function aimText(aim: Aim, digits: number): string {
  return 'atMost' in aim ? `≤ ${formatNumber(aim.atMost, digits)}` : `≥ ${formatNumber(aim.atLeast, digits)}`;
}

/** The sections of a results file, in order; what is before the first is left out. */
export function readSections(markdown: string): Section[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { title: part.slice(0, end).trim(), text: part.slice(end).trim() };
    });
}

/** Replaces the sections of the same title, and puts new ones before what people have written after the figures. */
export function mergeSections(kept: readonly Section[], fresh: readonly Section[]): Section[] {
  const titles = new Set(kept.map((section) => section.title));
  const merged = kept.map((section) => fresh.find((one) => one.title === section.title) ?? section);
  const isMeasured = (section: Section): boolean => /^[A-Z]\d? /.test(section.title);
  const all = [...merged, ...fresh.filter((section) => !titles.has(section.title))];
  const measured = all
    .filter(isMeasured)
    .sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
  return [...measured, ...all.filter((section) => !isMeasured(section))];
}

/** Updates a results file with fresh sections. */
export async function writeResults(path: string, fresh: readonly Section[]): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => '');
  const sections = mergeSections(readSections(before), fresh);
  const head = [
    '# Benchmark results',
    '',
    'Made by `npm run bench`: medians with the least and the greatest of all runs. Figures compare only within one machine.',
    '',
    ...describeMachine().map((line) => `- ${line}`),
  ];
  const body = sections.map(({ title, text }) => `\n## ${title}\n\n${text}\n`);
  await writeFile(path, `${head.join('\n')}\n${body.join('')}`);
}

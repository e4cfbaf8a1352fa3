// `pytalk demo`: a server, two people, and everything they can do, each step verified from the other side.
import { coloursOf } from '../../media/terminal/colours.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Say } from '../catalogue/translate.js';
import { drawPicture, loadPicture, pictureCells } from '../chat/picture.js';
import { callAct, type WatchCall } from './demo-call.js';
import { Stage, StepFailed } from './demo-stage.js';
import { play, raiseCurtain, restart, type Undo } from './demo-story.js';

export interface DemoOptions {
  say: Say;
  write: (text: string) => void;
  /** A terminal is watching. */
  watched: boolean;
  /** Cells a line has. */
  columns: number;
  json: boolean;
  /** Shows the call where somebody watches; null saves a picture of it into `cwd`. */
  watchCall: WatchCall | null;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Runs the demo. Resolves with the exit code: 0 only if every step was verified. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const depth = options.watched ? coloursOf(options.env) : 'none';
  const stage = new Stage({ ...options, colour: depth !== 'none' });
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-demo-'));
  const undo: Undo = [() => rm(folder, { recursive: true, force: true })];
  const preview = async (path: string): Promise<void> => {
    stage.line(options.say('demo.preview'));
    const picture = await loadPicture(path, 160, 100);
    const { cells, rows } = pictureCells(picture, Math.min(options.columns - 2, 56), 14);
    for (const row of drawPicture(picture, cells, rows, depth)) stage.line(`  ${row}`);
  };
  try {
    stage.line(options.say('demo.title'));
    const cast = await raiseCurtain(stage, folder, undo);
    const written = await play(stage, cast, preview);
    await restart(stage, cast, undo, written);
    await callAct(stage, cast, { watch: options.watchCall, cwd: options.cwd });
    stage.line(options.say('demo.done', { count: stage.verified }));
    return 0;
  } catch (error) {
    if (error instanceof StepFailed) return 1;
    throw error;
  } finally {
    for (const close of undo.reverse()) await close();
  }
}

// Golden screens: what a terminal shows, compared with a text file row by row; `PYTALK_UPDATE_GOLDEN=1` writes the files anew.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFile } from './project.js';
import type { TmuxTerminal } from './tmux.js';

const folder = projectFile('test', 'fixtures', 'golden');
const isUpdate = (process.env['PYTALK_UPDATE_GOLDEN'] ?? '') !== '';
/** How long a screen may take to become the golden one; after the first that did not, the others wait less. */
const patienceMs = 15_000;
const impatientMs = 2_500;
const lookEveryMs = 40;
/** A screen that is written anew has not changed for so long. */
const stillMs = 1_000;

/** The last one is the size that the terminal has at the beginning, and between two screens. */
const sizes = [
  [40, 20],
  [200, 50],
  [80, 24],
] as const;

export interface Golden {
  /** Takes the screen at each size, once it shows this at 80x24, under this name. */
  take(terminal: TmuxTerminal, name: string, shows: string | RegExp): Promise<void>;
  readonly differences: readonly Difference[];
}

interface Difference {
  readonly name: string;
  readonly golden: string;
  /** What came instead. */
  readonly now: string;
}

/** `steady` gives what cannot be the same twice (a port) its fixed text, without changing its width. */
export function goldenScreens(steady: (screen: string) => string): Golden {
  const differences: Difference[] = [];
  const screenOf = async (terminal: TmuxTerminal): Promise<string> => steady(await terminal.screen());

  const still = async (terminal: TmuxTerminal): Promise<string> => {
    let screen = await screenOf(terminal);
    for (let since = Date.now(); Date.now() - since < stillMs;) {
      await pause(lookEveryMs);
      const next = await screenOf(terminal);
      if (next !== screen) since = Date.now();
      screen = next;
    }
    return screen;
  };

  const compare = async (terminal: TmuxTerminal, name: string): Promise<void> => {
    const golden = await readFile(fileOf(name), 'utf8').catch(() => '');
    const giveUpAt = Date.now() + (isUpdate || differences.length > 0 ? impatientMs : patienceMs);
    for (;;) {
      const screen = await screenOf(terminal);
      if (screen === golden) return;
      if (Date.now() > giveUpAt) break;
      await pause(lookEveryMs);
    }
    const now = await still(terminal);
    if (isUpdate) {
      await writeFile(fileOf(name), now);
      // Some are in the manuals.
      (await import('./user-doc.js')).writeManuals();
    } else differences.push({ name, golden, now });
  };

  return {
    differences,
    async take(terminal, name, shows) {
      await terminal.shows(shows);
      await mkdir(folder, { recursive: true });
      for (const [columns, rows] of sizes) {
        await terminal.resize(columns, rows);
        await compare(terminal, `${name}.${columns}x${rows}`);
      }
    },
  };
}

function fileOf(name: string): string {
  return join(folder, `${name}.txt`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

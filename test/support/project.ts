// Where the project is, seen from compiled tests.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const projectRoot = findRoot();

/** Path of a file of the project. */
export function projectFile(...parts: string[]): string {
  return join(projectRoot, ...parts);
}

// The version of this program, from its package.json; without a validator, so that `--version` starts at once.
import { readFileSync } from 'node:fs';

const path = new URL('../../../package.json', import.meta.url);
const found: unknown = JSON.parse(readFileSync(path, 'utf8'));

export const programVersion =
  typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : '';

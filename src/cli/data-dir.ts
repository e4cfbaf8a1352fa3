// The server's data folder, as all server commands find it.
import { join } from 'node:path';
import { defaultHome } from '../client/home.js';
import type { Fields } from './table/spec.js';

/** The folder of `--data`, else `server` in the user's data folder. */
export function dataDirOf(fields: Fields): string {
  const { data } = fields;
  return typeof data === 'string' ? data : join(defaultHome(), 'server');
}

// Reads a port number of the command line.
import { PytalkError } from '../protocol/errors.js';
import type { Say } from './catalogue/translate.js';
import type { Fields } from './table/spec.js';

/** Undefined when the option was not given. Throws PytalkError `usage`. */
export function portOf(fields: Fields, name: string, say: Say): number | undefined {
  const value = fields[name];
  if (typeof value !== 'string') return undefined;
  const port = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new PytalkError('usage', { details: { reason: say('usage.port', { value }) } });
}

// The options that every command has, before or after its name.
import type { OptionSpec } from './spec.js';

export const commonOptions = [
  { name: 'server', value: 'host[:port]' },
  { name: 'fingerprint', value: 'sha256' },
  { name: 'no-tls' },
  { name: 'home', value: 'dir', completes: 'path' },
  { name: 'json' },
  { name: 'timeout', value: 'seconds' },
  { name: 'lang', value: 'en|fr', completes: ['en', 'fr'] },
  { name: 'verbose', short: 'v' },
  { name: 'quiet', short: 'q' },
  { name: 'help', short: 'h' },
  { name: 'version', short: 'V' },
] as const satisfies readonly OptionSpec[];

/** What `pytalk help options` asks for; no command has this name. */
export const optionsTopic = 'options';

// The server's configuration: every policy, limit and rate with its default, read from a JSON file.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { PytalkError, type ErrorDetails } from '../protocol/errors.js';
import { because, type Reason } from '../protocol/reasons.js';

const gibibyte = 1024 ** 3;

const rateShape = z.strictObject({
  burst: z.number().min(1).max(1e9),
  perMinute: z.number().min(0.01).max(1e9),
});

function rate(burst: number, perMinute: number, doc: string) {
  return rateShape.default({ burst, perMinute }).describe(doc);
}

const ratesShape = z.strictObject({
  loginsPerAccount: rate(10, 5, 'Logins, resets and password proofs that fail, of one account.'),
  loginsPerAddress: rate(100, 60, 'Logins, resets and tokens that fail, from one address.'),
  registrationsPerAddress: rate(100, 30, 'Registrations begun from one address.'),
  phoneLookups: rate(100, 10, 'Contacts looked up by phone number by one person.'),
  profileChanges: rate(30, 30, 'Changes of the profile or password of one person.'),
  uploads: rate(1000, 300, 'Uploads begun by one person.'),
  events: rate(
    5000,
    6000,
    'Messages, reactions, votes, edits, deletions and changes of contacts of one person.',
  ),
  groups: rate(100, 10, 'Groups made, and people put into groups, by one person.'),
  typing: rate(60, 120, 'Signs of typing of one person.'),
  calls: rate(30, 30, 'Calls begun or answered by one person.'),
  callSignals: rate(
    300,
    600,
    'Other signals about calls of one person: keys, ringing, microphone and camera on or off.',
  ),
});

const mediaRatesShape = z.strictObject({
  packets: rate(6_000, 360_000, 'Packets.'),
  bytes: rate(4_000_000, 240_000_000, 'Bytes of packets.'),
  feedback: rate(400, 24_000, 'Packets of feedback (RTCP).'),
  resends: rate(1_000, 120_000, 'Packets sent again to this participant, for its NACKs.'),
  unproved: rate(500_000, 500_000, 'Bytes to an address before it has proved that it gets them.'),
});

function days(doc: string) {
  return z.int().min(1).max(36_500).nullable().default(null).describe(doc);
}

const retentionShape = z.strictObject({
  messagesDays: days('Messages, with their reactions, votes, edits and files.'),
  filesDays: days('Files alone; their messages stay.'),
  callsDays: days('Entries of calls in conversations.'),
  logDays: days('The log of what concerns security: logins, refusals, changed passwords.'),
  auditDays: days('The log of what administrators did.'),
});

/** The file's shape. Descriptions and defaults appear in docs/CONFIG.md. */
export const configShape = z.strictObject({
  registration: z
    .enum(['open', 'invite', 'closed'])
    .default('open')
    .describe('Who may make an account: everybody, who has an invitation code, or nobody.'),
  maxFileBytes: z
    .int()
    .min(1)
    .default(2 * gibibyte)
    .describe('Bytes of one file.'),
  userQuotaBytes: z
    .int()
    .min(1)
    .default(10 * gibibyte)
    .describe('Bytes of all files of one person, unfinished uploads included.'),
  maxConnections: z.int().min(1).default(10_000).describe('Connections at once.'),
  maxConnectionsPerAddress: z.int().min(1).default(200).describe('Connections at once from one address.'),
  retention: retentionShape
    .prefault({})
    .describe('After how many days what is old is erased for good, once an hour; `null` keeps it for ever.'),
  metrics: z
    .string()
    .regex(/^([^\s:]+:|\[[^\s\]]+\]:)?\d{1,5}$/, 'must be [HOST:]PORT')
    .nullable()
    .default(null)
    .describe(
      'Where metrics for Prometheus are served, as `[HOST:]PORT`; the host is 127.0.0.1 unless told.',
    ),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('What is written to stderr.'),
  rates: ratesShape
    .prefault({})
    .describe('How often something may be done: `burst` at once, then `perMinute` a minute.'),
  mediaRates: mediaRatesShape
    .prefault({})
    .describe(
      'What one participant of a call may send to the relay, as under `rates`: enough for 1080p, far from flooding anybody.',
    ),
});
export type ServerConfig = z.infer<typeof configShape>;

/**
 * Reads the file (without one, all defaults hold), with overrides from the command line on top.
 * Rejects with PytalkError: `file-unreadable`, or `usage` that names the setting that is unknown or wrong.
 */
export async function readConfig(
  path?: string,
  overrides: Partial<ServerConfig> = {},
): Promise<ServerConfig> {
  const fromFile = path === undefined ? {} : await readObject(path);
  const result = configShape.safeParse({ ...fromFile, ...overrides });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const names = (issue?.path ?? []).map(String);
  const [first = ''] = names;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const inFile = [...names, ...unknown].join('.');
  const setting = Object.hasOwn(overrides, first)
    ? `--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    : `${path ?? ''}: ${inFile}`;
  throw usage(issue === undefined ? {} : whatIsRight(issue, setting));
}

/** What the setting may be, in words. */
function whatIsRight(issue: z.core.$ZodIssue, setting: string): ErrorDetails {
  if (issue.code === 'unrecognized_keys') return because('config-unknown', { setting });
  if (issue.code === 'invalid_value')
    return because('config-choice', { setting, allowed: issue.values.map(String).join(', ') });
  if (issue.code === 'too_small') return because('config-min', { setting, min: Number(issue.minimum) });
  if (issue.code === 'too_big') return because('config-max', { setting, max: Number(issue.maximum) });
  if (issue.code === 'invalid_format') return because('config-address', { setting });
  if (issue.code === 'invalid_type')
    return because(typeReasons[issue.expected] ?? 'config-text', { setting });
  return { reason: `${setting}: ${issue.message}` };
}

const typeReasons: Readonly<Record<string, Reason>> = {
  number: 'config-number',
  int: 'config-whole',
  object: 'config-object',
};

async function readObject(path: string): Promise<object> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('file-unreadable', { details: { path, reason }, cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw usage(because('config-json', { path, said }), cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usage(because('config-no-object', { path }));
  }
  return value;
}

function usage(details: ErrorDetails, cause?: unknown): PytalkError {
  return new PytalkError('usage', { details, cause });
}

// `service …`: a server or an agent that starts with the machine, by the service manager of the system.
import { readFileSync, realpathSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defaultHome } from '../../client/home.js';
import { makeFolder, makeOwnFolder } from '../../disk/make-folder.js';
import { PytalkError } from '../../protocol/errors.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { dataDirOf } from '../data-dir.js';
import { runProgram, type Ended } from '../platform/run-program.js';
import { planService, usualOptions, wordsFor, type Plan, type ServiceKind } from '../service/plan.js';
import type { CommandRun, Fields } from '../table/spec.js';

function kindOf(fields: Fields, { say }: Context): ServiceKind {
  const { what = 'serve' } = fields;
  if (what === 'serve' || what === 'agent') return what;
  throw new PytalkError('usage', { details: { reason: say('usage.service', { word: String(what) }) } });
}

/** Rejects with `service-unsupported` on a system whose services it does not know. */
function planOf(kind: ServiceKind, fields: Fields, context: Context): Plan {
  const { io } = context;
  const program = realpathSync(process.argv[1] ?? '');
  const isServer = kind === 'serve';
  const given = isServer ? fields['data'] : context.home;
  const folder = typeof given === 'string' ? resolve(io.cwd, given) : null;
  // An agent has an account of its own.
  const ownFolder = isServer ? dataDirOf({}) : `${defaultHome()}-agent`;
  const options = typeof fields['options'] === 'string' ? fields['options'] : null;
  const { HOME = '', XDG_CONFIG_HOME = '' } = io.env;
  for (const text of [folder ?? ownFolder, options ?? '', process.execPath, program, HOME, XDG_CONFIG_HOME]) {
    // A line of its own would be a setting of its own in what is written.
    if (!/\p{Cc}/u.test(text)) continue;
    const reason = context.say('usage.service-text', { text: JSON.stringify(text) });
    throw new PytalkError('usage', { details: { reason } });
  }
  const plan = planService(kind, {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    env: io.env,
    command: [process.execPath, program],
    asUser: fields['user'] === true,
    folder,
    ownFolder,
    options,
    shipped: (name) => readFileSync(join(dirname(program), '..', 'deploy', name), 'utf8'),
  });
  if (plan) return plan;
  const words = [process.execPath, program, ...wordsFor(kind, folder ?? ownFolder)].map(
    (word) => `"${word}"`,
  );
  const line = `${words.join(' ')} ${options ?? usualOptions[kind]}`.trimEnd();
  const command =
    process.platform === 'win32'
      ? `schtasks /Create /SC ONLOGON /TN PyTalk /TR "${line.replaceAll('"', '\\"')}"`
      : line;
  throw new PytalkError('service-unsupported', { details: { command } });
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Rejects with `service-failed`, also when the program is missing. */
async function run([program, ...args]: readonly [string, ...string[]]): Promise<Ended> {
  try {
    return await runProgram(program, args);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('service-failed', { details: { program, reason }, cause });
  }
}

async function runWell(command: readonly [string, ...string[]]): Promise<void> {
  const { status, stderr, stdout } = await run(command);
  if (status === 0) return;
  const reason = cleanLine((stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '', 200);
  throw new PytalkError('service-failed', {
    details: { program: command.join(' '), reason: reason === '' ? String(status) : reason },
  });
}

async function write({ path, text }: { path: string; text: string }, mode: number): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await writeFile(path, text, { mode });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('file-unwritable', { details: { path, reason }, cause });
  }
}

async function makeUser(name: string): Promise<void> {
  if ((await run(['id', '-u', name])).status === 0) return;
  await runWell(['useradd', '--system', '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
}

const install: CommandRun = async (context, fields) => {
  const { out, say } = context;
  const kind = kindOf(fields, context);
  const plan = planOf(kind, fields, context);
  const { name, file, optionsFile, folder, user } = plan;
  if (user === 'root') {
    throw new PytalkError('service-failed', { details: { program: name, reason: say('service.as-root') } });
  }
  if (fields['print'] === true) {
    out.line(file === null ? plan.install.map((words) => words.join(' ')).join('\n') : file.text.trimEnd());
    return undefined;
  }
  const needed = [...plan.command, folder ?? ''];
  const hidden = user === null ? undefined : needed.find((path) => /^\/root(\/|$)/.test(path));
  if (hidden !== undefined) {
    throw new PytalkError('service-failed', { details: { program: hidden, reason: say('service.hidden') } });
  }
  if (user !== null) await makeUser(user);
  if (folder !== null) {
    await makeOwnFolder(folder);
    if (user !== null) await runWell(['chown', `${user}:`, folder]);
  }
  const isGiven = typeof fields['options'] === 'string';
  if (optionsFile && (isGiven || !(await isThere(optionsFile.path)))) await write(optionsFile, 0o600);
  if (file) await write(file, 0o644);
  for (const command of plan.clear) await run(command);
  for (const command of plan.install) await runWell(command);
  const path = file?.path ?? null;
  if (out.isJson) await out.json({ service: name, path, installed: true });
  else out.line(say('service.installed', { name, path: cleanLine(path ?? '') }));
  if (optionsFile) out.note(say('service.options', { path: cleanLine(optionsFile.path) }));
  if (kind === 'agent') out.note(say('service.agent', { command: plan.logIn }));
  if (plan.lingers) out.note(say('service.linger'));
  return undefined;
};

const uninstall: CommandRun = async (context, fields) => {
  const { out, say } = context;
  const { name, file, uninstall: commands, refresh } = planOf(kindOf(fields, context), fields, context);
  if (file && !(await isThere(file.path))) {
    throw new PytalkError('service-missing', { details: { path: file.path } });
  }
  for (const command of commands) await runWell(command);
  if (file) await rm(file.path);
  for (const command of refresh) await runWell(command);
  if (out.isJson) await out.json({ service: name, path: file?.path ?? null, installed: false });
  else out.line(say('service.uninstalled', { name }));
  return undefined;
};

const status: CommandRun = async (context, fields) => {
  const { out, say } = context;
  const plan = planOf(kindOf(fields, context), fields, context);
  const path = plan.file?.path ?? null;
  const installed = path === null || (await isThere(path));
  const ended = installed ? await run(plan.status) : null;
  const running = ended?.status === 0 && plan.isUp.test(ended.stdout);
  if (out.isJson) await out.json({ service: plan.name, path, installed, running });
  else {
    const key = running ? 'service.running' : installed ? 'service.stopped' : 'service.not-installed';
    out.line(say(key, { name: plan.name, path: cleanLine(path ?? '') }));
  }
  return running ? 0 : 1;
};

/** By the word after `service`. */
export const service = { install, uninstall, status } as const satisfies Record<string, CommandRun>;

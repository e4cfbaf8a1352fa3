// Runs one command line to its end and returns the exit code; `main` is the only one that knows a process.
import { PytalkError } from '../protocol/errors.js';
import { sayIn, type Lang, type Say } from './catalogue/translate.js';
import { Context } from './context.js';
import { exitCodes } from './exit-codes.js';
import { failureLine, failureOf } from './failure.js';
import type { Io } from './io.js';
import { languageOf } from './language.js';
import { parseArguments, type Common, type Parsed } from './parse.js';
import { programVersion } from './program-version.js';
import type { SettingsKeeper } from './settings/settings-file.js';
import type { Fields, CommandSpec } from './table/spec.js';

/** How long what is still open may take to close after an interrupt. */
const closeTimeoutMs = 3000;

/** Why `interrupt` was aborted: a signal's name, or `EPIPE` when nobody reads stdout any more. */
export type Interruption = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'EPIPE';

async function carryOut(context: Context, spec: CommandSpec, fields: Fields): Promise<number> {
  if (spec.run === undefined) {
    const { runAction } = await import('./run-action.js');
    await runAction(context, spec.name, await spec.action(), fields);
    return exitCodes.done;
  }
  const run = await spec.run();
  return (await run(context, fields)) ?? exitCodes.done;
}

/** Resolves with the exit code of an interrupt that the command does not handle itself; else never. */
function interrupted(context: Context): Promise<number> {
  const { interrupt } = context.io;
  return new Promise((resolve) => {
    const onAbort = (): void => {
      if (interrupt.reason === 'EPIPE') resolve(exitCodes.done);
      else if (!context.ownsInterrupt) resolve(exitCodes.interrupted);
    };
    if (interrupt.aborted) onAbort();
    else interrupt.addEventListener('abort', onAbort, { once: true });
  });
}

function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeTimeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function show(io: Io, error: unknown, say: Say, options: Pick<Common, 'json' | 'verbose'>): number {
  const failure = failureOf(error, say);
  io.stderr.write(`${failureLine(failure, options.json)}\n`);
  if (options.verbose && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
  return failure.exitCode;
}

/** The settings, where they are to say which language it is. */
async function settingsOf(io: Io, common: Common): Promise<SettingsKeeper> {
  const { openSettings } = await import('./settings/settings-file.js');
  const variable = io.env['PYTALK_HOME'];
  return openSettings(common.home ?? (variable === '' ? undefined : variable));
}

async function runCommand(
  io: Io,
  language: { readonly lang: Lang; readonly isAsked: boolean },
  common: Common,
  parsed: Parsed,
): Promise<number> {
  let say = sayIn(language.lang);
  if (parsed.kind === 'version') {
    io.stdout.write(common.json ? `{"version":"${programVersion}"}\n` : `${programVersion}\n`);
    return exitCodes.done;
  }
  if (parsed.kind === 'help') {
    const { helpText } = await import('./help.js');
    io.stdout.write(`${helpText(parsed.topic, say)}\n`);
    return exitCodes.done;
  }
  const keeper = language.isAsked ? null : await settingsOf(io, common);
  if (keeper !== null && keeper.settings.lang !== 'auto') say = sayIn(keeper.settings.lang);
  const context = new Context(io, common, say);
  // The chat tells by itself what is wrong in their file.
  if (keeper !== null && parsed.spec.name !== 'chat') context.useSettings(keeper);
  try {
    return await Promise.race([carryOut(context, parsed.spec, parsed.fields), interrupted(context)]);
  } catch (error) {
    if (io.interrupt.aborted) return io.interrupt.reason === 'EPIPE' ? exitCodes.done : exitCodes.interrupted;
    return show(io, error, say, common);
  } finally {
    await withinTime(context.close().catch(() => undefined));
  }
}

/** Runs `argv` (without node and script). Never rejects; prints every error itself, once. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const language = languageOf(argv, io.env);
  const { lang, wrong } = language;
  const say = sayIn(lang);
  const guess = { json: argv.includes('--json'), verbose: false };
  try {
    if (wrong !== null) {
      throw new PytalkError('usage', { details: { reason: say('usage.lang', { lang: wrong }) } });
    }
    const { parsed, common } = parseArguments(argv, say);
    return await runCommand(io, language, common, parsed);
  } catch (error) {
    return show(io, error, say, guess);
  }
}

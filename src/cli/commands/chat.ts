// `pytalk chat`: the terminal UI, loaded only here.
import { join } from 'node:path';
import type { Client, ConnectOptions } from '../../client/api.js';
import { defaultHome } from '../../client/home.js';
import { PytalkError } from '../../protocol/errors.js';
import { callOptions, type CallOptions, type OwnDevices } from '../call/call-options.js';
import type { Io } from '../io.js';
import { hour12Of, languageOf } from '../language.js';
import { startServerHere } from '../platform/start-server.js';
import { openSettings } from '../settings/settings-file.js';
import type { CommandRun } from '../table/spec.js';

/** The variable that asks for lines instead of a screen: Ink's own sign of a screen reader, or a terminal without a cursor. */
function plainReason(env: Io['env']): string | null {
  if (env['INK_SCREEN_READER'] === 'true') return 'INK_SCREEN_READER=true';
  return env['TERM'] === 'dumb' ? 'TERM=dumb' : null;
}

export const chat: CommandRun = async (context, fields) => {
  const { stdin, stdout } = process;
  const settings = await openSettings(context.home);
  const setupOf = (own: OwnDevices): CallOptions => callOptions(fields, context.io, own, context.say);
  // Wrong options are told before anything is drawn.
  const { view } = setupOf(settings.settings);
  const options = {
    ...(typeof fields['with'] === 'string' && { with: fields['with'] }),
    connect: context.connectOptions('live'),
    openClient: (connect: ConnectOptions): Promise<Client> => context.io.connect(connect),
    lang: context.say.lang,
    systemLang: languageOf([], context.io.env).lang,
    settings,
    startServer: (port: number) =>
      startServerHere(join(context.home ?? defaultHome(), 'server'), ['--port', String(port)]),
    callSetup: (own: OwnDevices) => setupOf(own).setup,
  };
  const { io } = context;
  const reason = plainReason(io.env);
  if (fields['plain'] === true || reason !== null) {
    const [{ runPlainChat }, { askingByLines, enterByLines }] = await Promise.all([
      import('../chat/plain.js'),
      import('../chat/plain-log-in.js'),
    ]);
    if (fields['plain'] !== true && reason !== null)
      io.stdout.write(`${context.say('chat.plain.chosen', { variable: reason })}\n`);
    return runPlainChat({
      ...options,
      systemHour12: hour12Of(io.env),
      input: io.stdin,
      output: io.stdout,
      interrupt: context.takeInterrupt(),
      enter: (lines, print) => {
        const asking = context.isInteractive ? context : askingByLines(context, lines, print);
        return enterByLines(options, { asking, fields, print });
      },
    });
  }
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new PytalkError('usage', { details: { reason: context.say('chat.needs-terminal') } });
  }
  // React's development build is slower and says more; it looks when it is loaded.
  process.env['NODE_ENV'] ??= 'production';
  const [{ runChat }, { processTerminal, terminalGone }, { draftFolder }] = await Promise.all([
    import('../chat/chat.js'),
    import('../chat/terminal.js'),
    import('../chat/drafts.js'),
  ]);
  return runChat({
    ...options,
    env: context.io.env,
    drafts: draftFolder(context.home),
    terminal: processTerminal(stdin, stdout),
    view,
    interrupt: AbortSignal.any([context.takeInterrupt(), terminalGone(stdin)]),
  });
};

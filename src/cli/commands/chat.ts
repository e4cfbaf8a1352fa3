// `pytalk chat`: the terminal UI, loaded only here.
import { join } from 'node:path';
import type { Client, ConnectOptions } from '../../client/api.js';
import { defaultHome } from '../../client/home.js';
import { PytalkError } from '../../protocol/errors.js';
import { callOptions } from '../call/call-options.js';
import { hour12Of, languageOf } from '../language.js';
import { startServerHere } from '../platform/start-server.js';
import { openSettings } from '../settings/settings-file.js';
import type { CommandRun } from '../table/spec.js';

export const chat: CommandRun = async (context, fields) => {
  const { stdin, stdout } = process;
  const { setup, view } = callOptions(fields, context.io, context.say);
  const options = {
    ...(typeof fields['with'] === 'string' && { with: fields['with'] }),
    connect: context.connectOptions('live'),
    openClient: (connect: ConnectOptions): Promise<Client> => context.io.connect(connect),
    lang: context.say.lang,
    systemLang: languageOf([], context.io.env).lang,
    settings: await openSettings(context.home),
    startServer: () => startServerHere(join(context.home ?? defaultHome(), 'server')),
    callSetup: setup,
  };
  if (fields['plain'] === true) {
    const { runPlainChat } = await import('../chat/plain.js');
    const { io } = context;
    return runPlainChat({
      ...options,
      systemHour12: hour12Of(io.env),
      input: io.stdin,
      output: io.stdout,
      interrupt: context.takeInterrupt(),
    });
  }
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new PytalkError('usage', { details: { reason: context.say('chat.needs-terminal') } });
  }
  // React's development build is slower and says more; it looks when it is loaded.
  process.env['NODE_ENV'] ??= 'production';
  const [{ runChat }, { processTerminal }, { graphicsOf }, { draftFile }] = await Promise.all([
    import('../chat/chat.js'),
    import('../chat/terminal.js'),
    import('../call/call-screen.js'),
    import('../chat/drafts.js'),
  ]);
  return runChat({
    ...options,
    env: context.io.env,
    drafts: draftFile(context.home),
    terminal: processTerminal(stdin, stdout),
    graphics: () => graphicsOf(view, context.io.env),
    interrupt: context.takeInterrupt(),
  });
};

// `pytalk chat`: the terminal UI, loaded only here.
import { PytalkError } from '../../protocol/errors.js';
import type { CommandRun } from '../table/spec.js';

export const chat: CommandRun = async (context, fields) => {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new PytalkError('usage', { details: { reason: context.say('chat.needs-terminal') } });
  }
  // React's development build is slower and says more; it looks when it is loaded.
  process.env['NODE_ENV'] ??= 'production';
  const [{ runChat }, { processTerminal }] = await Promise.all([
    import('../chat/chat.js'),
    import('../chat/terminal.js'),
  ]);
  context.takeInterrupt();
  return runChat({
    ...(typeof fields['with'] === 'string' && { with: fields['with'] }),
    connect: context.connectOptions('live'),
    openClient: (options) => context.io.connect(options),
    lang: context.say.lang,
    env: context.io.env,
    terminal: processTerminal(stdin, stdout),
  });
};

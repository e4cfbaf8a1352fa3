// `call` in a terminal: rings, shows the pictures, goes to the chat and back, and calls again when asked to.
import { PytalkError } from '../../protocol/errors.js';
import type { Client } from '../../client/api.js';
import type { Call } from '../../client/call-api.js';
import { detectGraphics, type Graphics } from '../../media/terminal/detect.js';
import { processTerminal, type Terminal } from '../chat/terminal.js';
import type { Context } from '../context.js';
import type { CallOptions, ViewChoice } from './call-options.js';
import { showCall } from './call-view.js';
import type { CallNews } from './call-news.js';
import { LiveCall } from './live-call.js';
import { languageOf } from '../language.js';

/** A terminal that does not answer by then draws what its environment says. */
const detectTimeoutMs = 400;

/** Asks the terminal what it can draw; what the person chose wins. */
export async function graphicsOf(view: ViewChoice, env: Context['io']['env']): Promise<Graphics> {
  const { stdin, stdout } = process;
  const found = await detectGraphics({ stdin, stdout, env, timeoutMs: detectTimeoutMs });
  return view === 'auto' || view === 'none' ? found : { ...found, view };
}

/** Resolves with the end of the last call. `beside` runs what goes on beside a call, and resolves with its end. */
export async function showCalls(
  context: Context,
  client: Client,
  options: CallOptions,
  ring: () => Promise<Call>,
  beside: (live: LiveCall) => Promise<CallNews & { type: 'ended' }>,
): Promise<CallNews & { type: 'ended' }> {
  const { say, io } = context;
  const graphics = await graphicsOf(options.view, io.env);
  const terminal = processTerminal(process.stdin, process.stdout);
  context.closeLater(() => terminal.leave());
  for (;;) {
    const live = new LiveCall(client, await ring(), options.setup);
    const over = beside(live);
    terminal.enter();
    try {
      const begun = live.begin();
      const { interrupt } = io;
      const show = { client, live, terminal, graphics, say, now: () => io.now(), stays: true, interrupt };
      let left = await showCall(show);
      while (left === 'chat') {
        await chatBeside(context, client, live, options, terminal);
        terminal.enter();
        left = await showCall(show);
      }
      await begun;
      if (left === 'over') {
        await live.hangUp();
        return await over;
      }
      await over;
    } finally {
      terminal.leave();
    }
  }
}

/** Shows a call for a while, for the demo. */
export async function showBriefly(
  { io, say }: Context,
  client: Client,
  live: LiveCall,
  lastsMs: number,
): Promise<void> {
  const graphics = await graphicsOf('auto', io.env);
  const terminal = processTerminal(process.stdin, process.stdout);
  terminal.enter();
  try {
    await showCall({ client, live, terminal, graphics, say, now: () => io.now(), stays: false, lastsMs });
  } finally {
    terminal.leave();
  }
}

/** The chat of the call's conversation; leaving it goes back to the call. */
async function chatBeside(
  context: Context,
  client: Client,
  live: LiveCall,
  options: CallOptions,
  terminal: Terminal,
): Promise<void> {
  process.env['NODE_ENV'] ??= 'production';
  const { runChat } = await import('../chat/chat.js');
  await runChat({
    with: live.call.conversation,
    connect: context.connectOptions('live'),
    openClient: () => Promise.resolve(client),
    lang: context.say.lang,
    systemLang: languageOf([], context.io.env).lang,
    settings: await context.settings(),
    // The client is logged in: nothing asks for a server.
    startServer: () => Promise.reject(new PytalkError('closed')),
    env: context.io.env,
    // The same one: it knows that the chat has left it, and takes it over again for the call.
    terminal,
    interrupt: context.io.interrupt,
    callSetup: () => options.setup,
    view: options.view,
    beside: live,
  });
}

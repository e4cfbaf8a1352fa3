// `demo`: hands over to the demo, which is loaded only here.
import type { Context } from '../context.js';

/** How long the call is shown. */
const watchMs = 8000;

export async function demo(context: Context): Promise<number> {
  const { io, out, say } = context;
  const [{ runDemo }, { showBriefly }] = await Promise.all([
    import('./demo.js'),
    import('../call/call-screen.js'),
  ]);
  const watched = io.stdout.isTTY === true;
  return runDemo({
    say,
    write: (text) => void io.stdout.write(text),
    watched,
    columns: out.columns,
    json: out.isJson,
    env: io.env,
    cwd: io.cwd,
    watchCall:
      watched && io.stdin.isTTY === true
        ? (client, live) => showBriefly(context, client, live, watchMs)
        : null,
  });
}

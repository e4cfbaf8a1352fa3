// `demo`: hands over to the demo, which is loaded only here.
import type { Context } from '../context.js';

export async function demo(context: Context): Promise<number> {
  const { io, out, say } = context;
  const { runDemo } = await import('./demo.js');
  return runDemo({
    say,
    write: (text) => void io.stdout.write(text),
    watched: io.stdout.isTTY === true,
    columns: out.columns,
    json: out.isJson,
    env: io.env,
  });
}

// The program: gives `run` the process' streams and signals, and ends with its exit code.
import type { Io } from './io.js';
import type { Interruption } from './run.js';
import { completeWord } from './complete-word.js';
import { holdYoungGeneration } from './young-generation.js';

const controller = new AbortController();
const interrupt = (reason: Interruption): void => controller.abort(reason);

/** `npx` and `timeout` pass a signal on that this process has had already: a second one this soon is the same one. */
const sameSignalMs = 300;
let interruptedAtMs = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second one does not wait for anything.
    if (!controller.signal.aborted) {
      interruptedAtMs = performance.now();
      interrupt(signal);
    } else if (performance.now() - interruptedAtMs > sameSignalMs) process.exit(130);
  });
}

/** Whoever read our output is gone, as `head` is after its lines: end quietly. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'ERR_STREAM_DESTROYED')
    interrupt('EPIPE');
}
process.stdout.on('error', onStreamError);
process.stderr.on('error', onStreamError);

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  interrupt: controller.signal,
  now: () => Date.now(),
  connect: async (options) => (await import('../client/index.js')).connect(options),
};

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

/** Completion comes on a key press, and scripts ask for the version: these load as little as they can. */
async function execute([word = '', ...rest]: readonly string[]): Promise<number> {
  if (word === completeWord) return (await import('./complete.js')).complete(rest, io);
  if (word === '--version' && rest.length === 0) {
    process.stdout.write(`${(await import('./program-version.js')).programVersion}\n`);
    return 0;
  }
  if (word === 'serve') holdYoungGeneration();
  const { run } = await import('./run.js');
  return run(
    [word, ...rest].filter((one, index) => index > 0 || one !== ''),
    io,
  );
}

const exitCode = await execute(process.argv.slice(2));
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(exitCode);

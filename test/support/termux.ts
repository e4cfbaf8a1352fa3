// A Termux that is none: its folders, and programs that behave as those of Termux are documented to, in shell scripts.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectFile } from './project.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

interface Service {
  /** Resolves once it has said something that matches; rejects when it ends before. */
  says(pattern: RegExp): Promise<void>;
  stop(): Promise<unknown>;
}

export interface Termux {
  readonly prefix: string;
  readonly home: string;
  readonly env: Record<string, string>;
  /** Puts a program into $PREFIX/bin; `null` takes it away. `$PREFIX/log` is where programs say what they were told. */
  program(name: string, script: string | null): Promise<void>;
  /** What the programs were told, a line each. */
  log(): Promise<string>;
  /** Runs to the end. */
  run(command: string, ...args: readonly string[]): Promise<Ended>;
  /** Starts it, as runit starts a service; the test's teardown ends it. */
  start(command: string, ...args: readonly string[]): Service;
  /** Resolves with the file once it matches; rejects after a while. */
  appears(path: string, pattern: RegExp): Promise<string>;
}

/** Each program says in the log what it was told. */
const told = 'echo "$(basename "$0") $*" >>"$PREFIX/log"';

const programs: Readonly<Record<string, string>> = {
  pkg: told,
  getprop: 'echo 34',
  uname: 'echo aarch64',
  df: `printf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/data 9 9 9000000 1%% /data\\n'`,
  npm: `${told}
case "$1 $2" in
  'root --global') echo "$PREFIX/lib/node_modules" ;;
  'install --global')
    mkdir -p "$PREFIX/lib/node_modules"
    ln -sfn "$PYTALK_PROJECT" "$PREFIX/lib/node_modules/pytalk"
    printf '#!/bin/sh\\nexec node "%s/bin/pytalk.js" "$@"\\n' "$PYTALK_PROJECT" >"$PREFIX/bin/pytalk"
    chmod 755 "$PREFIX/bin/pytalk" ;;
  'rm --global') rm -rf "$PREFIX/lib/node_modules/pytalk" "$PREFIX/bin/pytalk" ;;
esac`,
  // It runs once it was started, as its pid file would say.
  pulseaudio: `${told}
case $1 in
  --check) [ -f "$PREFIX/pulse" ] ;;
  --start) : >"$PREFIX/pulse"; : >"$PREFIX/sinks"; : >"$PREFIX/sources" ;;
esac`,
  pactl: `${told}
case "$1 $2" in
  'list short') cat "$PREFIX/$3" ;;
  'load-module module-sles-sink')
    printf '1\\tOpenSL_ES_sink\\tmodule-sles-sink.c\\n' >>"$PREFIX/sinks"
    printf '1\\tOpenSL_ES_sink.monitor\\tmodule-sles-sink.c\\n' >>"$PREFIX/sources" ;;
  'load-module module-sles-source')
    if [ -f "$PREFIX/no-microphone" ]; then echo 'Failure: Module initialization failed' >&2; exit 1; fi
    printf '2\\tOpenSL_ES_source\\tmodule-sles-source.c\\n' >>"$PREFIX/sources" ;;
esac`,
  parec: `${told}
while head -c 1920 /dev/zero; do sleep 0.02; done`,
  pacat: `${told}
exec cat >"$PREFIX/played"`,
  sv: told,
  'sv-enable': `${told}
rm -f "$PREFIX/var/service/$1/down"`,
  'sv-disable': told,
  'termux-wake-lock': told,
  'termux-wake-unlock': told,
  'termux-notification': `printf '%s\\n' "$@" >"$PREFIX/notification.new"
mv "$PREFIX/notification.new" "$PREFIX/notification"
${told}`,
  'termux-notification-remove': `rm -f "$PREFIX/notification"
${told}`,
};

/** What makes Node say that it runs on Android, in every process that is started with it. */
const androidHook = `Object.defineProperty(process, 'platform', { value: 'android' });`;

/** Loaded before, what was compiled for this system stands in for what a phone has: sharp as WebAssembly, SQLite in Node. */
const standIns = ['sharp', ...(isBuiltin('node:sqlite') ? [] : ['@appthreat/sqlite3'])];
const standInHook = standIns
  .map((name) => `await import(${JSON.stringify(import.meta.resolve(name))}).catch(() => undefined);`)
  .join('\n');

/** A phone after the installation of Termux. With `compiled: false` it has nothing but what needs no compiler, and no WebAssembly. */
export async function termux(test: Teardown, { compiled = true } = {}): Promise<Termux> {
  const folder = await temporaryFolder(test);
  const prefix = join(folder, 'files', 'usr');
  const home = join(folder, 'files', 'home');
  const bin = join(prefix, 'bin');
  await mkdir(bin, { recursive: true });
  await mkdir(join(prefix, 'etc', 'profile.d'), { recursive: true });
  await mkdir(home);
  const hookPath = join(folder, 'android.mjs');
  await writeFile(hookPath, compiled ? `${standInHook}\n${androidHook}` : androidHook);
  const program = async (name: string, script: string | null): Promise<void> => {
    const path = join(bin, name);
    await rm(path, { force: true });
    if (script === null) return;
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  };
  for (const [name, script] of Object.entries(programs)) await program(name, script);
  await symlink(process.execPath, join(bin, 'node'));
  await symlink('/bin/sh', join(bin, 'sh'));
  await symlink('/bin/kill', join(bin, 'kill'));
  await writeFile(join(prefix, 'log'), '');
  const env = {
    PREFIX: prefix,
    HOME: home,
    PATH: `${bin}:/usr/bin:/bin`,
    NODE_OPTIONS: `--import ${pathToFileURL(hookPath).href}`,
    PYTALK_LANG: 'en',
    PYTALK_PASSWORD: 'correct horse',
    PYTALK_PROJECT: projectFile(),
    TMPDIR: folder,
  };
  const appears = async (path: string, pattern: RegExp): Promise<string> => {
    const giveUpAt = Date.now() + 30_000;
    for (;;) {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (pattern.test(text)) return text;
      if (Date.now() > giveUpAt) throw new Error(`${path} has not come to match ${String(pattern)}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    prefix,
    home,
    env,
    program,
    appears,
    log: () => readFile(join(prefix, 'log'), 'utf8'),
    run: (command, ...args) =>
      new Promise((resolve) => {
        const child = spawn(command, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
        child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
        child.once('close', (status) => resolve({ status, stdout, stderr }));
      }),
    start: (command, ...args) => {
      const child = spawn(command, args, { env, cwd: home });
      let text = '';
      const ended = new Promise((resolve) => child.once('close', resolve));
      const said = new EventEmitter();
      const take = (data: Buffer): void => {
        text += data.toString();
        said.emit('more');
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      const stop = (): Promise<unknown> => {
        child.kill('SIGTERM');
        return ended;
      };
      test.teardown(stop);
      const says = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(text)) {
          const next = await Promise.race([once(said, 'more'), ended.then(() => null)]);
          if (next === null && !pattern.test(text)) throw new Error(`it ended: ${text}`);
        }
      };
      return { says, stop };
    },
  };
}

// A person at a command line: a home of their own on a real server.
import { connect } from '../../src/client/index.js';
import { jsonLines, runCli, type SessionOptions } from './cli-run.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';

export interface CliPerson {
  readonly home: string;
  /** Runs a command; the test fails unless it ends with 0. Returns the objects it printed with --json. */
  does(...argv: string[]): Promise<Record<string, unknown>[]>;
  /** The same, for a command that prints one object. */
  gets(...argv: string[]): Promise<Record<string, unknown>>;
  /** Runs a command that is refused; returns its exit code and the code of its error. */
  fails(...argv: string[]): Promise<[number, unknown]>;
  /** What people see on stdout. */
  sees(...argv: string[]): Promise<string>;
  /** The environment and stdin of what is run next. */
  readonly options: { env: Record<string, string>; input?: string; cwd?: string };
}

export const password = 'correct horse';

/** A new device, logged in as nobody. `host`: by which address it reaches the server. */
export async function cliPerson(
  test: Teardown,
  server: { tcp: { port: number } },
  host = '127.0.0.1',
): Promise<CliPerson> {
  const home = await temporaryFolder(test);
  const options: CliPerson['options'] = { env: { PYTALK_PASSWORD: password } };
  const common = ['--home', home, '--server', `${host}:${server.tcp.port}`];
  const start = (argv: readonly string[]) => {
    const given: SessionOptions = { ...options, connect: (asked) => connect(asked) };
    return runCli([...argv, ...common], given);
  };
  const does: CliPerson['does'] = async (...argv) => {
    const { exitCode, stdout, stderr } = await start(['--json', ...argv]);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
    return jsonLines(stdout);
  };
  return {
    home,
    options,
    does,
    gets: async (...argv) => (await does(...argv))[0] ?? {},
    fails: async (...argv) => {
      const { exitCode, stderr } = await start(['--json', ...argv]);
      return [exitCode, jsonLines(stderr).at(-1)?.['code']];
    },
    sees: async (...argv) => (await start(argv)).stdout,
  };
}

let phones = 0;

/** A phone number nobody has. */
export function freshPhone(): string {
  return `06${String(++phones).padStart(8, '0')}`;
}

/** Registers somebody; returns the person and their phone number. */
export async function registered(
  test: Teardown,
  server: { tcp: { port: number } },
  username: string,
  { host, phone = freshPhone() }: { host?: string; phone?: string | undefined } = {},
): Promise<CliPerson & { phone: string }> {
  const person = await cliPerson(test, server, host);
  await person.does('register', username, '--phone', phone);
  return { ...person, phone };
}

// Real terminals for tests: programs run in tmux, keys are typed, the screen is read.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder, type Teardown } from './temporary-folder.js';

const execute = promisify(execFile);
const patienceMs = 30_000;

/** One terminal with a shell in it; the test's teardown ends it. */
export class TmuxTerminal {
  private constructor(private readonly socket: string) {}

  static async start(
    test: Teardown,
    columns: number,
    rows: number,
    env: Record<string, string>,
  ): Promise<TmuxTerminal> {
    const terminal = new TmuxTerminal(join(await temporaryFolder(test), 'tmux'));
    const settings = Object.entries({ ...env, LC_ALL: 'C.UTF-8' }).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ]);
    const size = ['-x', String(columns), '-y', String(rows)];
    await terminal.tmux('-f', '/dev/null', 'new-session', '-d', ...size, ...settings, 'sh');
    test.teardown(() => terminal.tmux('kill-server').catch(() => ''));
    return terminal;
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.tmux('send-keys', '-l', '--', text);
  }

  /** Presses keys by tmux' names: `Enter`, `C-c`, `M-Up`. */
  async press(...keys: string[]): Promise<void> {
    await this.tmux('send-keys', ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The screen's rows, without trailing spaces. */
  async screen(): Promise<string> {
    return this.tmux('capture-pane', '-p');
  }

  /** The screen's rows with the sequences that colour them. */
  async colours(): Promise<string> {
    return this.tmux('capture-pane', '-p', '-e');
  }

  /** Resolves with the screen once it shows this. */
  async shows(wanted: string | RegExp): Promise<string> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const screen = await this.screen();
      if (typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen)) return screen;
      if (Date.now() > giveUpAt) throw new Error(`never shown: ${String(wanted)}\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /**
   * Shows it in a terminal around tmux that calls itself `name` (XTVERSION), and lets sequences through to that one.
   * Resolves with what tells all that was written there.
   */
  async attach(test: Teardown, name: string): Promise<() => string> {
    await this.tmux('set', '-g', 'allow-passthrough', 'on');
    const line = `exec tmux -u -S '${this.socket}' attach`;
    const outside = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = once(outside, 'exit');
    test.teardown(async () => {
      await this.tmux('detach-client').catch(() => '');
      await ended;
    });
    let written = '';
    outside.stdout.on('data', (data: Buffer) => {
      written += data.toString();
      if (data.includes('\u001b[>q')) outside.stdin.write(`\u001bP>|${name}\u001b\\`);
    });
    while ((await this.value('client_termtype')) !== name)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return () => written;
  }

  /** A value that tmux knows of the terminal, such as `alternate_on`. */
  async value(name: string): Promise<string> {
    return (await this.tmux('display-message', '-p', `#{${name}}`)).trim();
  }

  private async tmux(...args: string[]): Promise<string> {
    // What the test runner says about its own colours is not meant for the programs in there.
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
    const { stdout } = await execute('tmux', ['-u', '-S', this.socket, ...args], { env });
    return stdout;
  }
}

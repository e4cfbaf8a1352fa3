// The completion scripts are made from the table and work in the shells that are here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { complete } from '../../src/cli/complete.js';
import { knownNames, rememberNames } from '../../src/cli/known-names.js';
import { commands } from '../../src/cli/table/table.js';
import { runCli, session } from '../support/cli-run.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { projectFile } from '../support/project.js';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

async function script(shell: string): Promise<string> {
  return (await runCli(['completion', shell])).stdout;
}

t.test('each script knows every command and option', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const text = await script(shell);
    for (const command of commands) {
      t.ok(text.includes(command.name), `${shell}: ${command.name}`);
      for (const { name } of command.options ?? []) {
        t.ok(text.includes(shell === 'fish' ? `-l ${name}` : `--${name}`), `${shell}: --${name}`);
      }
    }
  }
  t.equal((await runCli(['completion', 'tcsh'])).exitCode, 2);
});

t.test('names that were seen are completed in the form that was begun, and only safe ones', async (t) => {
  const home = await temporaryFolder(t);
  await rememberNames(home, ['@bob', '#team', '@été']);
  await rememberNames(home, ['@carol', '@bob']);
  t.same(await knownNames(home), ['@carol', '@bob', '#team', '@été']);
  await rememberNames(home, ['@$(reboot)', '@a b']);
  const shown = async (...argv: string[]): Promise<string[]> => {
    const { io, stdout } = session({ env: { PYTALK_HOME: home } });
    await complete(argv, io);
    return stdout.text.split('\n').filter((line) => line !== '');
  };
  t.same(await shown('conversation', ''), ['carol', 'bob', 'team', 'été']);
  t.same(await shown('conversation', '@'), ['@carol', '@bob', '@été']);
  t.same(await shown('conversation', '#t'), ['#team']);
  t.same(await shown('person', 'b'), ['carol', 'bob', 'été']);
  t.same(await shown('group', ''), ['team']);
});

/** Runs a shell on its completion script, in a home that knows some names; returns the lines it prints. */
async function inShell(test: Teardown, shell: string, argv: string[], code: string): Promise<string[]> {
  const folder = await temporaryFolder(test);
  const bin = join(folder, 'bin');
  const home = join(folder, 'home');
  await mkdir(bin);
  const launcher = `#!/bin/sh\nexec "${process.execPath}" "${projectFile('bin', 'pytalk.js')}" "$@"\n`;
  await writeFile(join(bin, 'pytalk'), launcher, { mode: 0o755 });
  await rememberNames(home, ['@bob', '@bernard', '#team']);
  await writeFile(join(folder, 'script'), await script(shell));
  const out = execFileSync(shell, [...argv, '-c', code.replaceAll('SCRIPT', join(folder, 'script'))], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, PYTALK_HOME: home, HOME: folder },
  });
  return out.split('\n');
}

/** Runs bash's completion for each line as readline would. */
async function bashCompletes(test: Teardown, lines: string[]): Promise<string[][]> {
  const calls = lines.map(
    (line) =>
      `COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; _pytalk; echo "\${COMPREPLY[*]}"`,
  );
  const out = await inShell(test, 'bash', [], `source "SCRIPT"\n${calls.join('\n')}`);
  return out.slice(0, lines.length).map((line) => line.split(' ').filter(Boolean));
}

t.test(
  'bash completes words, options, choices and names',
  { skip: has('bash') ? false : 'no bash here' },
  async (t) => {
    const [words, sub, option, names, at, choice, value, second, after, common] = await bashCompletes(t, [
      'pytalk hi',
      'pytalk groups re',
      'pytalk send bob --re',
      'pytalk send b',
      'pytalk send @be',
      'pytalk completion ',
      'pytalk serve --registration ',
      'pytalk --home x groups show t',
      'pytalk send bob ',
      'pytalk whoami --fi',
    ]);
    t.same(words, ['history', 'hide']);
    t.same(sub, ['remove', 'rename']);
    t.same(option, ['--reply-to']);
    t.same(names, ['bernard', 'bob'].reverse());
    t.same(at, ['bernard']);
    t.same(choice, ['bash', 'zsh', 'fish']);
    t.same(value, ['open', 'invite', 'closed']);
    t.same(second, ['team']);
    t.same(after, []);
    t.same(common, ['--fingerprint']);
  },
);

t.test('zsh completes words, choices and names', { skip: has('zsh') ? false : 'no zsh here' }, async (t) => {
  // Outside of its line editor zsh cannot offer anything: what would be offered is printed.
  const stubs = `compdef() { : }; _files() { print files }; compadd() { print -r -- "\${@:2}" }
    _describe() { print -r -- "\${(@)\${(@P)2}%%:*}" }; source SCRIPT
    offer() { words=(pytalk "$@"); CURRENT=$#words; PREFIX=$words[-1]; _pytalk }`;
  const offers = ["groups ''", 'send b', "send '@'", "completion ''", 'send -f x'].map(
    (line) => `offer ${line}`,
  );
  t.same(await inShell(t, 'zsh', ['-f'], [stubs, ...offers, ''].join('\n')), [
    'create list show add remove admin leave rename',
    'bob bernard team',
    '@bob @bernard',
    'bash zsh fish',
    'files',
    '',
  ]);
});

t.test(
  'fish completes words, choices and names',
  { skip: has('fish') ? false : 'no fish here' },
  async (t) => {
    const lines = ['pytalk groups re', 'pytalk send b', 'pytalk send @be', 'pytalk serve --registration o'];
    const code = lines.map((line) => `echo (complete -C '${line}' | string split -f1 \\t)`).join('\n');
    t.same(await inShell(t, 'fish', ['--no-config'], `source SCRIPT\n${code}`), [
      'remove rename',
      'bernard bob',
      '@bernard',
      'open',
      '',
    ]);
  },
);

// The completion scripts are made from the table and work in the shells that are here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { complete } from '../../src/cli/complete.js';
import { knownNames, rememberNames } from '../../src/cli/known-names.js';
import { commands } from '../../src/cli/table/table.js';
import { runCli, session } from '../support/cli-run.js';
import { temporaryFolder } from '../support/temporary-folder.js';
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

/** Runs bash's completion for a line as readline would, in a home that knows some names. */
async function bashCompletes(t: Parameters<typeof temporaryFolder>[0], lines: string[]): Promise<string[][]> {
  const folder = await temporaryFolder(t);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const launcher = `#!/bin/sh\nexec "${process.execPath}" "${projectFile('bin', 'pytalk.js')}" "$@"\n`;
  await writeFile(join(bin, 'pytalk'), launcher, { mode: 0o755 });
  await rememberNames(join(folder, 'home'), ['@bob', '@bernard', '#team']);
  await writeFile(join(folder, 'script'), await script('bash'));
  const calls = lines.map(
    (line) =>
      `COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; _pytalk; echo "\${COMPREPLY[*]}"`,
  );
  const out = execFileSync('bash', ['-c', `source "${join(folder, 'script')}"\n${calls.join('\n')}`], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, PYTALK_HOME: join(folder, 'home') },
  });
  return out
    .split('\n')
    .slice(0, lines.length)
    .map((line) => line.split(' ').filter(Boolean));
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

for (const shell of ['zsh', 'fish']) {
  t.test(`${shell} accepts its script`, { skip: has(shell) ? false : `no ${shell} here` }, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'script');
    await writeFile(path, await script(shell));
    t.equal(spawnSync(shell, ['-n', path]).status, 0);
  });
}

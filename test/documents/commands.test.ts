// Commands and snippets of the documents are such as the program takes. Those that no machine of ours can run are at
// least read here; all others are run by test/e2e/package.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { sayIn } from '../../src/cli/catalogue/translate.js';
import { parseArguments } from '../../src/cli/parse.js';
import { readSettings, settingKeys } from '../../src/cli/settings/settings.js';
import { commonOptions } from '../../src/cli/table/common-options.js';
import { commands, familyOf } from '../../src/cli/table/table.js';
import { configShape } from '../../src/server/config.js';
import { blocksOf, documents, documentText, isShell, proseOf, shellLines } from '../support/documents.js';
import type { Block } from '../support/documents.js';
import { projectFile } from '../support/project.js';
import { simpleCommands } from '../support/shell-words.js';

const say = sayIn('en');
const blocks = documents.flatMap((document) => blocksOf(document));
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(projectFile('package.json'), 'utf8')));

const isSetting = (key: string): boolean => (settingKeys as readonly string[]).includes(key);

/** Programs of others that documents may name. */
const others = new Set(
  [
    'apt-get cat certbot chmod cp curl df docker du echo export ffmpeg ffplay find git id install journalctl locale ls',
    'make mkfifo mkdir mpv mv node npm npx pactl ping pkg printf printenv rm sh ss systemctl tail tar tee termux-setup-storage',
    'tmux ufw useradd wait xargs',
  ].flatMap((line) => line.split(' ')),
);

/** What is wrong with a command; null when nothing is. */
function faultOf(words: readonly string[]): string | null {
  const [program = '', ...rest] = words;
  const own = program === 'npx' && rest[0] === 'pytalk' ? rest.slice(1) : program === 'pytalk' ? rest : null;
  if (own !== null) {
    try {
      parseArguments(own, say);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  if (program === 'npm' && rest[0] === 'run' && scripts[rest[1] ?? ''] === undefined)
    return `package.json has no script ${rest[1] ?? ''}`;
  const path = program === 'node' || program === 'sh' ? rest.find((word) => !word.startsWith('-')) : program;
  // Paths in the package or the checkout.
  if (path?.includes('/') === true && !/^(\/|~|package\/)|\$\(/.test(path))
    return existsSync(projectFile(path)) || path.startsWith('dist/') ? null : `there is no ${path}`;
  return program.includes('/') || others.has(program) ? null : `nobody knows the program ${program}`;
}

/** What is wrong in a block of shell, each with its place. */
function faultsOf(block: Block): string[] {
  return shellLines(block).flatMap(({ line, command }) =>
    simpleCommands(command)
      .map(faultOf)
      .filter((fault) => fault !== null)
      .map((fault) => `${block.document}:${line}: ${fault}`),
  );
}

t.test('every command in a block is one that there is, with words and options that it takes', (t) => {
  for (const block of blocks.filter(isShell)) t.same(faultsOf(block), [], `${block.document}:${block.line}`);
  t.end();
});

t.test('a command that there is not, an option that it has not, and an unknown program are found', (t) => {
  const sample = [
    '<!-- not run: a sample -->',
    '```sh',
    'pytalk send @bob "hi; all" # says hi',
    'make 2>&1 | pytalk sent bob -',
    'pytalk call bob --camra test',
    'sudo -u pytalk pytalk backup',
    'FOO=1 frobnicate && npm run nothing',
    'node examples/no-bot.mjs',
    '```',
  ];
  const [block] = blocksOf('SAMPLE.md', `${sample.join('\n')}\n`);
  const faults = faultsOf(block!);
  t.match(faults, [
    /^SAMPLE.md:4: .*sent/,
    /^SAMPLE.md:5: .*--camra/,
    /^SAMPLE.md:6: .*FILE/,
    /^SAMPLE.md:7: .*frobnicate/,
    /^SAMPLE.md:7: .*nothing/,
    /^SAMPLE.md:8: .*no-bot/,
  ]);
  t.equal(faults.length, 6);
  t.end();
});

t.test('every block names its language, and a note says what is meant by it', (t) => {
  for (const { document, line, language, note } of blocks) {
    const place = `${document}:${line}`;
    t.match(language, /^(sh|bash|console|json|js|python|text|yaml|ini)$/, place);
    if (note !== null) t.match(note, /^((not run|run|screen): \S|generated)/, place);
  }
  for (const document of documents.filter((path) => path !== 'docs/CLI.md')) {
    t.notMatch(
      documentText(document),
      /^ {4}(sudo |npx |pytalk )/m,
      `${document}: shell stands between fences`,
    );
  }
  t.end();
});

/** What is wrong with a command that a sentence names, most often without its arguments. */
function mentionFault(words: readonly string[]): string | null {
  const plain = words.filter((word) => !word.startsWith('-'));
  const [first = '', second = ''] = plain;
  const isTopic = first === '' || first === 'COMMAND' || first === 'help' || familyOf(first).length > 0;
  const spec = commands.find(({ name }) => name === `${first} ${second}` || name === first);
  if (spec === undefined && !isTopic) return `there is no command ${first}`;
  const own = spec === undefined ? familyOf(first) : [spec];
  const known = [...commonOptions, ...own.flatMap(({ options }) => options ?? [])].map(
    ({ name }) => `--${name}`,
  );
  const end = words.indexOf('--');
  const strange = (end === -1 ? words : words.slice(0, end)).find(
    (word) => word.startsWith('--') && ![...known, '--help', '--version'].includes(word),
  );
  return strange === undefined ? null : `${first} has no option ${strange}`;
}

t.test('every command that a sentence names exists, with its options', (t) => {
  for (const document of documents) {
    const faults = [...proseOf(documentText(document)).matchAll(/`([^`\n]+)`/g)]
      .filter(([, code = '']) => /\bpytalk /.test(code))
      .flatMap(([, code = '']) => simpleCommands(code.replaceAll('…', '')))
      .filter(([program]) => program === 'pytalk')
      .map(([, ...words]) => mentionFault(words))
      .filter((fault) => fault !== null);
    t.same(faults, [], document);
  }
  t.match(mentionFault(['cal', 'bob']), /no command cal/);
  t.match(mentionFault(['call', '--vieuw']), /no option --vieuw/);
  t.match(mentionFault(['admin', 'invite', '--dato']), /no option --dato/);
  t.end();
});

/** Whether a snippet of a configuration stands in one of our files like that. */
function isOurs(text: string): boolean {
  const files = readdirSync(projectFile('deploy')).map((name) =>
    readFileSync(projectFile('deploy', name), 'utf8'),
  );
  return files.some((file) => file.includes(text.trim()));
}

t.test('what documents quote of services and containers stands so in deploy/', (t) => {
  for (const { document, line, text } of blocks.filter(({ language }) => /^(ini|yaml)$/.test(language)))
    t.ok(isOurs(text), `${document}:${line}`);
  t.ok(isOurs('User=pytalk\nGroup=pytalk\n'));
  t.notOk(isOurs('User=root\n'));
  t.end();
});

t.test('blocks of JSON are JSON, and those of CONFIG.md are settings that there are', (t) => {
  for (const { document, line, text } of blocks.filter(({ language }) => language === 'json')) {
    const isLines = /^\{.*\}\n\{/.test(text);
    for (const json of isLines ? text.trim().split('\n') : [text])
      t.doesNotThrow(() => void JSON.parse(json), `${document}:${line}`);
  }
  const config = documentText('docs/CONFIG.md');
  const clientFrom = config.slice(0, config.indexOf("\n# The client's configuration")).split('\n').length;
  const snippets = blocksOf('docs/CONFIG.md').filter(({ language }) => language === 'json');
  for (const { line, text } of snippets) {
    const value = JSON.parse(text) as Record<string, unknown>;
    if (line < clientFrom) t.doesNotThrow(() => configShape.parse(value), `CONFIG.md:${line}`);
    else t.same([readSettings(value).wrong, Object.keys(value).filter((key) => !isSetting(key))], [[], []]);
  }
  t.ok(snippets.length >= 2);
  t.end();
});

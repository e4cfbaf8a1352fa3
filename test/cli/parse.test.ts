// The command line is read as the table says, and every mistake says what is right.
import t from 'tap';
import { sayIn } from '../../src/cli/catalogue/translate.js';
import { parseArguments } from '../../src/cli/parse.js';

const say = sayIn('en');

function fields(...argv: string[]) {
  const { parsed } = parseArguments(argv, say);
  return parsed.kind === 'command' ? { name: parsed.spec.name, ...parsed.fields } : { name: parsed.kind };
}

function mistake(...argv: string[]): string {
  try {
    parseArguments(argv, say);
    return 'no mistake';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'usage'
      ? error.message
      : String(error);
  }
}

t.test('arguments and options fill fields by name', (t) => {
  t.same(fields('send', 'bob', 'hello', 'all', '--reply-to', 'x', '-f', 'a', '--file', 'b'), {
    name: 'send',
    with: 'bob',
    text: ['hello', 'all'],
    replyTo: 'x',
    file: ['a', 'b'],
  });
  t.same(fields('send', 'bob', '-'), { name: 'send', with: 'bob', text: ['-'] });
  t.same(fields('send', 'bob', '--', '--json', '-1'), { name: 'send', with: 'bob', text: ['--json', '-1'] });
  t.same(fields('poll', 'create', '#t', 'q', 'a', 'b'), {
    name: 'poll create',
    with: '#t',
    question: 'q',
    options: ['a', 'b'],
  });
  t.end();
});

t.test('a word may be a command by itself and begin others', (t) => {
  t.same(fields('profile'), { name: 'profile' });
  t.same(fields('profile', 'bob'), { name: 'profile', user: 'bob' });
  t.same(fields('profile', 'set', '--bio', 'x'), { name: 'profile set', bio: 'x' });
  t.same(fields('sessions'), { name: 'sessions' });
  t.same(fields('friends'), { name: 'friends list' });
  t.same(fields('friends', 'list', '--blocked'), { name: 'friends list', blocked: true });
  t.end();
});

t.test('common options may stand anywhere before --', (t) => {
  const wanted = {
    server: 'h:1',
    home: 'd',
    json: true,
    tls: false,
    timeoutMs: 2500,
    verbose: false,
    quiet: true,
  };
  const options = ['--server', 'h:1', '--home=d', '--json', '--no-tls', '--timeout', '2.5', '-q'];
  t.same(parseArguments([...options, 'send', 'bob', 'x'], say).common, wanted);
  t.same(parseArguments(['send', ...options, 'bob', 'x'], say).common, wanted);
  t.same(parseArguments(['poll', 'show', 'x', ...options], say).common, wanted);
  t.same(parseArguments(['whoami'], say).common, { json: false, tls: true, verbose: false, quiet: false });
  t.end();
});

t.test('help on what is no command is a mistake as the command itself is', (t) => {
  for (const words of [['frobnicate'], ['admin', 'nosuch'], ['friends', 'nosuch']]) {
    const wrong = mistake(...words);
    t.match(wrong, `There is no command pytalk ${words.join(' ')}.`);
    t.equal(mistake(...words, '--help'), wrong);
    t.equal(mistake('help', ...words), wrong);
  }
  t.end();
});

t.test('help and version win over everything else', (t) => {
  const kind = (...argv: string[]) => parseArguments(argv, say).parsed;
  t.same(kind(), { kind: 'help', topic: '' });
  t.same(kind('send', '--help'), { kind: 'help', topic: 'send' });
  t.same(kind('--home', 'poll', 'groups', 'add', '-h'), { kind: 'help', topic: 'groups add' });
  t.same(kind('help', 'poll'), { kind: 'help', topic: 'poll' });
  t.same(kind('help', 'options'), { kind: 'help', topic: 'options' });
  t.same(kind('--version'), { kind: 'version' });
  t.same(kind('profile', 'bob', '--help'), { kind: 'help', topic: 'profile' });
  t.equal(kind('send', 'bob', '--', '--help').kind, 'command');
  t.end();
});

t.test('a mistake says what is right', (t) => {
  t.equal(mistake('snd', 'bob'), 'There is no command pytalk snd. Did you mean send? See `pytalk --help`.');
  t.equal(
    mistake('groups', 'creat', 'x'),
    'There is no command pytalk groups creat. Did you mean create? See `pytalk groups --help`.',
  );
  t.equal(mistake('poll'), 'poll needs one more word: create, vote, show.');
  t.equal(mistake('edit', 'x'), 'edit needs TEXT. See `pytalk edit --help`.');
  t.equal(mistake('whoami', 'x'), 'whoami takes nothing more: x is too much. See `pytalk whoami --help`.');
  t.equal(
    mistake('history', 'bob', '--limt', '3'),
    'There is no option --limt here. Did you mean --limit? See `pytalk history --help`.',
  );
  t.equal(
    mistake('send', 'bob', '--hom', 'x'),
    'There is no option --hom here. Did you mean --home? See `pytalk send --help`.',
  );
  t.match(mistake('send', 'bob', '-x is unknown'), /put -- before it/);
  t.match(mistake('history', 'bob', '--limit'), /The option -n, --limit <n> needs a value/);
  t.equal(mistake('whoami', '--timeout', 'soon'), '--timeout is a number of seconds above 0');
  t.equal(mistake('friends', 'foo'), 'There is no command pytalk friends foo. See `pytalk friends --help`.');
  t.end();
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseCommandLine, quoted, restAfter, splitWords } from '../../../src/cli/chat/command-line.js';
import { pathsBeginning } from '../../../src/cli/chat/complete-at.js';
import { candidatesOf, spotOf } from '../../../src/cli/chat/completion.js';
import { hintOf } from '../../../src/cli/chat/hints.js';
import { reduce } from '../../../src/cli/chat/reduce.js';
import { slashCommands } from '../../../src/cli/chat/slash-commands.js';
import { toAnsi } from '../../../src/cli/chat/spans.js';
import { initialState, sayOf, type ChatState } from '../../../src/cli/chat/state.js';
import { bufferOf } from '../../../src/cli/chat/text-buffer.js';
import { plainTheme } from '../../../src/cli/chat/themes.js';
import { startChat } from '../../support/chat-app.js';
import { FakeClient } from '../../support/fake-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function stateOf(): Promise<ChatState> {
  const client = new FakeClient();
  client.talk('@bob');
  client.talk('#team', ['bob', 'carol']);
  const start = initialState({
    size: { columns: 80, rows: 24 },
    nowMs: 0,
    lang: 'en',
    colours: 'none',
    server: 'x',
  });
  return { ...start, me: 'alice', conversations: await client.conversations(), current: 2 };
}

t.test('a command line has a name, words with quotes, and its rest as typed', (t) => {
  const text = '/file "my file.png"  a   caption';
  const line = parseCommandLine(text);
  t.equal(line?.name, 'file');
  t.same(
    line?.words.map((word) => word.text),
    ['my file.png', 'a', 'caption'],
  );
  t.equal(line && restAfter(line, text, 1), 'a   caption');
  t.same(
    splitWords('a\\ b "c d').map((word) => word.text),
    ['a b', 'c d'],
  );
  t.equal(splitWords(quoted('it’s a "name"'))[0]?.text, 'it’s a "name"');
  t.equal(parseCommandLine('//not a command'), null);
  t.equal(parseCommandLine('/usr/bin/node'), null);
  t.equal(parseCommandLine('hello'), null);
  t.end();
});

t.test(
  'what can be completed is shown while it is typed, and how a command is used where nothing is',
  async (t) => {
    const state = await stateOf();
    const shown = (text: string): string => {
      const typed = reduce(state, { type: 'composed', buffer: bufferOf(text) });
      return toAnsi(hintOf(typed, sayOf(typed)), plainTheme).replace(/\u001b\[[0-9;]*m/g, '');
    };
    t.equal(shown('/un'), '/unfriend  /unblock');
    t.match(shown('/unfr'), '/unfriend [NAME]');
    t.match(shown('/msg '), '/msg NAME [TEXT]');
    t.equal(shown('/msg te'), '#team');
    t.match(shown('/msg #team'), '/msg NAME [TEXT]', 'it is whole');
    t.match(shown('/msg nobody'), '/msg NAME [TEXT]');
    t.equal(shown('/mute m'), 'mic');
    t.equal(shown('hello @'), '@bob  @carol');
    t.equal(shown('hello @c'), '@carol');
    t.equal(shown('hello @carol'), '', 'it is whole');
    t.equal(shown('hello @x'), '');
    t.equal(shown('see #t'), '#team');
    t.equal(shown('mail bob@carol'), '');
    t.equal(shown('so :smi'), 'Tab: emoji whose names begin with :smi');
    t.equal(shown('so :smile: x'), '');
    t.equal(shown('hello'), '');
  },
);

t.test(
  'Tab after a colon and two letters offers emoji by their short names, and puts the emoji',
  async (t) => {
    const client = new FakeClient();
    client.talk('@bob');
    const chat = await startChat(t, { client, with: '@bob' });
    await chat.shows('Nothing here yet');
    await chat.type('well :smi');
    await chat.type('\t', '› well 😄');
    t.match(chat.terminal.text, /😄 smile {2}😏 smirk {2}😃 smiley/);
    await chat.type('\t', '› well 😏');
    await chat.type('\u001b[Z', '› well 😄');
    await chat.type('done :+1\t', '› well 😄 done 👍');
    await chat.type('\r', /well 😄 done 👍 {2}\d/);
    await chat.type(':smile:\t', '› 😄');
    await chat.type('\u0015');
    await chat.type('at 12:30 :zzzzz\t:x\t', '› at 12:30 :zzzzz:x');
    await chat.quit();
  },
);

t.test('each word of a command offers what it can be', async (t) => {
  const state = await stateOf();
  const offered = (text: string): string[] | null => {
    const spot = spotOf(bufferOf(text), slashCommands);
    return spot && candidatesOf(spot, state, slashCommands, []);
  };
  t.same(offered('/un'), ['/unfriend', '/unblock']);
  t.same(offered('/msg te'), ['#team']);
  t.same(offered('/msg @'), ['@bob', '@carol']);
  t.same(offered('/friend '), ['add', 'remove']);
  t.same(offered('/mute m'), ['mic']);
  t.same(offered('/friend add c'), ['carol']);
  t.same(offered('/remove bob c'), ['carol'], 'the last kind repeats');
  t.same(offered('/react l'), ['like', 'laugh']);
  t.same(offered('/lang '), ['auto', 'en', 'fr']);
  t.same(offered('/set read'), ['readReceipts']);
  t.same(offered('/set doNotDisturb o'), ['off', 'on']);
  t.same(offered('/theme c'), ['contrast']);
  t.same(offered('hello @c'), ['@carol']);
  t.same(offered('come to #te'), ['#team']);
  t.same(offered('#'), ['#team']);
  t.equal(offered('hello'), null);
  t.equal(offered('/poll x'), null);
});

t.test('paths are completed, folders with a slash, hidden ones only when asked for', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'pictures'));
  await writeFile(join(folder, 'pic one.png'), '');
  await writeFile(join(folder, '.hidden'), '');
  t.same(await pathsBeginning(`${folder}/`), [`${folder}/pic one.png`, `${folder}/pictures/`]);
  t.same(await pathsBeginning(`${folder}/pict`), [`${folder}/pictures/`]);
  t.same(await pathsBeginning(`${folder}/.h`), [`${folder}/.hidden`]);
  t.same(await pathsBeginning(`${folder}/nothing/x`), []);
});

// The mouse in a real terminal: reported while the chat has the screen, and given back when it is suspended or ends.
import t from 'tap';
import { twoFriends } from '../support/calling.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(120_000);

const program = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}'`;

/** What a terminal sends for a click on the first place, right of `from`, where it shows a text. */
async function clickOn(terminal: TmuxTerminal, text: string, from = 0): Promise<void> {
  const rows = (await terminal.screen()).split('\n');
  const y = rows.findIndex((row) => row.includes(text, from));
  const x = rows[y]?.indexOf(text, from) ?? -1;
  if (x === -1) throw new Error(`not shown: ${text}`);
  const at = `0;${x + 1};${y + 1}`;
  await terminal.type(`\u001b[<${at}M\u001b[<${at}m`);
}

t.test('the mouse works, and the shell has it back', { skip: missing('tmux', '-V') }, async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  for (const text of ['first note', 'second note']) await alice.does('send', '@bob', text);
  const terminal = await TmuxTerminal.start(t, 80, 24, { PYTALK_HOME: alice.home, PYTALK_LANG: 'en' });
  /** Whether buttons are reported, and as SGR. */
  const isReported = async (): Promise<string> =>
    `${await terminal.value('mouse_any_flag')}${await terminal.value('mouse_sgr_flag')}`;
  // The shell waits for jobs that were stopped only when it has control of jobs.
  await terminal.type(`set -m; ${program} chat; echo "code $?"`);
  await terminal.press('Enter');
  await terminal.shows('● online');
  t.equal(await isReported(), '00');
  await terminal.type('/set mouse on\r');
  await terminal.shows('mouse is on');
  t.equal(await isReported(), '11');

  await clickOn(terminal, 'bob');
  await terminal.shows('@bob');
  await terminal.shows(/first note {2}\d/);
  await clickOn(terminal, 'first note', 24);
  await terminal.shows(/Selected.*first note/);

  await terminal.press('C-z');
  await terminal.shows('code 1');
  t.equal(await isReported(), '00', 'suspended');
  await terminal.type('fg; echo "left $?"\r');
  await terminal.shows(/Selected.*first note/);
  t.equal(await isReported(), '11', 'continued');
  await terminal.press('C-q');
  await terminal.shows('left 0');
  t.equal(await isReported(), '00', 'ended');
});

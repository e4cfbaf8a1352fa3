// A call in a real terminal: to the chat and back, the keys after it, and what stays on the screen at the end.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startAgent, twoFriends, withCamera } from '../support/calling.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(180_000);

const skip = missing('tmux', '-V');

t.test('the chat beside a call is left for the call, whose keys still work', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  await startAgent(t, bob, ...withCamera('none'));
  const terminal = await TmuxTerminal.start(t, 80, 24, { PYTALK_HOME: alice.home, PYTALK_LANG: 'en' });
  const program = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}'`;
  await terminal.type(`${program} call bob --camera none --mic none --speaker none; echo "code $?"`);
  await terminal.press('Enter');
  const shown = await terminal.shows(/safety number (\d{5} ){5}[^]*\d{5}\n@bob/);
  t.match(
    shown.replace(/\n/g, ' '),
    /safety number (\d{5}\s+){11}\d{5}\s+@bob/,
    'all of it, also in 80 columns',
  );
  for (const round of [1, 2]) {
    await terminal.press(round === 1 ? 'c' : 'F2');
    await terminal.shows('in a call with @bob');
    // At once: also before the conversation is open, which takes a moment.
    await terminal.type('/video');
    await terminal.press('Enter');
    await terminal.shows(/@bob {2}0:\d\d.*\? keys/);
    await terminal.press('?');
    await terminal.shows(/m F3 +microphone off and on/);
    await terminal.press('?');
    t.pass(`keys work, round ${round}`);
  }
  await terminal.press('q');
  const ended = await terminal.shows(/the call is over \([^]*\n@bob {2}0:\d\d/);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  t.equal(await terminal.screen(), ended, 'its clock has stopped');

  await terminal.press('r');
  await terminal.shows(/safety number (\d{5} ){5}/);
  await terminal.press('q');
  await terminal.shows('the call is over');
  await terminal.press('q');
  await terminal.shows('code 0');
});

t.test('a signal ends a call that is over and waits for a key', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  const file = join(await temporaryFolder(t), 'pid');
  const terminal = await TmuxTerminal.start(t, 80, 24, { PYTALK_HOME: alice.home, PYTALK_LANG: 'en' });
  const call = `"${process.execPath}" "${projectFile('bin', 'pytalk.js')}" call bob`;
  const options = '--camera none --mic none --speaker none';
  await terminal.type(`sh -c 'echo $$ > "${file}"; exec ${call} ${options}'; echo "code $?"`);
  await terminal.press('Enter');
  await terminal.shows('calling @bob');
  await terminal.press('q');
  await terminal.shows('r calls again');
  process.kill(Number(await readFile(file, 'utf8')), 'SIGTERM');
  await terminal.shows('code 130');
});

// Golden screens of the chat, in both languages and three sizes: what people see of a real server in a real terminal.
import { createConnection } from 'node:net';
import t, { type Test } from 'tap';
import { password } from '../support/cli-person.js';
import { goldenScreens, type Golden } from '../support/golden.js';
import { goldenWorld, personas, type GoldenWorld, type Persona } from '../support/golden-world.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TmuxTerminal } from '../support/tmux.js';
import { missing } from '../support/tools.js';

t.setTimeout(300_000);

const skip = missing('tmux', '-V');
const program = `'${process.execPath}' '${projectFile('bin', 'pytalk.js')}'`;
const clock = new URL('../support/fixed-clock.js', import.meta.url).href;

function terminalOf(t: Test, lang: string, home: string): Promise<TmuxTerminal> {
  return TmuxTerminal.start(t, 80, 24, {
    PYTALK_HOME: home,
    PYTALK_LANG: lang,
    PYTALK_CAMERA: 'none',
    PYTALK_MIC: 'none',
    PYTALK_SPEAKER: 'none',
    NODE_OPTIONS: `--import=${clock}`,
    TZ: 'UTC',
    COLORTERM: '',
    NO_COLOR: '',
  });
}

async function run(terminal: TmuxTerminal, command: string): Promise<void> {
  await terminal.type(`clear; ${program} ${command}; echo "back" "again"`);
  await terminal.press('Enter');
}

async function quit(terminal: TmuxTerminal): Promise<void> {
  await terminal.press('C-q');
  await terminal.shows('back again');
}

/** Types a command into the composer and sends it. */
async function say(terminal: TmuxTerminal, text: string): Promise<void> {
  await terminal.type(text);
  await terminal.shows(`› ${text}`);
  await terminal.press('Enter');
}

/** Gives the port, the latency and the wait for the next try, which are never the same, a fixed text. */
function steady(port: number): (screen: string) => string {
  return (screen) =>
    screen
      .replaceAll(`:${port}`, ':50000')
      .replace(/(?<=127\.0\.0\.1:)\d{1,4}(?=…)/, (cut) => '50000'.slice(0, cut.length))
      .replace(/(?<=udp {2})\d+ ms/, '9 ms')
      .replace(/(in|dans) \d s/, '$1 9 s');
}

/** Whether something takes connections at this port. */
function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** From an empty home to an account without conversations. */
async function newcomer(t: Test, world: GoldenWorld, golden: Golden, persona: Persona): Promise<void> {
  const { lang, phone } = persona;
  const terminal = await terminalOf(t, lang, await temporaryFolder(t));
  if (await isAnswered(5000))
    t.comment('a server runs on this machine: the first start without one is not taken');
  else {
    await run(terminal, 'chat');
    await golden.take(terminal, `first-start.${lang}`, 'PyTalk');
    await quit(terminal);
  }
  await run(terminal, `chat --server 127.0.0.1:${world.port}`);
  await golden.take(terminal, `log-in.${lang}`, 'Ctrl+R');
  await terminal.press('C-r');
  await golden.take(terminal, `register.${lang}`, 'Ctrl+R');
  for (const [index, value] of [`new-${lang}`, password, password, phone, '', '', '', ''].entries()) {
    if (index > 0) await terminal.press('Enter');
    await terminal.type(value);
  }
  await terminal.press('Enter');
  // The first steps name the address of this machine, which is another one everywhere.
  await terminal.shows(/1\. (Bring|Faites)/);
  await terminal.press('Escape');
  await golden.take(terminal, `empty-list.${lang}`, /(Welcome|Bienvenue), new/);
  await terminal.press('Tab');
  await golden.take(terminal, `empty-list-chosen.${lang}`, /Tab, (then|puis)/);
  await terminal.press('Tab');
  await say(terminal, '/msg bob');
  await golden.take(terminal, `empty-conversation.${lang}`, /(hello to|Saluez) @bob/);
  await quit(terminal);
}

/** Through the conversations of somebody who has some. Leaves the chat running. */
async function regular(t: Test, world: GoldenWorld, golden: Golden, persona: Persona): Promise<TmuxTerminal> {
  const { lang, me, peer, words } = persona;
  const terminal = await terminalOf(t, lang, world.homeOf(me));
  await run(terminal, 'chat');
  await golden.take(terminal, `list.${lang}`, words.other.slice(0, 15));
  await say(terminal, `/msg ${peer}`);
  await golden.take(terminal, `conversation.${lang}`, words.last);

  await terminal.press('M-k', 'M-k', 'M-k');
  await golden.take(terminal, `selection.${lang}`, '▌');
  await terminal.press('Escape');
  await terminal.type('/re');
  await terminal.press('Tab');
  await golden.take(terminal, `completion.${lang}`, '/reply');
  await terminal.press('Escape', 'C-u');
  await say(terminal, '/msg nobody');
  await golden.take(terminal, `error.${lang}`, '✗');

  for (const [name, command, shows] of [
    ['help', '/help', '/msg'],
    ['search', `/search ${words.search}`, words.reply],
    ['profile', `/profile ${me}`, words.bio],
  ] as const) {
    await say(terminal, command);
    await golden.take(terminal, `${name}.${lang}`, shows);
    await terminal.press('Escape');
  }
  await say(terminal, `/msg #${words.group}`);
  await golden.take(terminal, `group.${lang}`, words.question);
  return terminal;
}

/** A call that comes in, is answered, and is over. */
async function called(
  world: GoldenWorld,
  golden: Golden,
  { lang, me, peer }: Persona,
  terminal: TmuxTerminal,
): Promise<void> {
  const call = await world.online.get(peer)!.startCall(`@${me}`, { media: 'video' });
  await golden.take(terminal, `incoming-call.${lang}`, '☎');
  await terminal.press('F2');
  await terminal.shows(/0:00.*udp {2}\d+ ms/);
  // What was told of the call meanwhile; last, who has joined.
  await terminal.shows(new RegExp(`${peer} ?: micro`));
  await terminal.press('Escape');
  await golden.take(terminal, `in-call.${lang}`, peer);
  await call.hangUp();
}

t.test('every screen is as it was', { skip, timeout: 280_000 }, async (t) => {
  const world = await goldenWorld(t);
  const golden = goldenScreens(steady(world.port));
  const terminals = await Promise.all(
    personas.map(async (persona) => {
      const [terminal] = await Promise.all([
        regular(t, world, golden, persona),
        newcomer(t, world, golden, persona),
      ]);
      await called(world, golden, persona, terminal);
      return { terminal, persona };
    }),
  );
  await world.stop();
  await Promise.all(
    terminals.map(({ terminal, persona }) =>
      golden.take(terminal, `connection-lost.${persona.lang}`, /○.*[89] s/),
    ),
  );
  for (const { name, golden: wanted, now } of golden.differences) {
    t.comment(`--- ${name} as it was\n${wanted}\n--- ${name} now\n${now}`);
    t.fail(
      `${name} has changed: if it should, PYTALK_UPDATE_GOLDEN=1 node dist/test/e2e/chat-golden.test.js`,
    );
  }
});

// Shows calls as notifications of Android, with buttons to answer and to decline; the service pytalk-ring runs it.
//
//   node ring.js                 waits for calls
//   node ring.js answer CALL BY  what the button does: answers in the background, with sound
//   node ring.js decline CALL    what the other one does
//
// Buttons are run without PATH and HOME: what they run is told everything in full.
import { execFile, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'pytalk';

const texts = {
  en: {
    calls: (name) => `${name} calls`,
    audio: 'with sound',
    video: 'with picture',
    answer: 'Answer',
    decline: 'Decline',
    talking: (name) => `In a call with ${name}`,
    hangUp: 'Hang up',
    missed: (name) => `${name} has called`,
  },
  fr: {
    calls: (name) => `${name} appelle`,
    audio: 'avec le son',
    video: 'avec l’image',
    answer: 'Répondre',
    decline: 'Refuser',
    talking: (name) => `En appel avec ${name}`,
    hangUp: 'Raccrocher',
    missed: (name) => `${name} a appelé`,
  },
};

const { env } = process;
const say = texts[/^fr/i.test(env.PYTALK_LANG || env.LC_ALL || env.LANG || '') ? 'fr' : 'en'];
const script = fileURLToPath(import.meta.url);
const launcher = join(dirname(script), '..', 'bin', 'pytalk.js');
const options = env.options ?? '--camera none --mic default --speaker default';
const home = env.PYTALK_HOME;
/** A call that rings is found at once after the login, when it still rings. */
const findMs = 15_000;

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** A command line for a button. */
function action(...words) {
  const kept = ['PREFIX', 'PATH', 'LANG', 'PYTALK_LANG', 'PYTALK_HOME', 'NODE_OPTIONS', 'TMPDIR', 'options'];
  const given = kept.filter((name) => env[name]).map((name) => `${name}=${quoted(env[name])}`);
  const node = [process.execPath, script].map(quoted);
  const set = [`HOME=${quoted(homedir())}`, ...given].join(' ');
  return `${set} ${[...node, ...words.map(quoted)].join(' ')}`;
}

/** Runs a program of Termux:API. It never fails us: a call is more than its notification. */
function termux(program, ...args) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 15_000 }, (error) => {
      if (error)
        console.error(`${program}: ${error.message.split('\n')[0]} (is the app Termux:API installed?)`);
      resolve();
    });
  });
}

const notificationOf = (call) => `pytalk-${call}`;

function show(call, title, content, ...more) {
  return termux(
    'termux-notification',
    '--id',
    notificationOf(call),
    '--title',
    title,
    '--content',
    content,
    ...more,
  );
}

const live = () => connect({ mode: 'live', offline: true, ...(home && { home }) });

async function wait() {
  const client = await live();
  if (client.me === null) throw new Error('log in first: pytalk login NAME --server HOST');
  client.on('call', ({ call }) => {
    if (call.outgoing) return;
    const { id, by } = call;
    const buttons = [
      ...['--button1', say.answer, '--button1-action', action('answer', id, by)],
      ...['--button2', say.decline, '--button2-action', action('decline', id)],
    ];
    void show(
      id,
      say.calls(by),
      say[call.media] ?? '',
      '--priority',
      'max',
      '--sound',
      '--ongoing',
      ...buttons,
    );
    call.on('ended', ({ reason }) => {
      // Taken on this phone: the notification is that of the call by now.
      if (reason === 'elsewhere') return;
      if (reason === 'cancelled' || reason === 'no-answer') void show(id, say.missed(by), client.server);
      else void termux('termux-notification-remove', notificationOf(id));
    });
  });
  console.log(`waiting for calls to ${client.me.username}`);
}

async function decline(id) {
  const client = await live();
  const late = setTimeout(() => process.exit(1), findMs);
  const ringing = await new Promise((resolve) => {
    client.on('call', ({ call }) => {
      if (call.id === id) resolve(call);
    });
  });
  clearTimeout(late);
  await ringing.decline();
  await client.close();
  await termux('termux-notification-remove', notificationOf(id));
}

async function answer(id, by) {
  const args = [launcher, 'call', '--answer', '--headless', '--once', '--from', by, ...options.split(' ')];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const hangUp = `${join(env.PREFIX ?? '/', 'bin', 'kill')} -TERM ${child.pid}`;
  await show(id, say.talking(by), '', '--ongoing', '--button1', say.hangUp, '--button1-action', hangUp);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  await termux('termux-notification-remove', notificationOf(id));
  process.exitCode = code ?? 1;
}

const [what, id, by] = process.argv.slice(2);
if (what === 'decline') await decline(id);
else if (what === 'answer') await answer(id, by);
else await wait();

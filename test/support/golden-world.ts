// What golden screens show: people, a group, and three days of messages on a real server whose clock is set from here.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { connect } from '../../src/client/index.js';
import type { Client } from '../../src/client/api.js';
import { cliPerson, type CliPerson } from './cli-person.js';
import { goldenNowMs } from './golden-time.js';
import { testServer } from './server.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';

type Words = Readonly<Record<Word, string>>;
type Word =
  | 'group'
  | 'bio'
  | 'hello'
  | 'answer'
  | 'long'
  | 'scripts'
  | 'caption'
  | 'question'
  | 'yes'
  | 'no'
  | 'plan'
  | 'reply'
  | 'last'
  | 'other'
  | 'search';

/** Somebody whose screen is taken, with the texts of their language. */
export interface Persona {
  readonly lang: 'en' | 'fr';
  readonly me: string;
  readonly phone: string;
  /** Who they write with most, and who calls them. */
  readonly peer: string;
  readonly other: string;
  readonly words: Words;
}

export const personas: readonly Persona[] = [
  {
    lang: 'en',
    me: 'alice',
    phone: '0600000011',
    peer: 'bob',
    other: 'carol',
    words: {
      group: 'hikers',
      bio: 'Out with the dog.',
      hello: 'hello, is this the new server?',
      answer: 'yes, it runs in my cellar',
      long: 'It took an evening: the old laptop had to be opened, its fan was full of dust, and then the installer asked for a disk that was not there. Now it is quiet, and it answers from everywhere.',
      scripts: '漢字かな 한글, emoji 👍🎉, עברית and العربية in one line',
      caption: 'the view from the hut',
      question: 'Where do we go on Sunday?',
      yes: 'The lake, if it does not rain',
      no: 'The old tower',
      plan: 'the plan of the way is here',
      reply: 'Sunday at nine, then?',
      last: 'good, I bring the bread',
      other: 'are you coming to the concert?',
      search: 'sunday',
    },
  },
  {
    lang: 'fr',
    me: 'aline',
    phone: '0600000012',
    peer: 'carol',
    other: 'bob',
    words: {
      group: 'randonneurs',
      bio: 'Dehors avec le chien.',
      hello: 'bonjour, c’est le nouveau serveur ?',
      answer: 'oui, il tourne dans ma cave',
      long: 'Il m’a fallu une soirée : ouvrir le vieux portable, ôter la poussière du ventilateur, et l’installateur a demandé un disque qui n’était pas là. Maintenant il se tait, et il répond de partout.',
      scripts: '漢字かな 한글, emoji 👍🎉, עברית et العربية sur une ligne',
      caption: 'la vue depuis la cabane',
      question: 'Où allons-nous dimanche ?',
      yes: 'Au lac, s’il ne pleut pas',
      no: 'À la vieille tour',
      plan: 'le plan du chemin est là',
      reply: 'dimanche à neuf heures, alors ?',
      last: 'bien, j’apporte le pain',
      other: 'tu viens au concert ?',
      search: 'dimanche',
    },
  },
];

export interface GoldenWorld {
  readonly port: number;
  homeOf(name: string): string;
  /** People who are there all the time, by name. */
  readonly online: ReadonlyMap<string, Client>;
  /** The server goes away. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;

/** An offset from the moment of the golden screens, as the server's time. */
function at(days: number, time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return Math.floor(goldenNowMs / dayMs + days) * dayMs + (hours * 60 + minutes) * 60_000;
}

export async function goldenWorld(test: Teardown): Promise<GoldenWorld> {
  let nowMs = at(-3, '08:00');
  const server = await testServer(test, { now: () => nowMs });
  const files = await makeFiles(test);
  const names = [...personas.map(({ me }) => me), 'bob', 'carol'];
  const people = new Map(
    await Promise.all(
      names.map(async (name, index) => {
        const person = await cliPerson(test, server);
        await person.does('register', name, '--phone', `060000000${index}`);
        return [name, person] as const;
      }),
    ),
  );
  const by = (name: string): CliPerson => {
    const person = people.get(name);
    if (person === undefined) throw new Error(`nobody is called ${name}`);
    return person;
  };
  const each = async (ms: number, run: (persona: Persona) => Promise<unknown>): Promise<void> => {
    nowMs = ms;
    await Promise.all(personas.map(run));
  };
  const say = (from: string, to: string, text: string, ...options: string[]): Promise<string> =>
    by(from)
      .gets('send', to, text, ...options)
      .then((message) => String(message['id']));

  await each(at(-3, '08:30'), async ({ me, peer, other, words }) => {
    await by(me).does('friends', 'add', peer);
    await by(me).does('friends', 'add', other);
    await by(me).does('profile', 'set', '--bio', words.bio);
  });
  const asked = new Map<string, string>();
  await each(at(-3, '09:12'), async ({ me, peer, words }) => {
    await say(peer, `@${me}`, words.hello);
    await say(me, `@${peer}`, words.answer);
    await say(peer, `@${me}`, words.long);
  });
  await each(at(-3, '21:40'), async ({ me, peer, words }) => {
    await say(peer, `@${me}`, words.caption, '--file', files.picture);
    await say(me, `@${peer}`, words.scripts);
  });
  await each(at(-1, '18:30'), async ({ me, peer, other, words }) => {
    const group = `#${words.group}`;
    await by(me).does('groups', 'create', words.group, '--members', `${peer},${other}`);
    await by(me).does('mute', group);
    await say(peer, group, words.plan, '--file', files.plan);
    const poll = await by(other).gets('poll', 'create', group, words.question, words.yes, words.no);
    for (const [voter, option] of [
      [me, '1'],
      [peer, '1'],
      [other, '2'],
    ] as const) {
      await by(voter).does('poll', 'vote', String(poll['id']), option);
    }
  });
  await each(at(0, '12:05'), async ({ me, peer, words }) => {
    asked.set(me, await say(peer, `@${me}`, words.reply));
  });
  const online = new Map<string, Client>();
  for (const name of ['bob', 'carol']) {
    const client = await connect({ home: by(name).home, mode: 'live' });
    test.teardown(() => client.close());
    await client.synced();
    online.set(name, client);
  }
  // One after the other: they call each other's friends.
  for (const { me, peer } of personas) {
    nowMs = at(0, '12:20');
    const call = await online.get(peer)!.startCall(`@${me}`, { media: 'audio' });
    await call.hangUp();
  }
  await each(at(0, '13:47'), async ({ me, peer, words }) => {
    await say(me, `@${peer}`, words.last, '--reply-to', asked.get(me) ?? '');
    await by(me).does('react', asked.get(me) ?? '', '👍');
    await by(peer).does('react', asked.get(me) ?? '', '🎉');
  });
  await each(at(0, '13:58'), async ({ me, other, words }) => {
    await say(other, `@${me}`, words.other);
  });
  nowMs = goldenNowMs;
  return {
    port: server.tcp.port,
    homeOf: (name) => by(name).home,
    online,
    stop: () => server.close(),
  };
}

/** A picture of three stripes, and a file that is none. */
async function makeFiles(test: Teardown): Promise<{ picture: string; plan: string }> {
  const folder = await temporaryFolder(test);
  const picture = join(folder, 'view.png');
  const plan = join(folder, 'way.gpx');
  await sharp({ create: { width: 320, height: 200, channels: 3, background: '#3366cc' } })
    .png()
    .toFile(picture);
  await writeFile(plan, 'x'.repeat(48_200));
  return { picture, plan };
}

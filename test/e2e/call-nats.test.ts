// Two `pytalk call` processes behind two NATs of the kernel: directly where both keep their ports, by the relay where one does not.
import t from 'tap';
import { freshPhone, password } from '../support/cli-person.js';
import { withoutDevices } from '../support/calling.js';
import { program, type Program } from '../support/cli-program.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';
import { twoNats, type NatRule, type TwoNats } from '../support/two-nats.js';

t.setTimeout(240_000);

const skip = missing('ffmpeg', '-version') || missing('ip', '-V') || missing('nft', '-v');

/** A server between the NATs, and a friend behind each of them, who have each other as contacts. */
async function scene(test: Teardown, nats: TwoNats) {
  const data = await temporaryFolder(test);
  const at = (place: 'net' | 'a' | 'b', ...argv: string[]): Program =>
    program(test, argv, { PYTALK_PASSWORD: password }, nats.at(place));
  const server = at(
    'net',
    ...['serve', '--host', nats.server, '--port', '5000', '--udp-port', '9999'],
    ...['--data', data, '--log-level', 'silent'],
  );
  await server.line();
  const homes = { a: await temporaryFolder(test), b: await temporaryFolder(test) };
  const does = async (place: 'a' | 'b', ...argv: string[]): Promise<void> => {
    const run = at(place, ...argv, '--home', homes[place]);
    const code = await run.ended;
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code ?? 'a signal'}: ${run.stderr}`);
  };
  const phones = { a: freshPhone(), b: freshPhone() };
  const to = ['--server', `${nats.server}:5000`];
  await does('a', 'register', 'alice', '--phone', phones.a, ...to);
  await does('b', 'register', 'bob', '--phone', phones.b, ...to);
  await does('a', 'friends', 'add', phones.b);
  await does('b', 'friends', 'add', phones.a);
  const options = [...withoutDevices, '--size', '320x240', '--fps', '10', '--stats', '-'];
  const agent = at('b', 'call', '--json', '--answer', '--once', ...options, '--home', homes.b);
  await agent.until(({ type }) => type === 'ready');
  const caller = at('a', 'call', 'bob', '--json', ...options, '--home', homes.a);
  return { caller, agent };
}

interface StatsLine {
  path: string;
  received: Record<string, { video: { frames: number } } | undefined>;
}

/** Reads on until this many more pictures have come by this path; returns all paths that were told meanwhile. */
async function pictures(call: Program, from: string, path: string, count: number): Promise<Set<string>> {
  const paths = new Set<string>();
  let first: number | null = null;
  await call.until((line) => {
    if (line['type'] !== 'stats') return false;
    const stats = line as unknown as StatsLine;
    paths.add(stats.path);
    if (stats.path !== path) return false;
    const frames = stats.received[from]?.video.frames ?? 0;
    first ??= frames;
    return frames >= first + count;
  });
  return paths;
}

const cases: readonly [NatRule, NatRule, string, number][] = [
  ['cone', 'cone', 'direct', 60],
  // As many as come in the time in which a direct way would have been found long ago.
  ['cone', 'symmetric', 'udp', 100],
];

for (const [a, b, path, count] of cases) {
  t.test(`behind a ${a} and a ${b} NAT a call goes by ${path}`, { skip }, async (t) => {
    const nats = twoNats(t, { a, b });
    if (typeof nats === 'string') {
      t.pass('two NATs', { skip: nats });
      return;
    }
    const { caller, agent } = await scene(t, nats);
    const paths = await Promise.all([
      pictures(caller, 'bob', path, count),
      pictures(agent, 'alice', path, count),
    ]);
    t.comment(`by ${paths.map((all) => [...all].join(', ')).join(' and ')}`);
    if (path !== 'direct') t.notOk(paths.some((all) => all.has('direct')));
    else {
      t.equal(nats.cut(), null);
      await Promise.all([pictures(caller, 'bob', 'udp', 20), pictures(agent, 'alice', 'udp', 20)]);
      t.pass('by the relay once the direct way is cut');
    }
    caller.child.stdin!.write('{"do":"hangup"}\n');
    t.equal(await caller.ended, 0, caller.stderr);
    t.equal(await agent.ended, 0, agent.stderr);
  });
}

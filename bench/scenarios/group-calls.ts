// G: calls of groups: every member a `pytalk call` process, all streams between all of them through a server process.
import { setTimeout as sleep } from 'node:timers/promises';
import { withGroupCall } from '../calls/call-group.js';
import type { Side } from '../calls/call-pair.js';
import { measureTogether } from '../machine.js';
import type { Scenario } from '../scenario.js';
import { median } from '../statistics.js';

const fps = 10;
const settleMs = 4_000;
const options = [
  '--camera',
  'test',
  '--mic',
  'test',
  '--speaker',
  'none',
  '--size',
  '320x240',
  '--fps',
  String(fps),
];

interface Stream {
  from: string;
  to: string;
  fps: number;
  lost: number;
  kbps: number;
  concealed: number;
}

/** What a side has received of each other one in the last `ms`. */
async function streamsTo(side: Side, ms: number): Promise<Stream[]> {
  const lines = await side.stats();
  const last = lines.at(-1);
  const first = last && lines.find(({ at }) => Date.parse(at) >= Date.parse(last.at) - ms - 100);
  if (!last || !first || first === last) throw new Error(`${side.username} has no figures`);
  if (last.path !== 'udp') throw new Error(`the path is ${last.path}`);
  const seconds = (Date.parse(last.at) - Date.parse(first.at)) / 1000;
  return Object.entries(last.received).flatMap(([name, now]) => {
    const before = first.received[name];
    if (!now || !before) return [];
    const between = lines.slice(lines.indexOf(first) + 1).flatMap(({ received }) => received[name] ?? []);
    return {
      from: name,
      to: side.username,
      fps: (now.video.frames - before.video.frames) / seconds,
      lost: now.video.lost - before.video.lost,
      kbps: median(between.map(({ video, audio }) => video.kbps + audio.kbps)),
      concealed: (now.audio.concealedMs - before.audio.concealedMs) / 1000 / seconds,
    };
  });
}

function groupCall(count: number): Scenario {
  const streams = count * (count - 1);
  return {
    key: 'G',
    title: `G${count} A call of ${count}, 320x240 at ${fps} pictures a second, ${streams} streams`,
    about:
      `${count} processes \`call '#team' --headless --camera test --mic test --stats\`, each with its own home, over TLS and the relay of a \`serve\` process; the first calls, the others join. Ten seconds from four ` +
      'seconds after everybody sees everybody. On two cores, which all these processes and their ffmpegs share; what is passed on is what all receivers have of all streams by `--stats`, pictures and sound.',
    figures: [
      { name: 'streams that come', digits: 0, aim: { atLeast: streams } },
      { name: 'pictures a second, slowest stream', digits: 2, aim: { atLeast: 0.95 * fps } },
      { name: 'pictures a second, median stream', digits: 2 },
      { name: 'pictures lost, all streams', digits: 0, aim: { atMost: 0 } },
      { name: 'sound made up, worst stream, %', digits: 1 },
      { name: 'passed on by the server, kB a second', digits: 0 },
      { name: 'server, share of a core', digits: 2 },
      { name: 'a participant, ffmpeg included, share of a core', digits: 2 },
      { name: 'others, share of a core', digits: 2 },
    ],
    runOnce: ({ quick }) =>
      withGroupCall({ count, options }, async ({ server, sides }) => {
        const ms = quick ? 3_000 : 10_000;
        await sleep(settleMs);
        const finish = measureTogether([server.pid, ...sides.map(({ pid }) => pid)]);
        await sleep(ms);
        const { shares, disturbed } = finish();
        const all = (await Promise.all(sides.map((side) => streamsTo(side, ms)))).flat();
        return {
          'streams that come': all.filter((one) => one.fps > 0).length,
          'pictures a second, slowest stream': Math.min(...all.map((one) => one.fps)),
          'pictures a second, median stream': median(all.map((one) => one.fps)),
          'pictures lost, all streams': all.reduce((sum, { lost }) => sum + lost, 0),
          'sound made up, worst stream, %': 100 * Math.max(...all.map((one) => one.concealed)),
          'passed on by the server, kB a second': all.reduce((sum, { kbps }) => sum + kbps, 0) / 8,
          'server, share of a core': shares[0] ?? NaN,
          'a participant, ffmpeg included, share of a core': median(shares.slice(1)),
          'others, share of a core': disturbed,
        };
      }),
  };
}

const limitBps = 150_000;

/** Streams between all but the last one, who is limited; and those to that one. */
async function streamsBeside(
  sides: readonly Side[],
  ms: number,
): Promise<{ others: Stream[]; limited: Stream[] }> {
  const slow = sides.at(-1)?.username;
  const all = (await Promise.all(sides.map((side) => streamsTo(side, ms)))).flat();
  return {
    others: all.filter(({ from, to }) => from !== slow && to !== slow),
    limited: all.filter(({ to }) => to === slow),
  };
}

function narrowGroupCall(count: number): Scenario {
  const kbps = limitBps / 1000;
  return {
    key: 'G',
    title: `G${count} One of ${count} has ${kbps} kbit/s`,
    about:
      `As above, the datagrams of the last one to join behind the seeded UDP proxy of \`test/support\`. Ten seconds without a limit, then ten seconds from six seconds after the proxy carries ${kbps} kbit/s each way. ` +
      'Not limited are the streams between the others.',
    figures: [
      { name: 'not limited, pictures a second before, median stream', digits: 2 },
      { name: 'not limited, pictures a second with the limit, median stream', digits: 2 },
      { name: 'not limited, with the limit to before, all streams', digits: 3, aim: { atLeast: 0.95 } },
      { name: 'not limited, with the limit to before, slowest stream', digits: 3 },
      { name: 'not limited, sound made up with the limit, worst stream, %', digits: 1 },
      { name: 'limited, pictures a second of all others together', digits: 2 },
      { name: 'limited, sound made up, worst stream, %', digits: 1 },
      { name: 'server, share of a core', digits: 2 },
      { name: 'a participant, ffmpeg included, share of a core', digits: 2 },
      { name: 'others, share of a core', digits: 2 },
    ],
    runOnce: ({ quick }) =>
      withGroupCall({ count, options, hasProxy: true }, async ({ server, sides, network }) => {
        if (!network) throw new Error('there is no proxy');
        const ms = quick ? 3_000 : 10_000;
        await sleep(settleMs + ms);
        const before = await streamsBeside(sides, ms);
        network.traits = { bitsPerSecond: limitBps };
        await sleep(6_000);
        const finish = measureTogether([server.pid, ...sides.map(({ pid }) => pid)]);
        await sleep(ms);
        const { shares, disturbed } = finish();
        const now = await streamsBeside(sides, ms);
        const rateBefore = ({ from, to }: Stream): number =>
          before.others.find((one) => one.from === from && one.to === to)?.fps ?? NaN;
        const sum = (streams: readonly Stream[]): number => streams.reduce((all, { fps }) => all + fps, 0);
        return {
          'not limited, pictures a second before, median stream': median(before.others.map((one) => one.fps)),
          'not limited, pictures a second with the limit, median stream': median(
            now.others.map((one) => one.fps),
          ),
          'not limited, with the limit to before, all streams': sum(now.others) / sum(before.others),
          'not limited, with the limit to before, slowest stream': Math.min(
            ...now.others.map((one) => one.fps / rateBefore(one)),
          ),
          'not limited, sound made up with the limit, worst stream, %':
            100 * Math.max(...now.others.map((one) => one.concealed)),
          'limited, pictures a second of all others together': sum(now.limited),
          'limited, sound made up, worst stream, %':
            100 * Math.max(...now.limited.map((one) => one.concealed)),
          'server, share of a core': shares[0] ?? NaN,
          'a participant, ffmpeg included, share of a core': median(shares.slice(1)),
          'others, share of a core': disturbed,
        };
      }),
  };
}

export const groupCallScenarios: readonly Scenario[] = [
  groupCall(4),
  narrowGroupCall(4),
  groupCall(8),
  narrowGroupCall(8),
];

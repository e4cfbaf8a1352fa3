// What the monitor shows of the server's figures, in words: pure, for the dashboard and for a page of text.
import type { ServerStatistics, StatisticsSample } from '../../protocol/statistics-shapes.js';
import { durationText } from '../call/call-output.js';
import type { Say } from '../catalogue/translate.js';
import { sizeText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';

/** An hour of samples of 5 s. */
const maxSamples = 720;
export const samplesPerMinute = 12;
const warning = 40;

/** Joins what was known with what has come. The newest report counts; a server that was started anew begins again. */
export function joined(before: ServerStatistics | null, now: ServerStatistics): ServerStatistics {
  if (before?.startedAt !== now.startedAt) return now;
  return { ...now, samples: [...before.samples, ...now.samples].slice(-maxSamples) };
}

/** The time of the newest sample; 0 before the first. */
export function newestAt(statistics: ServerStatistics | null): number {
  return statistics?.samples.at(-1)?.at ?? 0;
}

/** A figure with as many digits as say something: `0.4`, `12`, `1,204`. */
function figureText(value: number, say: Say): string {
  return value.toLocaleString(say.lang, { maximumFractionDigits: value < 10 ? 1 : 0 });
}

const perCent = (share: number, say: Say): string =>
  share.toLocaleString(say.lang, { style: 'percent', maximumFractionDigits: share < 0.1 ? 1 : 0 });

/** The line over the graphs. */
export function headline(statistics: ServerStatistics, say: Say): string {
  const last = statistics.samples.at(-1);
  if (last === undefined) return say('monitor.begins', { version: statistics.version });
  return say('monitor.headline', {
    version: statistics.version,
    uptime: durationText(Math.max(0, last.at - statistics.startedAt)),
    connections: figureText(last.connections, say),
    online: figureText(last.online, say),
    // Not the sample's, which may be 5 s old: as many as the table has.
    calls: figureText(statistics.calls.length, say),
    commits: figureText(last.commits, say),
    database: sizeText(last.database, say),
  });
}

/** A graph: its title, with the newest values, and a line for each figure. */
export interface Graph {
  readonly title: string;
  readonly lines: readonly { readonly title: string; readonly values: readonly number[] }[];
}

export const graphNames = ['messages', 'latency', 'relay', 'memory'] as const;
export type GraphName = (typeof graphNames)[number];

/** Every graph there is, over these samples, oldest first. */
export function graphs(samples: readonly StatisticsSample[], say: Say): Record<GraphName, Graph> {
  const last = samples.at(-1);
  const of = (value: (sample: StatisticsSample) => number): number[] => samples.map(value);
  const figure = (value: number | undefined): string => (value === undefined ? '–' : figureText(value, say));
  return {
    messages: {
      title: say('monitor.messages', { events: figure(last?.events), deliveries: figure(last?.deliveries) }),
      lines: [
        { title: say('monitor.messages.deliveries'), values: of((sample) => sample.deliveries) },
        { title: say('monitor.messages.events'), values: of((sample) => sample.events) },
      ],
    },
    latency: {
      title: say('monitor.latency', {
        p50: figure(last?.delivery?.p50),
        p95: figure(last?.delivery?.p95),
        lag: figure(last?.lag),
      }),
      lines: [
        { title: say('monitor.latency.p95'), values: of((sample) => sample.delivery?.p95 ?? 0) },
        { title: say('monitor.latency.p50'), values: of((sample) => sample.delivery?.p50 ?? 0) },
        { title: say('monitor.latency.lag'), values: of((sample) => sample.lag) },
      ],
    },
    relay: {
      title: say('monitor.relay', {
        packets: figure(last?.relayPackets),
        rate: sizeText(Math.round(last?.relayBytes ?? 0), say),
      }),
      lines: [{ title: say('monitor.relay.kilobytes'), values: of((sample) => sample.relayBytes / 1000) }],
    },
    memory: {
      title: say('monitor.memory', { size: sizeText(last?.memory ?? 0, say) }),
      lines: [{ title: say('monitor.memory.megabytes'), values: of((sample) => sample.memory / 1e6) }],
    },
  };
}

/** Samples put together so that there is one for each of `count` columns: the greatest of each counts, so no peak is lost. */
export function squeezed(values: readonly number[], count: number): number[] {
  const size = Math.max(1, Math.ceil(values.length / Math.max(1, count)));
  const result: number[] = [];
  // Groups end at the newest value, so that the graph does not jump as values come.
  for (let end = values.length; end > 0; end -= size) {
    result.unshift(Math.max(...values.slice(Math.max(0, end - size), end)));
  }
  return result;
}

/** Every how many of `squeezed` values a clock is to be written, so that no minute is there twice; samples come every 5 s. */
export function labelStep(length: number, count: number): number {
  const samplesEach = Math.max(1, Math.ceil(length / Math.max(1, count)));
  return Math.max(1, Math.ceil(samplesPerMinute / samplesEach));
}

/** The next of 1, 2 and 5 times a power of ten that is at least as much, so that an axis has round labels; 1 for nothing. */
export function roundStep(atLeast: number): number {
  if (!(atLeast > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * ([1, 2, 5].find((times) => times * power >= atLeast) ?? 10);
}

/** A row for each participant of each call: conversation, person, way, round trip, loss, for how long. */
export function callRows(statistics: ServerStatistics, say: Say): string[][] {
  const now = newestAt(statistics);
  return statistics.calls.flatMap(({ conversation, media, answeredAt, participants }) =>
    participants.map(({ username, way, rtt, loss }, at) => [
      at === 0 ? cleanLine(`${media === 'video' ? '▣' : '♪'} ${conversation}`, 40) : '',
      cleanLine(`@${username}`, 33),
      say(`monitor.way.${way}`),
      rtt === null ? '–' : say('monitor.ms', { ms: figureText(Math.round(rtt), say) }),
      loss === null ? '–' : perCent(loss, say),
      at > 0 ? '' : answeredAt === null ? say('monitor.rings') : durationText(Math.max(0, now - answeredAt)),
    ]),
  );
}

export function callHeaders(say: Say): string[] {
  return [
    say('monitor.call'),
    say('monitor.person'),
    say('monitor.way'),
    say('monitor.rtt'),
    say('monitor.loss'),
    say('monitor.time'),
  ];
}

/** The log as lines: clock, mark of a warning, what, who. */
export function logLines(statistics: ServerStatistics): string[] {
  return statistics.log.map(({ at, level, event, username, detail }) => {
    const clock = new Date(at).toTimeString().slice(0, 8);
    const who = username === null ? '' : ` @${username}`;
    const more = detail === '' || detail === username ? '' : ` ${detail}`;
    return cleanLine(`${clock} ${level >= warning ? '! ' : ''}${event}${who}${more}`, 200);
  });
}

/** All figures of this moment as lines of text, where there is no terminal to draw on. */
export function textPage(statistics: ServerStatistics, say: Say): string[] {
  const shown = graphs(statistics.samples, say);
  return [
    headline(statistics, say),
    ...graphNames.map((key) => shown[key].title),
    ...callRows(statistics, say).map((row) => row.filter((cell) => cell !== '').join('  ')),
    ...logLines(statistics).slice(-10),
  ];
}

// What a new person is told first: how a friend finds them, and the few things that are enough to begin.
import { networkInterfaces } from 'node:os';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { span, type Line } from './spans.js';
import { wrap } from './text-width.js';

/** The address that others use: of a server on this machine, that of this machine in its network. */
export function addressForOthers(server: string): string {
  const [, host, port] = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)$/.exec(server) ?? [];
  if (host === undefined || port === undefined) return server;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = addresses.find((one) => !one.internal && one.family === 'IPv4');
  return own === undefined ? server : `${own.address}:${port}`;
}

const sections = ['friend', 'write', 'call', 'more'] as const;

export interface TourFacts {
  readonly me: string;
  readonly phone: string | null;
  readonly server: string;
}

function detailsOf(facts: TourFacts): Record<string, string> {
  return {
    name: cleanLine(facts.me),
    phone: cleanLine(facts.phone ?? '-'),
    server: cleanLine(facts.server),
  };
}

/** The tour for the line-by-line chat, without keys. */
export function tourSentences(facts: TourFacts, say: Say): string[] {
  const details = detailsOf(facts);
  return sections.map((section, index) => {
    // The other two name keys.
    const key =
      section === 'write' || section === 'more'
        ? (`tour.${section}.plain` as const)
        : (`tour.${section}.text` as const);
    const text = say(key, details);
    return `${index + 1}. ${say(`tour.${section}.title`)}. ${text.replaceAll('\n', ' ')}`;
  });
}

export function tourPage(facts: TourFacts, say: Say, columns: number): Line[] {
  const details = detailsOf(facts);
  const width = Math.max(10, columns - 2);
  return sections.flatMap((section, index): Line[] => [
    ...(index === 0 ? [] : [[]]),
    [span(`${index + 1}. ${say(`tour.${section}.title`)}`, 'bold')],
    ...say(`tour.${section}.text`, details)
      .split('\n')
      .flatMap((paragraph) => wrap(paragraph, width).map((row): Line => [span(`  ${row.text}`)])),
  ]);
}

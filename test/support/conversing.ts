// What most tests of conversations do: send a text, open a direct conversation, make a group, read a log.
import { uuidv7 } from 'uuidv7';
import { encodePayload } from '../../src/protocol/payload.js';
import type { Reply } from '../../src/protocol/messages.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import type { WireClient } from './wire-client.js';

export function textPayload(text: string): string {
  return encodePayload({ kind: 'text', text });
}

export function sendText(
  client: WireClient,
  conv: number,
  text: string,
  id: string = uuidv7(),
): Promise<Reply<'event.send'>> {
  return client.request('event.send', { conv, id, payload: textPayload(text) });
}

export async function openDirect(client: WireClient, user: number): Promise<number> {
  return (await client.request('conversations.open', { user })).conversation.id;
}

export async function makeGroup(client: WireClient, name: string, members: number[]): Promise<number> {
  return (await client.request('groups.create', { name, members })).conversation.id;
}

/** The whole log, page by page, as this member may see it. */
export async function readLog(client: WireClient, conv: number, after = 0): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (;;) {
    const last = events.at(-1)?.seq ?? after;
    const page = await client.request('events.get', { conv, after: last, limit: 500 });
    if (page.events.length === 0) return events;
    events.push(...page.events);
  }
}

/** 1, 2, 3 … `count`, or from another start. */
export function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

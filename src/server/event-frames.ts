// Encodes stored events as push frames, once for all who receive them.
import { frameHeaderBytes, writeJsonText } from '../protocol/frame.js';
import type { StoredEvent } from './storage/storage.js';

/** The JSON of one event push; written by hand since this is the hottest text of the server. */
function eventText(event: StoredEvent): string {
  let text = `{"type":"event","body":{"conv":${event.conv},"seq":${event.seq},"id":"${event.id}","from":${event.from},"at":${event.at}`;
  if (event.class !== 'message') text += `,"class":"${event.class}"`;
  if (event.target !== null) text += `,"target":"${event.target}"`;
  if (event.files.length > 0) text += `,"files":${JSON.stringify(event.files)}`;
  return `${text},"payload":${JSON.stringify(event.payload)}}}`;
}

/** One buffer with a push frame for each event, in order. */
export function encodeEvents(events: readonly StoredEvent[]): Buffer {
  const texts = events.map(eventText);
  let total = 0;
  for (const text of texts) total += frameHeaderBytes + Buffer.byteLength(text);
  const buffer = Buffer.allocUnsafe(total);
  let pos = 0;
  for (const text of texts) pos += writeJsonText(text, buffer, pos);
  return buffer;
}

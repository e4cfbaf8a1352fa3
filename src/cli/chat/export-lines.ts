// A whole conversation as a file: lines for people, or one JSON object a line when its name ends with `.jsonl` or `.json`.
import { open } from 'node:fs/promises';
import type { Client, Message } from '../../client/api.js';
import { hasCode } from '../../client/home.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import { cleanBlock, cleanLine, safeJson } from '../clean-text.js';
import { messagesJson } from '../format/json-shapes.js';
import { previewText, said } from './message-text.js';

const pageMessages = 500;

/** A message for a reader: time, sender, what it says; further lines are indented. */
function exportedText(message: Message, say: Say): string {
  const isWritten = message.kind === 'text' && !message.deleted;
  const body = isWritten ? cleanBlock(message.text ?? '') : previewText(message, say);
  const options = message.poll?.options.map(({ text, votes }) => `- ${said(text, say)} ${votes}`) ?? [];
  const reactions = Object.entries(message.reactions).map(
    ([emoji, users]) => `${cleanLine(emoji)} ${users.map((user) => cleanLine(user)).join(', ')}`,
  );
  const lines = [...body.split('\n'), ...options, ...reactions];
  return `${message.sentAt}  ${said(message.from, say)} ${lines.join('\n    ')}\n`;
}

/** Writes all messages, oldest first, into a new file; returns how many. Rejects with `file-exists` or `file-unwritable`. */
export async function exportConversation(
  client: Client,
  name: string,
  path: string,
  say: Say,
): Promise<number> {
  const isJson = /\.jsonl?$/i.test(path);
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    if (hasCode(cause, 'EEXIST')) throw new PytalkError('file-exists', { details: { path }, cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('file-unwritable', { details: { path, reason }, cause });
  });
  let count = 0;
  try {
    for (let after = 0; ;) {
      const messages = await client.history(name, { after, limit: pageMessages });
      // What waits in the outbox has no number, and is not part of what was said.
      const last = messages.findLast((message) => message.seq !== null)?.seq ?? null;
      if (last === null || last <= after) return count;
      const said = messages.filter((message) => message.seq !== null);
      const lines = isJson
        ? messagesJson(said, say).map((message) => `${safeJson(message)}\n`)
        : said.map((message) => exportedText(message, say));
      await file.appendFile(lines.join(''));
      count += said.length;
      after = last;
    }
  } finally {
    await file.close();
  }
}

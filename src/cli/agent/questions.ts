// What a chat message asks of the agent, which message answers it, and whether it is still worth an answer.
import { createHash } from 'node:crypto';
import type { Message } from '../../client/api.js';

export type Question = 'photo' | 'status';

const words: Readonly<Record<string, Question>> = {
  photo: 'photo',
  picture: 'photo',
  status: 'status',
  statut: 'status',
  état: 'status',
};

/** Who asked longer ago has given up. */
const recentMs = 5 * 60_000;

/** `photo`, `/photo`, `Status`: one word, nothing else. Only of a conversation of two: in a group all would see it. */
export function questionOf({ kind, mine, deleted, text, conversation, from }: Message): Question | null {
  if (kind !== 'text' || mine || deleted || text === null || conversation !== `@${from}`) return null;
  const word = text.trim().toLowerCase().normalize('NFC').replace(/^\//, '');
  return Object.hasOwn(words, word) ? (words[word] ?? null) : null;
}

/** A clock that is behind, as after a start without a network, makes old questions recent: answering is no harm. */
export function isRecent({ sentAt }: Pick<Message, 'sentAt'>, nowMs: number): boolean {
  return nowMs - Date.parse(sentAt) < recentMs;
}

/**
 * The id of the answer to a message: UUID version 5 (RFC 9562, section 5.5) in the namespace of the question's id, so
 * that an answer that is sent again, by whatever process, is stored once.
 */
export function answerId(question: string): string {
  const namespace = Buffer.from(question.replaceAll('-', ''), 'hex');
  const hash = createHash('sha1').update(namespace).update('pytalk agent answer').digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

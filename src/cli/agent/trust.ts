// Whom the agent answers: people named with `--from`, or the contacts of its account.
import type { Client } from '../../client/api.js';
import { nameKey } from '../../protocol/names.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';

export interface Trust {
  /** In words, for people. */
  readonly text: string;
  trusts(username: string): Promise<boolean>;
}

/** Names of a list such as `alice,@bob`. */
export function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim().replace(/^@/, ''))
    .filter((name) => name !== '');
}

/** `from` is what `--from` says; without it, and for `friends` in it, it is the contacts. */
export function trustOf(say: Say, client: Pick<Client, 'friends'>, from: unknown): Trust {
  const names = typeof from === 'string' ? namesIn(from) : ['friends'];
  const others = names.filter((name) => name !== 'friends');
  const named = new Set(others.map(nameKey));
  const friends = names.includes('friends');
  const list = [...(friends ? [say('call.answer-friends')] : []), ...others.map((name) => cleanLine(name))];
  return {
    text: list.length === 0 ? say('call.answer-nobody') : say('call.answer-ready', { who: list.join(', ') }),
    async trusts(username) {
      if (named.has(nameKey(username))) return true;
      if (!friends) return false;
      const contacts = await client.friends();
      return contacts.some(({ user }) => user.username === username);
    },
  };
}

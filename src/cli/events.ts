// The events that `listen` and `pipe` write: what was missed since a cursor, then what happens, each once and in order.
import type { Client, ConversationView, Message } from '../client/api.js';
import type { Say } from './catalogue/translate.js';
import { failureJson, failureOf } from './failure.js';
import { conversationJson, messageJson } from './format/json-shapes.js';

type Write = (event: unknown) => void;

export interface EventOptions {
  readonly say: Say;
  /** Conversations to keep to, as the person wrote them; none means all. */
  readonly only: readonly string[];
  /** Continue after this cursor; without it from now on. */
  readonly since?: string | undefined;
  readonly write: Write;
}

/** What is let through. Presence and contacts pass for the persons named. */
class Filter {
  readonly #ids = new Set<number>();
  readonly #names = new Set<string>();
  readonly #isOpen: boolean;

  constructor(conversations: readonly ConversationView[]) {
    this.#isOpen = conversations.length === 0;
    for (const one of conversations) {
      this.#ids.add(one.id);
      this.#names.add(one.name);
    }
  }

  conversation(conv: number | null, name: string): boolean {
    return this.#isOpen || (conv === null ? this.#names.has(name) : this.#ids.has(conv));
  }

  person(username: string): boolean {
    return this.#isOpen || this.#names.has(`@${username}`);
  }
}

/** Steps that wait until the past has been told, then happen at once. */
class Turns {
  #waiting: (() => void)[] | null = [];

  take(step: () => void): void {
    if (this.#waiting === null) step();
    else this.#waiting.push(step);
  }

  open(): void {
    const steps = this.#waiting ?? [];
    this.#waiting = null;
    steps.forEach((step) => step());
  }
}

/** Subscribes to the events that pass and are not repeated; returns the undos. */
function subscribePassing(client: Client, filter: Filter, say: Say, write: Write): (() => void)[] {
  return [
    client.on('receipt', ({ conv, ...receipt }) => {
      if (filter.conversation(conv, receipt.conversation)) write({ type: 'receipt', ...receipt });
    }),
    client.on('typing', ({ conv, ...typing }) => {
      if (filter.conversation(conv, typing.conversation)) write({ type: 'typing', ...typing });
    }),
    client.on('presence', (presence) => {
      if (filter.person(presence.user)) write({ type: 'presence', ...presence });
    }),
    client.on('friend', ({ user, added }) => {
      if (filter.person(user.username)) write({ type: 'friend', user: user.username, added });
    }),
    client.on('conversation', ({ conversation }) => {
      const passes = filter.conversation(conversation.id, conversation.name);
      if (conversation.kind !== 'group' || !passes) return;
      write({ type: 'group', group: conversationJson(conversation, say) });
    }),
    client.on('call', ({ call }) => {
      if (!filter.conversation(null, call.conversation)) return;
      const tell = (state: string, reason: string | null): void => {
        const { id, conversation, by: from, media } = call;
        write({ type: 'call', call: { id, conversation, from, media, state, reason } });
      };
      tell('ringing', null);
      call.on('ended', ({ reason }) => tell('ended', reason));
    }),
    client.on('key-changed', ({ user }) => {
      if (filter.person(user.username)) write({ type: 'key-changed', user: user.username });
    }),
    client.on('connection', ({ state, error, retryInMs }) => {
      const failure = error && failureJson(failureOf(error, say));
      write({ type: 'connection', state, error: failure, retryInMs });
    }),
  ];
}

type MessageEventType = 'message' | 'message-updated';

/**
 * Writes `ready`, then the events. Resolves once the past has been written; the returned function ends it.
 * Live events that come while the past is read wait for their turn.
 */
export async function streamEvents(client: Client, options: EventOptions): Promise<() => void> {
  const { say, write } = options;
  const filter = new Filter(await Promise.all(options.only.map((name) => client.conversation(name))));
  const turns = new Turns();
  const past = new Set<string>();
  const tell = (type: MessageEventType, message: Message, cursor: string): void => {
    if (!filter.conversation(message.conv, message.conversation)) return;
    write({ type, message: messageJson(message, say), cursor });
  };
  /** A live event that the past has shown already has one of the past's cursors. */
  const live = (type: MessageEventType, message: Message, cursor: string): void => {
    turns.take(() => {
      if (!past.has(cursor)) tell(type, message, cursor);
    });
  };
  const undo = [
    client.on('message', ({ message, cursor }) => live('message', message, cursor)),
    client.on('message-updated', ({ message, cursor }) => live('message-updated', message, cursor)),
    ...subscribePassing(client, filter, say, (event) => turns.take(() => write(event))),
  ];
  if (options.since === undefined) await client.synced();
  const since = options.since ?? (await client.cursor());
  write({ type: 'ready', cursor: since });
  for await (const { type, message, cursor } of client.replay(since)) {
    past.add(cursor);
    tell(type, message, cursor);
  }
  turns.open();
  past.clear();
  return () => undo.forEach((one) => one());
}

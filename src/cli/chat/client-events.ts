// Turns what the client tells into actions and into work to do; one undo ends all of it.
import type { Client, ClientEvents, Message } from '../../client/api.js';
import type { Action } from './actions.js';

/** Somebody who types is told so every few seconds; without news they have stopped. */
const typingLastsMs = 8000;

export interface ClientListener {
  dispatch(action: Action): void;
  now(): number;
  /** A message came that may want attention: a bell, its picture, a read receipt. */
  arrived(message: Message): void;
  /** Delivery states in this conversation may have changed. */
  receipts(conv: number): void;
  /** The list of conversations may differ from what is shown. */
  listChanged(): void;
  /** The connection is back: what is shown may be old. */
  cameOnline(): void;
  connection(event: ClientEvents['connection']): void;
  sessionEnded(event: ClientEvents['session-ended']): void;
  keyChanged(username: string): void;
  /** Messages that are shown may be gone from the server. */
  restored(): void;
}

export function listenTo(client: Client, to: ClientListener): () => void {
  const undo = [
    client.on('message', ({ message }) => {
      to.dispatch({ type: 'message-arrived', message });
      to.arrived(message);
    }),
    client.on('message-updated', ({ message }) => {
      to.dispatch({ type: 'message-changed', message });
      // What is deleted is not unread any more.
      if (message.deleted && !message.mine) to.listChanged();
    }),
    client.on('outbox', ({ message }) => to.dispatch({ type: 'message-changed', message })),
    client.on('receipt', ({ conv }) => to.receipts(conv)),
    client.on('typing', ({ conv, user, on }) => {
      const nowMs = to.now();
      to.dispatch({ type: 'ticked', nowMs });
      to.dispatch({ type: 'typing', conv, user, untilMs: on ? nowMs + typingLastsMs : null });
    }),
    client.on('presence', (presence) => to.dispatch({ type: 'presence', ...presence })),
    client.on('friend', ({ user, added }) => to.dispatch({ type: 'friend-changed', user, added })),
    client.on('conversation', ({ conversation }) => {
      to.dispatch({ type: 'conversation-changed', conversation });
      to.listChanged();
    }),
    client.on('profile', () => to.listChanged()),
    client.on('key-changed', ({ user }) => to.keyChanged(user.username)),
    client.on('restored', () => to.restored()),
    client.on('connection', (event) => {
      to.connection(event);
      if (event.state === 'online') to.cameOnline();
    }),
    client.on('session-ended', (event) => to.sessionEnded(event)),
  ];
  return () => undo.forEach((one) => one());
}

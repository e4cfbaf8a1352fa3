// What the server tells unasked: kept in the directory, handed to the local copy, told to listeners.
import type { Push, PushBody } from '../protocol/messages.js';
import type { Calls } from './calls/calls.js';
import type { Conversations } from './conversations.js';
import type { Core } from './core.js';
import type { People } from './people.js';
import { isoTime } from './view.js';

export interface PushParts {
  core: Core;
  people: People;
  conversations: Conversations;
  calls: Calls;
}

export function handlePush(parts: PushParts, push: Push): void {
  const { core } = parts;
  core.transfers.onPush(push);
  parts.calls.onPush(push);
  noteAndTell(parts, push);
  core.live?.onPush(push);
}

function noteAndTell(parts: PushParts, push: Push): void {
  const { core } = parts;
  switch (push.type) {
    case 'conversation':
      conversationChanged(parts, push.body);
      return;
    case 'receipts':
      receiptsChanged(parts, push.body);
      return;
    case 'typing':
      core.emitter.emit('typing', {
        conversation: core.directory.conversationName(push.body.conv),
        conv: push.body.conv,
        user: core.directory.nameOf(push.body.user),
        on: push.body.on,
      });
      return;
    case 'presence':
      core.directory.putPresence([push.body]);
      core.emitter.emit('presence', {
        user: core.directory.nameOf(push.body.user),
        online: push.body.online,
        lastSeenAt: push.body.lastSeenAt === null ? null : isoTime(push.body.lastSeenAt),
      });
      return;
    case 'user':
      core.directory.putUser(push.body.user);
      if (push.body.user.id === core.me?.id) core.me = { ...core.me, ...push.body.user };
      core.emitter.emit('profile', push.body);
      return;
    case 'friend':
      core.directory.putUser(push.body.user);
      core.directory.setFriend(push.body.user.id, push.body.added);
      core.emitter.emit('friend', push.body);
      return;
    case 'block':
      parts.people.blockChanged(push.body.user, push.body.blocked);
      return;
    case 'event':
    case 'call.incoming':
    case 'call.state':
    case 'call.key':
    case 'call.way':
    case 'call.ended':
    case 'file.progress':
    case 'file.end':
    case 'file.failed':
    case 'closing':
      return;
  }
}

function conversationChanged({ core, conversations }: PushParts, body: PushBody<'conversation'>): void {
  core.directory.putUsers(body.users);
  core.directory.putConversation(body.conversation);
  // The view is made when it is told, from the state of that moment.
  void conversations
    .view(body.conversation)
    .then((conversation) => core.emitter.emit('conversation', { conversation }))
    .catch(() => undefined);
}

function receiptsChanged({ core, conversations }: PushParts, body: PushBody<'receipts'>): void {
  for (const { user, delivered, read } of body.receipts) {
    conversations.noteReceipt(body.conv, user, delivered, read);
    core.emitter.emit('receipt', {
      conversation: core.directory.conversationName(body.conv),
      conv: body.conv,
      user: core.directory.nameOf(user),
      delivered,
      read,
    });
  }
}

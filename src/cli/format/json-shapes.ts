// The shapes that --json, `pipe` and `listen` write; docs/CLI.md promises their keys.
import type { ConversationView, Message } from '../../client/api.js';
import type { SessionInfo, User } from '../../protocol/shapes.js';
import type { Say } from '../catalogue/translate.js';
import { isNote, noteText } from '../chat/message-text.js';

/** A message; a system message gets its sentence as text. */
export function messageJson(message: Message, say: Say): unknown {
  const { file, poll } = message;
  return {
    id: message.id,
    seq: message.seq,
    conversation: message.conversation,
    from: message.from,
    kind: message.kind,
    text: isNote(message) ? noteText(message, say) : message.text,
    sentAt: message.sentAt,
    editedAt: message.editedAt,
    deleted: message.deleted,
    replyTo: message.replyTo,
    file: file && { name: file.name, size: file.size, type: file.type, sha256: file.sha256 },
    reactions: message.reactions,
    poll: poll && { question: poll.question, options: poll.options, mine: poll.mine },
    call: message.call,
    state: message.state,
    mine: message.mine,
    conv: message.conv,
    quoted: message.quoted,
    system: message.system,
    error: message.error,
  };
}

export function messagesJson(messages: readonly Message[], say: Say): unknown[] {
  return messages.map((message) => messageJson(message, say));
}

export function personJson(user: User): Record<string, unknown> {
  return { ...user };
}

export function conversationJson(conversation: ConversationView, say: Say): unknown {
  const { name, last, peer, ...rest } = conversation;
  return {
    conversation: name,
    ...rest,
    peer: peer && personJson(peer),
    last: last && messageJson(last, say),
  };
}

export function sessionJson(session: SessionInfo): unknown {
  return {
    ...session,
    createdAt: new Date(session.createdAt).toISOString(),
    lastSeenAt: new Date(session.lastSeenAt).toISOString(),
  };
}

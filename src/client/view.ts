// From reduced messages and wire conversations to what people and bots see: names instead of ids, states, quotes.
import type { Conversation } from '../protocol/shapes.js';
import type { ControlPayload } from '../protocol/payload.js';
import type { ConversationView, MemberView, Message, PollView, SystemNote } from './api.js';
import type { Directory } from './directory.js';
import { classOf, excerpt, type Reduced } from './reducer.js';

const pictureTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function isPictureType(type: string): boolean {
  return pictureTypes.has(type);
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Every user id that showing these messages needs a name for. */
export function peopleIn(messages: readonly Reduced[]): Set<number> {
  const ids = new Set<number>();
  for (const { event, control, reactions, votes } of messages) {
    ids.add(event.from);
    for (const users of reactions.values()) for (const user of users) ids.add(user);
    for (const user of votes.keys()) ids.add(user);
    if (control?.kind === 'created') for (const user of control.members) ids.add(user);
    if (control?.kind === 'joined') for (const user of control.users) ids.add(user);
    if (control?.kind === 'left' || control?.kind === 'admin') ids.add(control.user);
  }
  return ids;
}

/** `quoted` is the message that this one replies to, when known. */
export function viewMessage(directory: Directory, reduced: Reduced, quoted: Reduced | null): Message {
  const { event, payload, text, editedAt, deleted, deletedSeq } = reduced;
  const names = (users: readonly number[]): string[] => users.map((user) => directory.nameOf(user));
  return {
    id: event.id,
    seq: event.seq,
    conversation: directory.conversationName(event.conv),
    conv: event.conv,
    from: directory.nameOf(event.from),
    mine: event.from === directory.me,
    kind: kindOf(reduced),
    text,
    sentAt: isoTime(event.at),
    editedAt: editedAt === null ? null : isoTime(editedAt),
    deleted,
    expired: deleted && deletedSeq === 0,
    replyTo: classOf(event) === 'message' ? (event.target ?? null) : null,
    quoted: quoted && { from: directory.nameOf(quoted.event.from), text: excerpt(quoted) },
    file: payload?.kind === 'file' ? payload.file : null,
    reactions: Object.fromEntries([...reduced.reactions].map(([emoji, users]) => [emoji, names(users)])),
    poll: pollView(directory, reduced),
    call: reduced.control?.kind === 'call' ? callView(reduced.control, event.from === directory.me) : null,
    system:
      reduced.control && reduced.control.kind !== 'call'
        ? systemNote(directory, event.from, reduced.control)
        : null,
    state: stateOf(directory, event.conv, event.from, event.seq),
    error: null,
  };
}

function kindOf({ event, payload, control }: Reduced): Message['kind'] {
  if (classOf(event) === 'control') return control?.kind === 'call' ? 'call' : 'system';
  if (payload?.kind === 'file') return isPictureType(payload.file.type) ? 'image' : 'file';
  return payload?.kind ?? 'text';
}

function pollView(directory: Directory, { payload, votes }: Reduced): PollView | null {
  if (payload?.kind !== 'poll') return null;
  return {
    question: payload.question,
    options: payload.options.map((text, option) => {
      const voters = [...votes].filter(([, vote]) => vote === option).map(([user]) => directory.nameOf(user));
      return { text, votes: voters.length, voters };
    }),
    mine: votes.get(directory.me) ?? null,
  };
}

type CallPayload = Extract<ControlPayload, { kind: 'call' }>;

/** Whoever was called and did not answer has missed a call, whatever the reason. */
function callView({ media, outcome, durationMs }: CallPayload, mine: boolean): Message['call'] {
  const missed = !mine && (outcome === 'cancelled' || outcome === 'busy');
  return { media, outcome: missed ? 'missed' : outcome, durationMs };
}

function systemNote(
  directory: Directory,
  from: number,
  control: Exclude<ControlPayload, CallPayload>,
): SystemNote {
  const by = directory.nameOf(from);
  const name = (user: number): string => directory.nameOf(user);
  switch (control.kind) {
    case 'created':
      return { event: 'created', by, name: control.name, users: control.members.map(name) };
    case 'joined':
      return { event: 'joined', by, users: control.users.map(name) };
    case 'left':
      return { event: control.user === from ? 'left' : 'removed', by, user: name(control.user) };
    case 'renamed':
      return { event: 'renamed', by, name: control.name };
    case 'admin':
      return { event: 'admin', by, user: name(control.user) };
  }
}

/** How far a message has come: one's own with all other members, others' with this account. */
function stateOf(
  directory: Directory,
  conv: number,
  from: number,
  seq: number,
): 'sent' | 'delivered' | 'read' {
  const members = directory.conversations.get(conv)?.members ?? [];
  if (from !== directory.me) {
    const mine = members.find((member) => member.user === directory.me);
    return (mine?.read ?? 0) >= seq ? 'read' : 'delivered';
  }
  const others = members.filter((member) => member.user !== directory.me);
  if (others.length === 0) return 'sent';
  if (others.every((member) => member.read >= seq)) return 'read';
  return others.every((member) => member.delivered >= seq) ? 'delivered' : 'sent';
}

export function viewConversation(
  directory: Directory,
  conversation: Conversation,
  state: { unread: number; last: Message | null },
): ConversationView {
  const peer = directory.peerOf(conversation);
  return {
    id: conversation.id,
    name: directory.conversationName(conversation.id),
    kind: conversation.kind,
    members: conversation.members.map((member): MemberView => {
      const presence = directory.presence.get(member.user);
      const lastSeenAt = presence?.lastSeenAt ?? null;
      return {
        username: directory.nameOf(member.user),
        id: member.user,
        admin: member.admin,
        online: presence?.online ?? false,
        lastSeenAt: lastSeenAt === null ? null : isoTime(lastSeenAt),
      };
    }),
    peer: peer === null ? null : (directory.users.get(peer) ?? null),
    inContacts: peer === null || directory.friends.has(peer),
    admin: directory.isAdmin(conversation.id, directory.me),
    unread: state.unread,
    hidden: conversation.hidden,
    muted: conversation.muted,
    left: conversation.left,
    firstSeq: conversation.firstSeq,
    lastSeq: conversation.lastSeq,
    call: conversation.call ?? null,
    last: state.last,
  };
}

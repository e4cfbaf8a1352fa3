// Slash commands about messages: reply, edit, delete, react, polls, files.
import { basename, dirname, join } from 'node:path';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Message } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import { safeFileName } from '../../protocol/names.js';
import { because } from '../../protocol/reasons.js';
import type { Key } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { restAfter } from './command-line.js';
import { usage, type ChatContext } from './context.js';
import { fetchWithProgress } from './files.js';
import { reactionWords } from './reactions.js';
import { table } from './slash-command.js';
import { currentConversation, currentThread } from './state.js';
import { targetOf } from './threads.js';

/** The name of the open conversation; throws when none is. */
export function openName(context: ChatContext): string {
  const conversation = currentConversation(context.state);
  if (conversation === null) throw usage(context.say('chat.open-first'));
  return conversation.name;
}

/** The selected message, or the newest that fits; throws with what was looked for. */
export function target(context: ChatContext, missing: Key, fits: (message: Message) => boolean): Message {
  const found = targetOf(currentThread(context.state), (message) => !message.deleted && fits(message));
  if (found === null) throw usage(context.say(missing));
  return found;
}

/** What a reply or a reaction means: the selected message, else the newest of somebody else. */
function answered(context: ChatContext, missing: Key): Message {
  const hasSelection = currentThread(context.state).selected !== null;
  return target(
    context,
    missing,
    (one) => one.kind !== 'system' && one.seq !== null && (hasSelection || !one.mine),
  );
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function changed(context: ChatContext, message: Message): void {
  context.dispatch({ type: 'message-changed', message });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** Where a file is saved: in the folder that is named, or under that name in one that is there. */
async function savePath(path: string, name: string): Promise<string> {
  if (await isFolder(path)) return join(path, name);
  const folder = /[/\\]$/.test(path) ? path : dirname(path);
  if (!(await isFolder(folder)))
    throw new PytalkError('file-unwritable', { details: { path, ...because('no-such-folder') } });
  return path;
}

/** What its name calls a picture is one for its sender, also when it cannot be shown. */
const pictureName = /\.(?:png|jpe?g|gif|webp)$/i;

export const messageCommands = table([
  {
    name: 'reply',
    words: ['none'],
    least: 0,
    async run(context, line) {
      const message = answered(context, 'chat.no-reply-target');
      if (line.rest === '') context.dispatch({ type: 'replying', id: message.id });
      else {
        const reply = await context.client.send(openName(context), {
          text: line.rest,
          replyTo: message.id,
        });
        context.dispatch({ type: 'message-arrived', message: reply });
        context.dispatch({ type: 'scrolled-to-end' });
      }
    },
  },
  {
    name: 'edit',
    words: ['none'],
    least: 0,
    async run(context, line) {
      const message = target(
        context,
        'chat.no-edit-target',
        (one) => one.mine && one.text !== null && one.kind !== 'poll',
      );
      if (line.rest === '') context.dispatch({ type: 'editing', id: message.id, text: message.text ?? '' });
      else changed(context, await context.client.edit(message.id, line.rest));
    },
  },
  {
    name: 'delete',
    words: ['none'],
    least: 0,
    async run(context) {
      const isAdmin = currentConversation(context.state)?.admin ?? false;
      const hasSelection = currentThread(context.state).selected !== null;
      const message = target(
        context,
        'chat.no-delete-target',
        (one) => one.kind !== 'system' && (one.mine || (isAdmin && hasSelection)),
      );
      if (message.seq !== null) changed(context, await context.client.delete(message.id));
      else {
        await context.client.discard(message.id);
        if (message.conv !== null)
          context.dispatch({ type: 'message-discarded', conv: message.conv, id: message.id });
      }
    },
  },
  {
    name: 'react',
    words: ['reaction'],
    least: 1,
    async run(context, line) {
      const message = answered(context, 'chat.no-react-target');
      const emoji = reactionWords[line.rest.toLowerCase()] ?? line.rest;
      const isOwn = message.reactions[emoji]?.includes(context.state.me ?? '') ?? false;
      const wanted = line.rest === 'none' || isOwn ? null : emoji;
      changed(context, await context.client.react(message.id, wanted));
    },
  },
  {
    name: 'poll',
    words: ['none'],
    least: 1,
    async run(context, line) {
      const [question = '', ...options] = line.rest.split('|').map((part) => part.trim());
      const named = options.filter((option) => option !== '');
      if (question === '' || named.length < 2) throw usage(context.say('chat.poll-usage'));
      await context.client.createPoll(openName(context), question, named);
    },
  },
  {
    name: 'vote',
    words: ['none'],
    least: 1,
    async run(context, line) {
      const message = target(context, 'chat.no-poll-target', (one) => one.poll !== null);
      const option = Number.parseInt(line.rest, 10);
      if (!/^\d+$/.test(line.rest) || option > (message.poll?.options.length ?? 0))
        throw new PytalkError('not-a-poll');
      const isOwn = message.poll?.mine === option - 1;
      changed(context, await context.client.vote(message.id, option === 0 || isOwn ? null : option - 1));
    },
  },
  {
    name: 'file',
    words: ['path', 'none'],
    least: 1,
    async run(context, line, text) {
      const path = expandHome(line.words[0]?.text ?? '');
      const caption = restAfter(line, text, 1);
      const name = openName(context);
      context.info('chat.sending-file', { name: cleanLine(path) });
      const { kind } = await context.client.send(name, {
        file: path,
        ...(caption === '' ? {} : { text: caption }),
      });
      if (kind === 'file' && pictureName.test(path))
        context.info('chat.sent-as-file', { name: cleanLine(basename(path)) });
      else context.dispatch({ type: 'noticed', notice: null });
    },
  },
  {
    name: 'save',
    words: ['path'],
    least: 0,
    async run(context, line) {
      const message = target(context, 'chat.no-file-target', (one) => one.file !== null);
      const name = safeFileName(message.file?.name ?? '');
      const out = await savePath(expandHome(line.words[0]?.text ?? '.'), name);
      const saved = await fetchWithProgress(context, message.id, out);
      context.info('chat.saved', { path: cleanLine(saved) });
    },
  },
]);

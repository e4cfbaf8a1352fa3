// Slash commands about the view and the account: help, search, hide, mute, clear, read, quit.
import type { Message } from '../../client/api.js';
import { cleanLine } from '../clean-text.js';
import { openName } from './commands-messages.js';
import { usage, type ChatContext } from './context.js';
import { bodyText, momentText, previewText, said } from './message-text.js';
import { table } from './slash-command.js';
import { nameRole, span, type Line } from './spans.js';
import { currentConversation, currentThread } from './state.js';
import { textLines } from './styled-text.js';
import { targetOf } from './threads.js';

function resultLine(context: ChatContext, message: Message): Line {
  const { say } = context;
  return [
    span(`${momentText(message.sentAt, context.state.nowMs, say)}  `, 'dim'),
    span(`${cleanLine(message.conversation)}  `, 'accent'),
    span(`${said(message.from, say)} `, nameRole(message.from)),
    span(previewText(message, say)),
  ];
}

export const viewCommands = table([
  {
    name: 'search',
    words: ['none'],
    least: 1,
    async run(context, line) {
      const found = await context.client.search(line.rest, { limit: 100 });
      if (found.length === 0) {
        context.info('chat.found-none', { text: cleanLine(line.rest) });
        return;
      }
      const title = context.say.count('chat.found', found.length, { text: cleanLine(line.rest) });
      const lines = found.map((message) => resultLine(context, message));
      const choose = (row: number): void => {
        const message = found[row];
        if (message !== undefined) context.attempt(() => context.goTo(message));
      };
      context.page(title, () => lines, { choice: { at: 0, choose } });
    },
  },
  {
    name: 'show',
    words: [],
    least: 0,
    run(context) {
      const { state } = context;
      const message = targetOf(currentThread(state), (one) => !one.deleted && (one.text ?? '') !== '');
      if (message === null) throw usage(context.say('chat.nothing-to-show'));
      const title = `${cleanLine(message.from)}, ${momentText(message.sentAt, state.nowMs, context.say)}`;
      const text = bodyText(message);
      let last: { columns: number; lines: readonly Line[] } | null = null;
      context.page(title, (columns) => {
        if (last?.columns !== columns) last = { columns, lines: textLines(text, columns, state.me) };
        return last.lines;
      });
    },
  },
  {
    name: 'hide',
    words: [],
    least: 0,
    async run(context) {
      const conversation = currentConversation(context.state);
      const name = openName(context);
      await context.client.setHidden(name, !(conversation?.hidden ?? false));
      context.refreshList();
      context.info(conversation?.hidden === true ? 'chat.unhidden' : 'chat.hidden', {
        name: cleanLine(name),
      });
    },
  },
  {
    name: 'mute',
    words: ['mute'],
    least: 0,
    async run(context, line) {
      const what = line.rest === '' && context.calls.isOn ? 'mic' : line.rest;
      if (what === 'mic') {
        context.calls.mute();
        return;
      }
      if (what !== '' && what !== 'chat')
        throw usage(context.say('chat.command-usage', { usage: context.say('chat.usage.mute') }));
      const conversation = currentConversation(context.state);
      const name = openName(context);
      await context.client.setMuted(name, !(conversation?.muted ?? false));
      context.refreshList();
      context.info(conversation?.muted === true ? 'chat.unmuted' : 'chat.muted', { name: cleanLine(name) });
    },
  },
  {
    name: 'clear',
    words: ['none'],
    least: 0,
    async run(context, line) {
      const name = openName(context);
      if (line.rest !== 'yes' && line.rest !== 'oui') {
        context.info('chat.clear-sure', { name: cleanLine(name) });
        return;
      }
      await context.client.clear(name);
      const { current } = context.state;
      if (current !== null) context.dispatch({ type: 'cleared', conv: current });
      context.refreshList();
    },
  },
  {
    name: 'read',
    words: ['none'],
    least: 0,
    async run(context, line) {
      const all = line.rest === 'all' || line.rest === 'tout';
      const names = all
        ? context.state.conversations.filter((one) => one.unread > 0).map((one) => one.name)
        : [openName(context)];
      const isPrivate = !context.state.settings.readReceipts;
      for (const name of names) await context.client.markRead(name, undefined, isPrivate);
      context.refreshList();
    },
  },
  {
    name: 'logout',
    words: [],
    least: 0,
    run: (context) => context.logOut(),
  },
  {
    name: 'quit',
    words: [],
    least: 0,
    run: (context) => context.quit(),
  },
]);

// The slash command about safety numbers: shows the one with a person, and marks that it was compared.
import { cleanLine } from '../clean-text.js';
import { personOrPeer } from './commands-people.js';
import type { ChatContext } from './context.js';
import { table } from './slash-command.js';
import { span, type Line } from './spans.js';
import { wrap } from './text-width.js';

const yes = new Set(['yes', 'oui']);
const no = new Set(['no', 'non']);

async function showNumber(context: ChatContext, who: string): Promise<void> {
  const { say } = context;
  const { number, verified, changed } = await context.client.safetyNumber(who);
  const name = cleanLine(who);
  const groups = number.replace(/\s+/g, '').match(/\d{5}/g) ?? [];
  context.page(say('verify.title', { name }), (columns) => {
    const each = columns >= 28 ? 4 : 2;
    const rows = Array.from({ length: Math.ceil(groups.length / each) }, (_, row): Line => [
      span(`  ${groups.slice(row * each, (row + 1) * each).join(' ')}`, 'bold'),
    ]);
    const text = (words: string, role: 'good' | 'bad' | 'plain'): Line[] =>
      wrap(words, Math.max(10, columns)).map((row) => [span(row.text, role)]);
    return [
      [],
      ...rows,
      [],
      ...(changed ? text(say('verify.changed', { name }), 'bad') : []),
      ...(verified
        ? text(say('verify.verified', { name }), 'good')
        : text(say('chat.verify-how', { name }), 'plain')),
    ];
  });
}

export const safetyCommands = table([
  {
    name: 'verify',
    words: ['person', 'none'],
    least: 0,
    async run(context, line) {
      const words = line.words.map((word) => word.text);
      const answer = words.at(-1)?.toLowerCase() ?? '';
      const isAnswer = yes.has(answer) || no.has(answer);
      const who = personOrPeer(context, isAnswer ? words.at(-2) : words[0]);
      if (!isAnswer) {
        await showNumber(context, who);
        return;
      }
      await context.client.markVerified(who, yes.has(answer));
      context.info(yes.has(answer) ? 'verify.verified' : 'chat.unverified', { name: cleanLine(who) });
    },
  },
]);

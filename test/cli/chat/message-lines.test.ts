import t from 'tap';
import type { Message } from '../../../src/client/api.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { messageLines, type DrawContext } from '../../../src/cli/chat/message-lines.js';
import { lineWidth, toAnsi } from '../../../src/cli/chat/spans.js';
import { plainTheme as plain } from '../../../src/cli/chat/themes.js';
import { fakeMessage } from '../../support/fake-client.js';

function draw(message: Message, more: Partial<DrawContext> = {}, previous: Message | null = null): string[] {
  const context: DrawContext = {
    columns: 60,
    pictureRows: 8,
    say: sayIn('en'),
    nowMs: Date.UTC(2026, 2, 3, 12, 30),
    colours: '256',
    look: 'blocks',
    pictures: {},
    transfers: {},
    marker: null,
    selected: null,
    me: 'alice',
    ...more,
  };
  const lines = messageLines(message, previous, context);
  for (const line of lines) {
    if (lineWidth(line) > context.columns)
      throw new Error(`${lineWidth(line)} cells: ${toAnsi(line, plain)}`);
  }
  return lines.map((line) =>
    toAnsi(line, plain)
      .replace(/\u001b\[[0-9;]*m/g, '')
      .trimEnd(),
  );
}

const bob = { from: 'bob', conversation: '@bob' };

t.test('others are at the left under their name, one’s own at the right with the delivery state', (t) => {
  t.match(draw(fakeMessage({ ...bob, text: 'hi' })).slice(1), [/^ {2}bob$/, /^ {2}hi {2}\d\d:\d\d$/]);
  for (const [state, sign] of [
    ['queued', '○'],
    ['sent', '✓'],
    ['delivered', '✓✓'],
    ['read', '✔✔'],
  ] as const) {
    const [, line = ''] = draw(fakeMessage({ from: 'alice', mine: true, text: 'hi', state }));
    t.match(line, new RegExp(`^ {30,}hi {2}\\d\\d:\\d\\d ${sign}$`));
  }
  t.end();
});

t.test('what was refused says why', (t) => {
  const lines = draw(
    fakeMessage({
      from: 'alice',
      mine: true,
      text: 'hi',
      state: 'failed',
      error: { code: 'blocked', message: 'messages between you and bob are blocked' },
    }),
  );
  t.match(lines.join(' ').replace(/\s+/g, ' '), 'not sent: messages between you and bob are blocked');
  t.end();
});

t.test('one name stands above a run of messages, and a day line between days', (t) => {
  const first = fakeMessage({ ...bob, sentAt: '2026-03-02T12:00:00.000Z' });
  const next = fakeMessage({ ...bob, text: 'more', sentAt: '2026-03-02T12:01:00.000Z' });
  t.equal(draw(next, {}, first).length, 1);
  const later = fakeMessage({ ...bob, text: 'today', sentAt: '2026-03-03T12:00:00.000Z' });
  t.match(draw(later, {}, next), [/─ Today ─/, 'bob', 'today']);
  t.match(draw(first)[0], /─ Yesterday ─/);
  t.match(draw(fakeMessage({ ...bob, sentAt: '2025-01-02T12:00:00.000Z' }))[0], /Thursday,? 2 January 2025/);
  t.end();
});

t.test('edited, deleted, quoted, reacted: each is told', (t) => {
  const message = fakeMessage({
    ...bob,
    text: 'new text',
    editedAt: '2026-03-03T12:00:00.000Z',
    quoted: { from: 'alice', text: 'the question' },
    reactions: { '👍': ['alice', 'carol'], '🎉': ['carol'] },
  });
  const text = draw(message).join('\n');
  t.match(text, '│ alice: the question');
  t.match(text, 'new text');
  t.match(text, '👍 2●  🎉 1');
  t.match(text, 'edited');
  t.match(draw(fakeMessage({ ...bob, text: null, deleted: true })).join(' '), 'message deleted');
  const expired = fakeMessage({ ...bob, text: null, deleted: true, expired: true });
  t.match(draw(expired).join(' '), 'message no longer kept');
  t.end();
});

t.test('files show name, size and progress; polls their votes; events of the group a sentence', (t) => {
  const file = { name: 'a\u001b[2Jb.pdf', size: 2_345_678, type: 'application/pdf', sha256: 'a'.repeat(64) };
  const sent = fakeMessage({ ...bob, kind: 'file', text: null, file });
  t.match(draw(sent).join('\n'), '▤ ab.pdf · 2.3 MB');
  t.match(draw(sent, { transfers: { [sent.id]: 42 } }).join('\n'), '████░░░░░░ 42 %');
  const poll = {
    question: 'Where?',
    options: [
      { text: 'Here', votes: 3, voters: ['bob', 'carol', 'alice'] },
      { text: 'There', votes: 1, voters: ['dave'] },
    ],
    mine: 0,
  };
  const asked = draw(fakeMessage({ ...bob, kind: 'poll', text: null, poll })).join('\n');
  t.match(asked, /1 ● Here\n.*████████░░ 3 {2}bob, carol, alice/);
  t.match(asked, /2 ○ There\n.*███░░░░░░░ 1 {2}dave/);
  const system = { event: 'removed', by: 'alice', user: 'bob' } as const;
  t.match(draw(fakeMessage({ ...bob, kind: 'system', text: null, system }))[1], 'alice removed bob');
  t.end();
});

t.test('no line is wider than its pane, at any width, whatever is written', (t) => {
  const text = `${'漢字'.repeat(40)} ${'wide '.repeat(30)}👨‍👩‍👧 ${'x'.repeat(200)}`;
  const file = { name: 'n'.repeat(200), size: 1, type: 'x/y', sha256: 'a'.repeat(64) };
  for (const columns of [12, 20, 33, 57, 80, 165]) {
    for (const mine of [true, false]) {
      const message = fakeMessage({
        from: mine ? 'alice' : 'b'.repeat(32),
        mine,
        text,
        file,
        quoted: { from: 'bob', text },
      });
      t.doesNotThrow(() => draw(message, { columns, marker: message.id, selected: message.id }));
    }
  }
  t.end();
});

t.test('what a long text was cut by is what its end counts: lines, or characters', (t) => {
  const lines = draw(fakeMessage({ ...bob, text: 'a\n'.repeat(21) + 'a' })).join('\n');
  t.match(lines, '… 22 lines in all');
  t.match(draw(fakeMessage({ ...bob, text: 'word '.repeat(400) })).join('\n'), /… \d+ characters in all/);
  t.end();
});

// The reduction of a log to messages: who may change what, and that every way of fetching gives the same.
import fc from 'fast-check';
import t from 'tap';
import {
  adminHistory,
  classOf,
  excerpt,
  reduceMessage,
  reducePage,
  searchableText,
  type Reduced,
} from '../../src/client/reducer.js';
import { encodePayload, type Payload } from '../../src/protocol/payload.js';
import type { LogEvent } from '../../src/protocol/shapes.js';

const conv = 1;
const nobody = (): boolean => false;

function uuid(seq: number): string {
  return `00000000-0000-7000-8000-${String(seq).padStart(12, '0')}`;
}

function message(seq: number, from: number, payload: Payload | string, target?: number): LogEvent {
  const text = typeof payload === 'string' ? payload : encodePayload(payload);
  return {
    conv,
    seq,
    id: uuid(seq),
    from,
    at: 1000 * seq,
    payload: text,
    ...(target !== undefined && { target: uuid(target) }),
  };
}

function update(seq: number, from: number, target: number, payload: Payload | string): LogEvent {
  return { ...message(seq, from, payload, target), class: 'update' };
}

function control(seq: number, from: number, payload: Payload): LogEvent {
  return { ...message(seq, from, payload), class: 'control' };
}

const text = (words: string): Payload => ({ kind: 'text', text: words });
const poll: Payload = { kind: 'poll', question: 'When?', options: ['now', 'later'] };

t.test(
  'an edit counts from the author only, the last one wins, whatever the order of fetching',
  async (t) => {
    const hello = message(1, 1, text('hello'));
    const updates = [
      update(4, 1, 1, { kind: 'edit', text: 'third' }),
      update(2, 1, 1, { kind: 'edit', text: 'second' }),
      update(5, 2, 1, { kind: 'edit', text: 'mine now' }),
      update(6, 1, 9, { kind: 'edit', text: 'of another message' }),
      update(7, 1, 1, { kind: 'edit', text: '' }),
    ];
    const reduced = reduceMessage(hello, updates, nobody);
    t.equal(reduced.text, 'third');
    t.equal(reduced.editedAt, 4000);
  },
);

t.test('a caption may be edited away, a poll may not be edited', async (t) => {
  const file = { name: 'a.png', size: 1, type: 'image/png', sha256: 'a'.repeat(64) };
  const picture = message(1, 1, { kind: 'file', file, text: 'look' });
  t.equal(reduceMessage(picture, [], nobody).text, 'look');
  const bare = reduceMessage(picture, [update(2, 1, 1, { kind: 'edit', text: '' })], nobody);
  t.equal(bare.text, null);
  t.equal(bare.payload?.kind, 'file');
  t.equal(searchableText(bare).trim(), 'a.png');
  t.equal(excerpt(bare), 'a.png');
  const edited = reduceMessage(message(1, 1, poll), [update(2, 1, 1, { kind: 'edit', text: 'x' })], nobody);
  t.equal(edited.editedAt, null);
  t.equal(excerpt(edited), 'When?');
});

t.test('each member has one reaction, in order of arrival; null takes it back', async (t) => {
  const react = (seq: number, from: number, emoji: string | null): LogEvent =>
    update(seq, from, 1, { kind: 'reaction', emoji });
  const updates = [
    react(2, 2, '👍'),
    react(3, 3, '❤️'),
    react(4, 4, '👍'),
    react(5, 2, '❤️'),
    react(6, 4, '👍'),
  ];
  const { reactions } = reduceMessage(message(1, 1, text('x')), updates, nobody);
  t.same(
    [...reactions],
    [
      ['❤️', [3, 2]],
      ['👍', [4]],
    ],
  );
  const less = reduceMessage(message(1, 1, text('x')), [...updates, react(7, 4, null)], nobody);
  t.same([...less.reactions], [['❤️', [3, 2]]]);
});

t.test(
  'the last vote of each member counts; one for an option that is not there is passed over',
  async (t) => {
    const vote = (seq: number, from: number, option: number | null): LogEvent =>
      update(seq, from, 1, { kind: 'vote', option });
    const updates = [vote(2, 2, 0), vote(3, 3, 1), vote(4, 2, 1), vote(5, 4, 7), vote(6, 3, null)];
    t.same([...reduceMessage(message(1, 1, poll), updates, nobody).votes], [[2, 1]]);
    t.same([...reduceMessage(message(1, 1, text('x')), updates, nobody).votes], []);
  },
);

t.test(
  'the author deletes, an admin of that time deletes, others do not; nothing is left then',
  async (t) => {
    const secret = message(1, 1, text('secret'));
    const more = [
      update(2, 1, 1, { kind: 'edit', text: 'more' }),
      update(3, 2, 1, { kind: 'reaction', emoji: '👍' }),
    ];
    const by = (from: number): LogEvent[] => [...more, update(4, from, 1, { kind: 'delete' })];
    const gone = reduceMessage(secret, by(1), nobody);
    t.match(gone, { deleted: true, payload: null, text: null, editedAt: null });
    t.equal(gone.reactions.size, 0);
    t.equal(searchableText(gone), '');
    t.equal(reduceMessage(secret, by(2), nobody).text, 'more');
    t.equal(reduceMessage(secret, by(2), (user, seq) => user === 2 && seq === 4).deleted, true);
    t.equal(reduceMessage(message(1, 1, ''), by(2), nobody).deleted, true, 'the server has erased it');
  },
);

t.test('what cannot be read is a message all the same', async (t) => {
  for (const payload of ['{', '{"kind":"hologram"}', '{"kind":"text"}', 'null']) {
    t.match(reduceMessage(message(1, 1, payload), [], nobody), { payload: null, text: null, deleted: false });
  }
  const updates = [update(2, 1, 1, '{"kind":"wobble"}')];
  t.equal(reduceMessage(message(1, 1, text('x')), updates, nobody).text, 'x');
});

t.test('a message with an update that was emptied for its age has no last wording', async (t) => {
  const held = message(1, 1, text('x'));
  const emptied = update(2, 1, 1, '');
  t.match(reduceMessage(held, [emptied], nobody), { deleted: true, deletedSeq: 0, text: null });
  const deletion = update(3, 1, 1, { kind: 'delete' });
  t.equal(reduceMessage(held, [emptied, deletion], nobody).deletedSeq, 3, 'somebody has deleted it');
});

t.test(
  'who was an admin follows from the control events, and from today where they are silent',
  async (t) => {
    const controls = [
      control(1, 1, { kind: 'created', name: 'team', members: [1, 2, 3] }),
      control(5, 1, { kind: 'admin', user: 2 }),
      control(9, 2, { kind: 'left', user: 2 }),
      control(12, 1, { kind: 'joined', users: [2] }),
    ];
    const wasAdmin = adminHistory(controls, (user) => user === 1 || user === 7);
    t.same(
      [wasAdmin(1, 3), wasAdmin(2, 4), wasAdmin(2, 6), wasAdmin(2, 10), wasAdmin(2, 13)],
      [true, false, true, false, false],
    );
    t.same([wasAdmin(3, 20), wasAdmin(7, 20)], [false, true]);
  },
);

/** A log as members may make it, wrong updates and all; deletes by those who may erase, as the server does. */
const anyLog = fc
  .array(
    fc.record({
      from: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom('text', 'poll', 'edit', 'reaction', 'vote', 'delete'),
      target: fc.nat(),
      word: fc.constantFrom('a', 'b', ''),
      option: fc.option(fc.integer({ min: 0, max: 3 })),
      emoji: fc.option(fc.constantFrom('👍', '❤️')),
    }),
    { maxLength: 40 },
  )
  .map((steps) =>
    steps.map(({ from, kind, target, word, option, emoji }, index): LogEvent => {
      const seq = index + 1;
      const aim = 1 + (target % Math.max(1, index + 2));
      switch (kind) {
        case 'text':
          return message(seq, from, text(word === '' ? 'c' : word));
        case 'poll':
          return message(seq, from, poll);
        case 'edit':
          return update(seq, from, aim, { kind: 'edit', text: word });
        case 'reaction':
          return update(seq, from, aim, { kind: 'reaction', emoji });
        case 'vote':
          return update(seq, from, aim, { kind: 'vote', option });
        case 'delete':
          return update(seq, from, aim, { kind: 'delete' });
      }
    }),
  );

/** User 3 is the admin of this group. */
const admin = (user: number): boolean => user === 3;

function comparable(messages: readonly Reduced[]): unknown {
  return messages.map(({ event, text: words, deleted, editedAt, reactions, votes, payload }) => ({
    id: event.id,
    words,
    deleted,
    editedAt,
    payload,
    reactions: [...reactions],
    votes: [...votes],
  }));
}

/** The log as the server holds it at the end: payloads of deleted messages are gone. */
function erased(log: readonly LogEvent[]): LogEvent[] {
  return log.map((event) => {
    const deletes = log.filter(
      ({ target, payload }) => target === event.id && payload === '{"kind":"delete"}',
    );
    const allowed = deletes.some(({ from, seq }) => seq > event.seq && (from === event.from || admin(from)));
    return allowed && classOf(event) === 'message' ? { ...event, payload: '' } : event;
  });
}

t.test('any split into pages with their later updates reduces to the same messages', async () => {
  fc.assert(
    fc.property(
      anyLog,
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      fc.boolean(),
      (log, sizes, late) => {
        const whole = comparable(reducePage(log, [], admin));
        // Fetched after the fact, deleted messages come without their content.
        const held = late ? erased(log) : log;
        const pages: Reduced[] = [];
        for (let start = 0, page = 0; start < held.length; page++) {
          const size = sizes[page % sizes.length] ?? 1;
          const events = held.slice(start, start + size);
          const ids = new Set(events.map(({ id }) => id));
          const later = held
            .slice(start + size)
            .filter((event) => classOf(event) === 'update' && ids.has(event.target ?? ''));
          pages.push(...reducePage(events, late ? later.reverse() : [...later, ...later], admin));
          start += size;
        }
        return JSON.stringify(comparable(pages)) === JSON.stringify(whole);
      },
    ),
    { numRuns: 500 },
  );
});

// What every storage promises, whichever driver it runs on.
import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type t from 'tap';
import type { Test } from 'tap';
import { openStorage } from '../../../src/server/storage/open.js';
import type { PageQuery, Storage, StoredEvent, Write } from '../../../src/server/storage/storage.js';
import type { SqliteDriver } from '../../../src/sqlite/database.js';
import {
  someAccount,
  someEvent,
  someEventId,
  someGroup,
  someMember,
  someSession,
  temporaryStorage,
} from '../../support/storage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type Tap = Pick<typeof t, 'test'>;

/** A query that bounds nothing. */
export function everything(conv: number, set: Partial<PageQuery> = {}): PageQuery {
  return { conv, firstSeq: 1, lastSeq: 1_000_000, limit: 1000, budgetBytes: 1_000_000_000, ...set };
}

function events(...list: StoredEvent[]): Write[] {
  return list.map((event) => ({ do: 'event', event }));
}

const seqs = (list: readonly StoredEvent[]): number[] => list.map((event) => event.seq);
const sha = (letter: string): string => letter.repeat(64);
const constraint = { name: 'StorageError', reason: 'constraint' };

export function storageContract(tap: Tap, driver: SqliteDriver): void {
  const promise = (
    sentence: string,
    body: (test: Test, storage: Storage & { dataDir: string }) => Promise<void>,
  ) => {
    void tap.test(`${driver}: ${sentence}`, async (test) => {
      await body(test, await temporaryStorage(test, driver));
    });
  };

  promise('says which driver runs, and starts empty', async (test, storage) => {
    test.equal(storage.driver, driver);
    test.same(await storage.lastIds(), { user: 0, conversation: 0, session: 0 });
    test.equal(await storage.meta('setup'), null);
    test.equal(await storage.account(1), null);
    test.equal(await storage.conversation(1), null);
    test.same(await storage.eventsAfter(everything(1), 0), []);
    test.same(await storage.listConversations(), []);
    test.same(await storage.check(), []);
    const { bytes, ...counts } = await storage.statistics();
    test.same(counts, { users: 0, conversations: 0, events: 0, files: 0, fileBytes: 0 });
    test.ok(bytes > 0);
    await storage.commit([]);
    await storage.commit([[], []]);
  });

  promise(
    'stores as many events as a commit has, and gives them back as they were',
    async (test, storage) => {
      let seq = 0;
      for (const count of [1, 2, 63, 64, 65, 130, 300, 513]) {
        await storage.commit(Array.from({ length: count }, () => events(someEvent(1, ++seq))));
      }
      const found = await storage.eventsAfter(everything(1, { limit: 10_000 }), 0);
      test.same(
        found,
        Array.from({ length: seq }, (_, index) => someEvent(1, index + 1)),
      );
      const special = [
        someEvent(2, 1, {
          payload: 'é\n😀',
          files: [sha('a'), sha('b'), sha('a')],
          at: Number.MAX_SAFE_INTEGER,
        }),
        someEvent(2, 2, { class: 'update', target: someEventId(2, 1), from: 2 ** 40 }),
        someEvent(2, 3, { class: 'control', payload: '' }),
      ];
      await storage.commit([events(...special)]);
      test.same(await storage.eventsAfter(everything(2), 0), special);
      test.same(await storage.eventById(someEventId(2, 2)), special[1]);
      test.equal(await storage.eventById('nothing'), null);
      test.same(await storage.eventsByIds([someEventId(2, 3), 'nothing', someEventId(2, 1)]), [
        special[0],
        special[2],
      ]);
      test.same(
        await storage.envelopes(2, 2),
        special.slice(1).map((event) => ({ ...event, payload: '' })),
      );
      test.same(await storage.check(), []);
    },
  );

  promise(
    'refuses an id or seq that exists, and then stores nothing of the commit',
    async (test, storage) => {
      await storage.commit([events(someEvent(1, 1))]);
      const good: Write[] = [...events(someEvent(1, 2)), { do: 'meta', key: 'k', value: 'v' }];
      await test.rejects(storage.commit([good, events(someEvent(1, 1, { id: 'other' }))]), constraint);
      await test.rejects(
        storage.commit([good, events(someEvent(1, 3, { id: someEventId(1, 1) }))]),
        constraint,
      );
      const many = Array.from({ length: 200 }, (_, index) => events(someEvent(1, 2 + index)));
      await test.rejects(storage.commit([...many, events(someEvent(1, 2, { id: 'twice' }))]), constraint);
      const account: Write = { do: 'create-account', account: someAccount(1) };
      await test.rejects(storage.commit([good, [account], [account]]), constraint);
      test.same(seqs(await storage.eventsAfter(everything(1), 0)), [1]);
      test.equal(await storage.meta('k'), null);
      test.equal(await storage.account(1), null);
      await storage.commit([good]);
      test.same(seqs(await storage.eventsAfter(everything(1), 0)), [1, 2]);
    },
  );

  promise('carries out commits in order, and reads see each that has resolved', async (test, storage) => {
    const commits = Array.from({ length: 40 }, (_, index) =>
      storage.commit([[{ do: 'meta', key: 'n', value: String(index) }], events(someEvent(1, index + 1))]),
    );
    for (const [index, commit] of commits.entries()) {
      await commit;
      test.ok(Number(await storage.meta('n')) >= index);
      test.ok(await storage.eventById(someEventId(1, index + 1)));
    }
    test.equal(await storage.meta('n'), '39');
  });

  promise('writes events before everything else, the rest in its order', async (test, storage) => {
    await storage.commit([
      [
        { do: 'erase', conv: 1, target: someEventId(1, 1), by: 'none' },
        { do: 'meta', key: 'k', value: 'first' },
      ],
      [...events(someEvent(1, 1, { files: [sha('a')] })), { do: 'meta', key: 'k', value: 'second' }],
    ]);
    test.same(await storage.eventsAfter(everything(1), 0), [someEvent(1, 1, { payload: '' })]);
    test.equal(await storage.meta('k'), 'second');
  });

  promise('bounds pages by what may be seen, by count and by bytes', async (test, storage) => {
    await storage.commit([
      events(...Array.from({ length: 20 }, (_, index) => someEvent(1, index + 1, { payload: 'éé' }))),
    ]);
    const after = async (set: Partial<PageQuery>, seq: number): Promise<number[]> =>
      seqs(await storage.eventsAfter(everything(1, set), seq));
    const before = async (set: Partial<PageQuery>, seq: number): Promise<number[]> =>
      seqs(await storage.eventsBefore(everything(1, set), seq));
    test.same(await after({ limit: 3 }, 5), [6, 7, 8]);
    test.same(await after({ firstSeq: 18 }, 0), [18, 19, 20]);
    test.same(await after({ lastSeq: 7 }, 5), [6, 7]);
    test.same(await after({ budgetBytes: 8 }, 0), [1, 2]);
    test.same(await after({ budgetBytes: 9 }, 0), [1, 2, 3]);
    test.same(await after({ budgetBytes: 0 }, 0), [1]);
    test.same(await before({ limit: 3 }, 6), [3, 4, 5]);
    test.same(await before({ firstSeq: 4 }, 6), [4, 5]);
    test.same(await before({ lastSeq: 3, limit: 2 }, 6), [2, 3]);
    test.same(await before({ budgetBytes: 8 }, 20), [18, 19]);
    test.same(await before({ budgetBytes: 0 }, 20), [19]);
    test.same(await before({}, 1), []);
    test.same(await after({}, 20), []);
  });

  promise('finds later updates of the events named', async (test, storage) => {
    const update = (seq: number, target: number): StoredEvent =>
      someEvent(1, seq, { class: 'update', target: someEventId(1, target) });
    const reply = someEvent(1, 6, { target: someEventId(1, 1) });
    await storage.commit([
      events(someEvent(1, 1), someEvent(1, 2), update(3, 2), update(4, 1), update(5, 2), reply, update(7, 1)),
    ]);
    const targets = [someEventId(1, 1), someEventId(1, 2)];
    const updates = async (set: Partial<PageQuery>, names: string[], after: number): Promise<number[]> =>
      seqs(await storage.updatesOf(everything(1, set), names, after));
    test.same(await updates({}, targets, 0), [3, 4, 5, 7]);
    test.same(await updates({}, targets, 3), [4, 5, 7]);
    test.same(await updates({}, targets.slice(0, 1), 0), [4, 7]);
    test.same(await updates({ lastSeq: 4 }, targets, 0), [3, 4]);
    test.same(await updates({ firstSeq: 5 }, targets, 0), [5, 7]);
    test.same(await updates({ limit: 2 }, targets, 0), [3, 4]);
    test.same(await updates({ budgetBytes: 10 }, targets, 0), [3, 4]);
    test.same(await updates({}, [], 0), []);
    test.same(seqs(await storage.updatesOf(everything(2), targets, 0)), []);
  });

  promise(
    'erases the payload and file references of one event of that conversation',
    async (test, storage) => {
      const file: Write = { do: 'file', sha256: sha('a'), size: 5, user: 1, at: 10 };
      await storage.commit([
        [file, ...someGroup(1, [1, 2])],
        events(someEvent(1, 1, { files: [sha('a')] }), someEvent(1, 2)),
      ]);
      await storage.commit([[{ do: 'erase', conv: 2, target: someEventId(1, 1), by: 'none' }]]);
      test.ok(await storage.mayFetch(2, sha('a')));
      await storage.commit([[{ do: 'erase', conv: 1, target: someEventId(1, 1), by: 'none' }]]);
      test.same(await storage.eventsAfter(everything(1), 0), [
        someEvent(1, 1, { payload: '' }),
        someEvent(1, 2),
      ]);
      test.notOk(await storage.mayFetch(2, sha('a')));
      // An edit of it goes too, the delete itself stays, and so does what updates another event.
      const target = someEventId(1, 1);
      const edit = someEvent(1, 3, { class: 'update', target });
      const other = someEvent(1, 4, { class: 'update', target: someEventId(1, 2) });
      const gone = someEvent(1, 5, { class: 'update', target });
      await storage.commit([[...events(edit, other, gone), { do: 'erase', conv: 1, target, by: gone.id }]]);
      test.same(await storage.eventsAfter(everything(1), 2), [{ ...edit, payload: '' }, other, gone]);
      test.same(await storage.unreferencedFiles(11), [sha('a')]);
    },
  );

  promise(
    'keeps accounts, finds them by id, name and phone, and changes only what is named',
    async (test, storage) => {
      const one = someAccount(1, {
        email: 'a@b.c',
        firstName: 'A',
        lastName: 'B',
        recovery: 'r',
        role: 'admin',
      });
      const two = someAccount(2);
      await storage.commit([
        [{ do: 'create-account', account: one }],
        [{ do: 'create-account', account: two }],
      ]);
      test.same(await storage.account(1), one);
      test.same(await storage.accounts([2, 7, 1]), [one, two]);
      test.same(await storage.accountByName('user2'), two);
      test.equal(await storage.accountByName('User2'), null);
      test.same(await storage.accountByPhone('1000000002'), two);
      await storage.commit([
        [
          { do: 'account', id: 2, set: { disabled: true, avatar: sha('a'), email: null, lastSeenAt: 5 } },
          { do: 'account', id: 1, set: {} },
        ],
      ]);
      test.same(await storage.account(2), { ...two, disabled: true, avatar: sha('a'), lastSeenAt: 5 });
      test.same(await storage.account(1), one);
      test.same(await storage.listAccounts(), [
        one,
        { ...two, disabled: true, avatar: sha('a'), lastSeenAt: 5 },
      ]);
      test.same((await storage.lastIds()).user, 2);
      const taken = { do: 'create-account' as const, account: someAccount(3, { nameKey: 'user1' }) };
      await test.rejects(storage.commit([[taken]]), constraint);
      await test.rejects(storage.commit([[{ do: 'account', id: 1, set: { phone: two.phone } }]]), constraint);
    },
  );

  promise('holds a released phone number back until its time', async (test, storage) => {
    await storage.commit([[{ do: 'create-account', account: someAccount(1) }]]);
    test.ok(await storage.phoneTaken('1000000001', 0));
    test.notOk(await storage.phoneTaken('1000000009', 0));
    await storage.commit([
      [
        { do: 'account', id: 1, set: { phone: '1000000005' } },
        { do: 'hold-phone', phone: '1000000001', until: 50 },
        { do: 'hold-phone', phone: '1000000001', until: 100 },
      ],
    ]);
    test.ok(await storage.phoneTaken('1000000001', 99));
    test.notOk(await storage.phoneTaken('1000000001', 100));
    test.ok(await storage.phoneTaken('1000000005', 100));
  });

  promise(
    'deleting an account leaves its row, its name, its messages and nothing else',
    async (test, storage) => {
      const profile = { email: 'a@b.c', firstName: 'A', bio: 'bio', avatar: sha('a'), recovery: 'r' };
      await storage.commit([
        [
          { do: 'create-account', account: someAccount(1, profile) },
          { do: 'create-account', account: someAccount(2) },
          ...someGroup(1, [1, 2]),
          { do: 'create-session', session: someSession(1, 1) },
          { do: 'create-session', session: someSession(2, 2) },
          { do: 'friend', user: 1, friend: 2, added: true, at: 1 },
          { do: 'friend', user: 2, friend: 1, added: true, at: 1 },
          { do: 'block', user: 1, other: 2, blocked: true, at: 1 },
          { do: 'block', user: 2, other: 1, blocked: true, at: 1 },
          { do: 'file', sha256: sha('b'), size: 5, user: 1, at: 1 },
          { do: 'reset-code', user: 1, codeHash: 'code', until: 5 },
          ...events(someEvent(1, 1)),
        ],
      ]);
      await storage.commit([[{ do: 'delete-account', id: 1 }]]);
      const left = someAccount(1, { phone: null, opaqueRecord: '', wrapped: '', deleted: true });
      test.same(await storage.account(1), left);
      test.equal(await storage.accountByName('user1'), null);
      test.same(await storage.sessionsOf(1), []);
      test.equal((await storage.sessionsOf(2)).length, 1);
      test.same(await storage.friendsOf(1), []);
      test.same(await storage.friendsOf(2), []);
      test.same(await storage.blockedBy(2), []);
      test.same(await storage.blockersOf(2), []);
      test.equal(await storage.usage(1), 0);
      test.equal(await storage.resetCode(1), null);
      test.notOk(await storage.mayFetch(1, sha('b')));
      test.equal((await storage.eventsAfter(everything(1), 0)).length, 1);
      test.equal((await storage.statistics()).users, 1);
      await storage.commit([
        [{ do: 'create-account', account: someAccount(3, { nameKey: 'user1', phone: '1000000001' }) }],
      ]);
      test.equal((await storage.accountByName('user1'))?.id, 3);
    },
  );

  promise('keeps sessions, and never forgets the largest id given', async (test, storage) => {
    const create = [1, 2, 3].map((id): Write => ({ do: 'create-session', session: someSession(id, 7) }));
    await storage.commit([create]);
    test.same(await storage.sessionByToken('token2'), someSession(2, 7));
    test.equal(await storage.sessionByToken('token9'), null);
    await storage.commit([[{ do: 'session', id: 2, set: { lastSeenAt: 9, address: '::1' } }]]);
    test.same(await storage.sessionByToken('token2'), someSession(2, 7, { lastSeenAt: 9, address: '::1' }));
    const token = someSession(4, 7, { tokenHash: 'token1' });
    await test.rejects(storage.commit([[{ do: 'create-session', session: token }]]), constraint);
    await storage.commit([[{ do: 'delete-session', id: 3 }]]);
    test.same(
      (await storage.sessionsOf(7)).map((session) => session.id),
      [1, 2],
    );
    await storage.commit([[{ do: 'delete-sessions', user: 7, except: 1 }]]);
    test.same(
      (await storage.sessionsOf(7)).map((session) => session.id),
      [1],
    );
    await storage.commit([[{ do: 'delete-sessions', user: 7, except: null }]]);
    test.same(await storage.sessionsOf(7), []);
    test.equal((await storage.lastIds()).session, 3);
  });

  promise(
    'lets an invitation be used once, and a reset code be replaced and removed',
    async (test, storage) => {
      await storage.commit([[{ do: 'invite', codeHash: 'a', at: 1, usedBy: null }]]);
      test.same(await storage.invite('a'), { usedBy: null });
      test.equal(await storage.invite('b'), undefined);
      await storage.commit([[{ do: 'invite', codeHash: 'a', at: 2, usedBy: 5 }]]);
      test.same(await storage.invite('a'), { usedBy: 5 });
      await test.rejects(storage.commit([[{ do: 'invite', codeHash: 'a', at: 3, usedBy: 6 }]]), constraint);
      test.same(await storage.invite('a'), { usedBy: 5 });
      await storage.commit([[{ do: 'reset-code', user: 1, codeHash: 'x', until: 5 }]]);
      await storage.commit([[{ do: 'reset-code', user: 1, codeHash: 'y', until: 6 }]]);
      test.same(await storage.resetCode(1), { codeHash: 'y', until: 6 });
      await storage.commit([[{ do: 'reset-code', user: 1, codeHash: null, until: 0 }]]);
      test.equal(await storage.resetCode(1), null);
    },
  );

  promise('keeps contacts one-sided and blocks both ways visible', async (test, storage) => {
    const friend = (user: number, other: number, added: boolean): Write => ({
      do: 'friend',
      user,
      friend: other,
      added,
      at: 1,
    });
    await storage.commit([[friend(1, 2, true), friend(1, 3, true), friend(1, 2, true), friend(4, 2, true)]]);
    test.same(await storage.friendsOf(1), [2, 3]);
    test.same(await storage.friendsOf(2), []);
    test.same(await storage.ownersWithFriend([1, 3, 4], 2), [1, 4]);
    test.same(await storage.ownersWithFriend([3], 2), []);
    await storage.commit([[friend(1, 2, false), { do: 'block', user: 1, other: 9, blocked: true, at: 1 }]]);
    test.same(await storage.friendsOf(1), [3]);
    test.same(await storage.blockedBy(1), [9]);
    test.same(await storage.blockersOf(9), [1]);
    await storage.commit([[{ do: 'block', user: 1, other: 9, blocked: false, at: 1 }]]);
    test.same(await storage.blockedBy(1), []);
  });

  promise('keeps conversations and members, found by pair, by name and by user', async (test, storage) => {
    const direct: Write = {
      do: 'create-conversation',
      conversation: { id: 2, kind: 'direct', name: null, createdAt: 7 },
      nameKey: null,
      pair: [9, 4],
    };
    await storage.commit([[...someGroup(1, [3, 1]), direct, { do: 'join', membership: someMember(2, 4) }]]);
    const row = { id: 1, kind: 'group' as const, name: 'Group1', createdAt: 1_790_000_000_000 };
    test.same(await storage.conversation(1), {
      row,
      lastSeq: 0,
      members: [someMember(1, 1), someMember(1, 3)],
    });
    test.equal(await storage.directBetween(4, 9), 2);
    test.equal(await storage.directBetween(9, 4), 2);
    test.equal(await storage.directBetween(4, 8), null);
    test.equal(await storage.groupByName('group1'), 1);
    test.same(await storage.conversationsOf(3), [1]);
    test.same((await storage.lastIds()).conversation, 2);
    await test.rejects(
      storage.commit([[{ ...direct, conversation: { ...direct.conversation, id: 5 } }]]),
      constraint,
    );
    await test.rejects(
      storage.commit([[{ ...someGroup(5, [])[0]!, nameKey: 'group1' } as Write]]),
      constraint,
    );
    await storage.commit([
      [
        { do: 'rename-conversation', conv: 1, name: 'New', nameKey: 'new' },
        { do: 'leave', conv: 1, user: 3, leftSeq: 4 },
        ...events(someEvent(1, 1), someEvent(1, 2)),
      ],
    ]);
    test.equal(await storage.groupByName('group1'), null);
    const changed = await storage.conversation(1);
    test.same(changed, {
      row: { ...row, name: 'New' },
      lastSeq: 2,
      members: [someMember(1, 1), someMember(1, 3, { leftSeq: 4 })],
    });
    test.same(await storage.conversationsOf(3), [1]);
    test.same(await storage.listConversations(), [
      { ...row, name: 'New', lastSeq: 2, members: 1 },
      { id: 2, kind: 'direct', name: null, createdAt: 7, lastSeq: 0, members: 1 },
    ]);
    const back = someMember(1, 3, { firstSeq: 3, joinedAt: 5 });
    await storage.commit([[{ do: 'join', membership: back }]]);
    test.same((await storage.conversation(1))?.members, [back, someMember(1, 1)]);
    await storage.commit([[{ ...direct, conversation: { ...direct.conversation, id: 6 }, pair: [1, 2] }]]);
    test.same((await storage.conversation(6))?.members, []);
  });

  promise(
    'changes memberships, many in one commit, the last change of each winning',
    async (test, storage) => {
      const users = Array.from({ length: 150 }, (_, index) => index + 1);
      await storage.commit([someGroup(1, users)]);
      const receipts = users.map((user): Write => ({
        do: 'membership',
        conv: 1,
        user,
        set: { read: user, delivered: user },
      }));
      const again: Write = { do: 'membership', conv: 1, user: 150, set: { read: 900, delivered: 901 } };
      await storage.commit([receipts, [again]]);
      const read = async (): Promise<number[]> => {
        const members = (await storage.conversation(1))?.members ?? [];
        return members.map((member) => member.read);
      };
      test.same(await read(), [...users.slice(0, 149), 900]);
      await storage.commit([
        [
          { do: 'membership', conv: 1, user: 1, set: { hidden: true, muted: true } },
          { do: 'membership', conv: 1, user: 1, set: { hidden: false } },
          { do: 'membership', conv: 1, user: 2, set: { admin: true, clearedSeq: 3 } },
          { do: 'membership', conv: 1, user: 2, set: {} },
          { do: 'membership', conv: 1, user: 1, set: { hidden: true } },
          { do: 'membership', conv: 1, user: 3, set: { read: 77 } },
          { do: 'leave', conv: 1, user: 3, leftSeq: 6 },
          { do: 'membership', conv: 1, user: 999, set: { read: 1 } },
        ],
      ]);
      const [first, second, third] = (await storage.conversation(1))?.members ?? [];
      test.match(first, { hidden: true, muted: true, read: 1, delivered: 1 });
      test.match(second, { admin: true, clearedSeq: 3, hidden: false });
      test.match(third, { read: 77, leftSeq: 6 });
    },
  );

  promise('counts what is unread for a member, no further than 1,000', async (test, storage) => {
    const list = Array.from({ length: 10 }, (_, index) => someEvent(1, index + 1, { from: (index % 2) + 1 }));
    list.push(
      someEvent(1, 11, { class: 'update', from: 2 }),
      someEvent(1, 12, { class: 'control', from: 2 }),
    );
    await storage.commit([someGroup(1, [1, 2]), someGroup(2, [1]), events(...list)]);
    const at = (seq: number): number => 1_790_000_000_000 + seq;
    const two = { conv: 2, unread: 0, lastAt: null };
    test.same(await storage.summaries(1), [{ conv: 1, unread: 5, lastAt: at(10) }, two]);
    test.same(await storage.summaries(1, 1), [{ conv: 1, unread: 5, lastAt: at(10) }]);
    test.same(await storage.summaries(1, 3), []);
    await storage.commit([[{ do: 'erase', conv: 1, target: someEvent(1, 2).id, by: 'none' }]]);
    test.same(
      await storage.summaries(1, 1),
      [{ conv: 1, unread: 4, lastAt: at(10) }],
      'deleted is not unread',
    );
    const set = async (change: Extract<Write, { do: 'membership' }>['set']): Promise<unknown> => {
      await storage.commit([[{ do: 'membership', conv: 1, user: 1, set: change }]]);
      return (await storage.summaries(1, 1))[0];
    };
    test.same(await set({ read: 4 }), { conv: 1, unread: 3, lastAt: at(10) });
    test.same(await set({ clearedSeq: 8 }), { conv: 1, unread: 1, lastAt: at(10) });
    test.same(await set({ clearedSeq: 12 }), { conv: 1, unread: 0, lastAt: null });
    await storage.commit([[{ do: 'join', membership: someMember(1, 1, { firstSeq: 3, leftSeq: 6 }) }]]);
    test.same(await storage.summaries(1, 1), [{ conv: 1, unread: 2, lastAt: at(6) }]);
    await storage.commit(
      Array.from({ length: 1200 }, (_, index) => events(someEvent(2, index + 1, { from: 5 }))),
    );
    test.same(await storage.summaries(1, 2), [{ conv: 2, unread: 1000, lastAt: at(1200) }]);
  });

  promise(
    'lets those fetch a file who uploaded it, may see an event with it, or see it as an avatar',
    async (test, storage) => {
      const file = (letter: string, user: number, at: number): Write => ({
        do: 'file',
        sha256: sha(letter),
        size: 10,
        user,
        at,
      });
      await storage.commit([
        [file('a', 1, 1), file('b', 1, 2), file('b', 2, 3), file('c', 1, 4), file('d', 1, 5)],
        [...someGroup(1, [2, 3]), { do: 'join', membership: someMember(1, 4, { firstSeq: 2 }) }],
        [{ do: 'join', membership: someMember(1, 5, { leftSeq: 0 }) }],
        events(someEvent(1, 1, { files: [sha('a'), sha('d')] })),
        [{ do: 'create-account', account: someAccount(1, { avatar: sha('c') }) }],
      ]);
      test.same(await storage.file(sha('a')), { size: 10 });
      test.equal(await storage.file(sha('e')), null);
      const may = async (letter: string): Promise<number[]> => {
        const users: number[] = [];
        for (const user of [1, 2, 3, 4, 5, 6])
          if (await storage.mayFetch(user, sha(letter))) users.push(user);
        return users;
      };
      test.same(await may('a'), [1, 2, 3]);
      test.same(await may('b'), [1, 2]);
      test.same(await may('c'), [1, 2, 3, 4, 5, 6]);
      test.same(await may('e'), []);
      test.equal(await storage.usage(1), 40);
      test.equal(await storage.usage(2), 10);
      test.equal(await storage.usage(3), 0);
      test.match(await storage.statistics(), {
        files: 4,
        fileBytes: 40,
        events: 1,
        conversations: 1,
        users: 1,
      });
      test.same(await storage.unreferencedFiles(3), [], 'the second upload has renewed its time');
      test.same(await storage.unreferencedFiles(4), [sha('b')]);
      await storage.commit([[{ do: 'delete-file', sha256: sha('b') }]]);
      test.equal(await storage.file(sha('b')), null);
      test.same(await may('b'), []);
      test.equal(await storage.usage(2), 0);
      const referred = await may('a');
      await storage.commit([[{ do: 'delete-file', sha256: sha('a') }]]);
      test.same(await may('a'), referred, 'what an event refers to stays');
    },
  );

  promise('keeps settings and a log that is read newest first', async (test, storage) => {
    await storage.commit([
      [{ do: 'meta', key: 'setup', value: 'one' }],
      [{ do: 'meta', key: 'setup', value: 'two' }],
    ]);
    test.equal(await storage.meta('setup'), 'two');
    const entry = (at: number): Write => ({
      do: 'log',
      entry: { at, level: 40, event: 'login-refused', user: null, detail: '', actor: null, address: null },
    });
    await storage.commit([[entry(10), entry(20), entry(30)]]);
    const log = await storage.log(2, null);
    test.match(log, [{ at: 30, level: 40, event: 'login-refused', user: null, detail: '' }, { at: 20 }]);
    test.same(
      (await storage.log(5, log[1]!.id)).map((found) => found.at),
      [10],
    );
  });

  promise(
    'writes a private backup while it runs, and never over a file that exists',
    async (test, storage) => {
      await storage.commit([events(someEvent(1, 1)), [{ do: 'meta', key: 'k', value: 'v' }]]);
      const folder = await temporaryFolder(test);
      const path = join(folder, 'pytalk.db');
      const writing = storage.backup(path);
      await storage.commit([events(someEvent(1, 2))]);
      await writing;
      if (process.platform !== 'win32') test.equal((await stat(path)).mode & 0o777, 0o600);
      const bytes = await readFile(path);
      await test.rejects(storage.backup(path), { name: 'StorageError', reason: 'failed' });
      test.ok(bytes.equals(await readFile(path)), 'the file that was there is as it was');
      await test.rejects(storage.backup(join(folder, 'no', 'folder')), {
        name: 'StorageError',
        reason: 'failed',
      });
      const copy = await openStorage(folder, { driver });
      test.teardown(() => copy.close());
      test.same((await copy.eventsAfter(everything(1), 0))[0], someEvent(1, 1));
      test.equal(await copy.meta('k'), 'v');
      test.same(await copy.check(), []);
    },
  );

  promise('finds gaps in the seqs of a conversation', async (test, storage) => {
    await storage.commit([
      events(someEvent(1, 1), someEvent(1, 2), someEvent(2, 1), someEvent(2, 3), someEvent(3, 2)),
    ]);
    const found = await storage.check();
    test.equal(found.length, 2);
    test.match(found[0], /^conversation 2 /);
    test.match(found[1], /^conversation 3 /);
  });

  promise('gives back the room of what was erased when it is compacted', async (test, storage) => {
    const payload = randomBytes(20_000).toString('base64');
    const list = Array.from({ length: 100 }, (_, index) => someEvent(1, index + 1, { payload }));
    await storage.commit([events(...list)]);
    await storage.commit([
      list.map((event): Write => ({ do: 'erase', conv: 1, target: event.id, by: 'none' })),
    ]);
    const before = (await storage.statistics()).bytes;
    await storage.compact();
    test.ok((await storage.statistics()).bytes < before / 4);
    test.equal((await storage.eventsAfter(everything(1), 0)).length, 100);
  });

  promise('closing waits for the commits under way, and refuses what comes after', async (test, storage) => {
    const commits = Array.from({ length: 30 }, (_, index) =>
      storage.commit([events(someEvent(1, index + 1))]),
    );
    const closing = storage.close();
    test.equal(storage.close(), closing);
    await closing;
    await Promise.all(commits);
    const closed = { name: 'StorageError', reason: 'failed' };
    await test.rejects(storage.commit([events(someEvent(1, 31))]), closed);
    await test.rejects(storage.account(1), closed);
    await test.rejects(storage.check(), closed);
    await test.rejects(storage.compact(), closed);
    await test.rejects(storage.backup(join(storage.dataDir, 'copy')), closed);
    const again = await openStorage(storage.dataDir, { driver });
    test.teardown(() => again.close());
    test.equal((await again.eventsAfter(everything(1), 0)).length, 30);
  });
}

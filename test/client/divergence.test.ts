// What a client makes of a server that came back from a backup: nothing goes astray, nothing more is lost than must be.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Cache } from '../../src/client/cache.js';
import { Directory } from '../../src/client/directory.js';
import { meetEpoch } from '../../src/client/divergence.js';
import { PytalkError } from '../../src/protocol/errors.js';
import type { Conversation, LogEvent } from '../../src/protocol/shapes.js';
import { writeBackup } from '../../src/server/backup.js';
import { restoreBackup } from '../../src/server/restore.js';
import { startCore, type Core, type CoreOptions } from '../support/core.js';
import { clientAt, homeOf, openLine, type Line } from '../support/homes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const once = { mode: 'once' as const };

interface Restorable {
  core: Core;
  line: Line;
  homes: string[];
  backUp(): Promise<void>;
  /** Brings the backup back in the place of the server's data. `meta` is as other versions would have left it. */
  comeBack(meta?: Record<string, string>): Promise<void>;
}

async function restorable(t: Test, options: CoreOptions = {}): Promise<Restorable> {
  const core = await startCore(t, options);
  const line = await openLine(t, core.port);
  const homes = await Promise.all(core.people.map((person) => homeOf(t, person, line.port)));
  const path = join(await temporaryFolder(t), 'a.backup');
  return {
    core,
    line,
    homes,
    backUp: async () => {
      await writeBackup(path, core.dataDir, core.storage);
    },
    async comeBack(meta = {}) {
      await core.stop();
      await rm(core.dataDir, { recursive: true });
      await restoreBackup(path, core.dataDir);
      await core.restart();
      for (const [key, value] of Object.entries(meta)) {
        await core.storage.commit([[{ do: 'meta', key, value }]]);
      }
      if (Object.keys(meta).length > 0) await core.restart();
      line.target = core.port;
    },
  };
}

async function textsOf(t: Test, home: string, name: string): Promise<(string | null)[]> {
  const client = await clientAt(t, home, once);
  const found = await client.history(name, { after: 0, limit: 100 }).catch(() => []);
  return found.map(({ text }) => text);
}

for (const [title, meta] of [
  ['', () => ({})],
  [', also where an older server gives ids out again', () => ({ 'id-floor': '0' })],
  [', also where nothing tells of the restore', (epoch: string) => ({ epoch })],
] as const) {
  t.test(`what waits to be sent goes to whom it was written for after a restore${title}`, async (t) => {
    const { core, line, homes, backUp, comeBack } = await restorable(t);
    const before = await clientAt(t, homes[0]!);
    await before.synced();
    await backUp();
    await before.send('@person2', { text: 'after the backup' });
    await before.drained();
    await before.synced();
    await before.close();
    line.down = true;
    line.cut();
    const offline = await clientAt(t, homes[0]!, { offline: true });
    const waiting = await Promise.all(
      ['for 2', 'and this'].map((text) => offline.send('@person2', { text })),
    );
    t.match(waiting, [{ conv: 1 }, { conv: 1 }]);
    await offline.close();
    await comeBack(meta(core.context.epoch));
    line.down = false;
    await (await clientAt(t, homes[2]!, once)).send('@person1', { text: 'from 3' });
    const after = await clientAt(t, homes[0]!);
    await after.drained(20_000);
    t.same(await textsOf(t, homes[1]!, '@person1'), ['for 2', 'and this']);
    t.same(await textsOf(t, homes[2]!, '@person1'), ['from 3']);
    await after.synced();
    t.match(await after.history('@person2'), [{ state: 'sent' }, { state: 'sent' }]);
    t.match(await after.history('@person3'), [{ text: 'from 3' }]);
  });
}

t.test('a comparison that breaks off loses nothing that comes later', async (t) => {
  let fails = false;
  let failed = 0;
  const { homes, backUp, comeBack } = await restorable(t, {
    wrap: (below) =>
      new Proxy(below, {
        get(target, key) {
          const own: unknown = Reflect.get(target, key);
          if (typeof own !== 'function') return own;
          return (...given: unknown[]): unknown => {
            const [query] = given as [{ conv?: number } | undefined];
            if (key === 'eventsAfter' && fails && query?.conv === 2) {
              failed++;
              fails = false;
              throw new PytalkError('storage-failed', { details: { reason: 'a test' } });
            }
            return Reflect.apply(own, target, given);
          };
        },
      }),
  });
  const one = await clientAt(t, homes[0]!);
  await one.send('@person2', { text: 'a' });
  await one.send('@person3', { text: 'b' });
  await one.drained();
  await backUp();
  for (const text of ['lost 1', 'lost 2']) await one.send('@person2', { text });
  await one.drained();
  await one.synced();
  let restored = 0;
  one.on('restored', () => restored++);
  fails = true;
  await comeBack();
  const two = await clientAt(t, homes[1]!, once);
  await two.send('@person1', { text: 'new 1' });
  await one.synced().catch(() => undefined);
  await one.synced();
  t.equal(failed, 1, 'it did break off');
  t.equal(restored, 1);
  await two.send('@person1', { text: 'new 2' });
  await one.synced();
  t.same(
    (await one.history('@person2')).map(({ text }) => text),
    ['a', 'new 1', 'new 2'],
  );
});

t.test('what was seen in an earlier membership stays', async (t) => {
  const cache = await Cache.open(join(await temporaryFolder(t), 'cache.db'), '1@x');
  t.teardown(() => cache.close());
  const event = (seq: number): LogEvent => ({ conv: 1, seq, id: `e${seq}`, from: 1, at: 1, payload: '{}' });
  const events = Array.from({ length: 60 }, (_, i) => event(i + 1));
  const [firstSeq, lastSeq] = [50, 58];
  const conversation = { id: 1, kind: 'group', name: 'g', members: [], firstSeq, lastSeq: 60, clearedSeq: 0 };
  await cache.write({ events, conversations: [conversation as unknown as Conversation] });
  const request = ({ after, limit }: { after: number; limit: number }) => {
    const from = Math.max(after, firstSeq - 1);
    return { events: events.slice(from, Math.min(from + limit, lastSeq)), firstSeq, lastSeq };
  };
  const link = { request: async (_type: string, body: never) => request(body) };
  const directory = new Directory(() => undefined);
  let gone = 0;
  await meetEpoch({ link: link as never, cache, directory }, 'new', () => gone++);
  t.equal(gone, 1);
  const seqs = (await cache.all(1, 0, 100, 100, true)).map(({ seq }) => seq);
  t.same(
    seqs,
    Array.from({ length: 58 }, (_, i) => i + 1),
  );
  t.equal(await cache.meta('epoch'), 'new');
});

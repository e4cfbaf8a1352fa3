// Pages and updates agree with a plain list of events, whatever is stored and asked.
import * as fc from 'fast-check';
import t from 'tap';
import type { PageQuery, StoredEvent } from '../../../src/server/storage/storage.js';
import { availableDrivers } from '../../../src/sqlite/open.js';
import { someEvent, someEventId, temporaryStorage } from '../../support/storage.js';

/** Keeps events until the budget is reached; the one that reaches it is the last. */
function withinBudget(events: readonly StoredEvent[], budgetBytes: number): StoredEvent[] {
  let bytes = 0;
  return events.filter((event, index) => {
    const taken = index === 0 || bytes < budgetBytes;
    bytes += Buffer.byteLength(event.payload);
    return taken;
  });
}

/** Events of one conversation in the order of their seq, with what may be seen of them. */
class Model {
  constructor(private readonly events: readonly StoredEvent[]) {}

  #visible(query: PageQuery): StoredEvent[] {
    const { conv, firstSeq, lastSeq } = query;
    return this.events.filter(
      (event) => event.conv === conv && event.seq >= firstSeq && event.seq <= lastSeq,
    );
  }

  after(query: PageQuery, after: number): StoredEvent[] {
    const found = this.#visible(query).filter((event) => event.seq > after);
    return withinBudget(found.slice(0, query.limit), query.budgetBytes);
  }

  before(query: PageQuery, before: number): StoredEvent[] {
    const found = this.#visible(query).filter((event) => event.seq < before);
    return withinBudget(found.reverse().slice(0, query.limit), query.budgetBytes).reverse();
  }

  updates(query: PageQuery, targets: readonly string[], after: number): StoredEvent[] {
    const found = this.#visible(query).filter(
      (event) =>
        event.seq > after &&
        event.class === 'update' &&
        event.target !== null &&
        targets.includes(event.target),
    );
    return withinBudget(found.slice(0, query.limit), query.budgetBytes);
  }
}

const logLength = 120;
const aSeq = fc.integer({ min: 0, max: logLength + 2 });
const aQuery: fc.Arbitrary<PageQuery> = fc.record({
  conv: fc.integer({ min: 1, max: 3 }),
  firstSeq: fc.integer({ min: 1, max: logLength }),
  lastSeq: aSeq,
  limit: fc.integer({ min: 1, max: logLength }),
  budgetBytes: fc.integer({ min: 0, max: 1000 }),
});
const anEvent = fc.record({
  conv: fc.integer({ min: 1, max: 2 }),
  class: fc.constantFrom('message' as const, 'update' as const, 'control' as const),
  target: fc.option(fc.integer({ min: 1, max: logLength })),
  payload: fc.string({ unit: 'grapheme', maxLength: 30 }),
});

for (const driver of await availableDrivers()) {
  t.test(`${driver}: pages and updates agree with a plain list`, async (test) => {
    const log = fc.array(anEvent, { minLength: 1, maxLength: logLength });
    const questions = fc.array(fc.tuple(aQuery, aSeq, fc.array(aSeq, { maxLength: 20 })), {
      minLength: 20,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(log, questions, async (drafts, asked) => {
        const undo: (() => Promise<unknown>)[] = [];
        const storage = await temporaryStorage({ teardown: (step) => undo.unshift(step) }, driver);
        try {
          const lastSeqs = new Map<number, number>();
          const events = drafts.map(({ conv, target, ...rest }) => {
            const seq = (lastSeqs.get(conv) ?? 0) + 1;
            lastSeqs.set(conv, seq);
            return someEvent(conv, seq, {
              ...rest,
              target: target === null ? null : someEventId(conv, target),
            });
          });
          await storage.commit(events.map((event) => [{ do: 'event', event }]));
          const model = new Model(events);
          for (const [query, seq, targetSeqs] of asked) {
            const targets = targetSeqs.map((target) => someEventId(query.conv, target));
            test.same(await storage.eventsAfter(query, seq), model.after(query, seq));
            test.same(await storage.eventsBefore(query, seq), model.before(query, seq));
            test.same(await storage.updatesOf(query, targets, seq), model.updates(query, targets, seq));
          }
          return test.passing();
        } finally {
          for (const step of undo) await step();
        }
      }),
      { numRuns: 12 },
    );
  });
}

// `kill -9` of the server at random moments under load: what was acknowledged is there once, nothing is there twice.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { decodePayload } from '../../src/protocol/payload.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import { openStorage } from '../../src/server/storage/open.js';
import { makeGroup, numbers, openDirect, readLog, textPayload } from '../support/conversing.js';
import { serverProcess } from '../support/server.js';
import type { WireClient } from '../support/wire-client.js';

const rounds = process.env['PYTALK_LONG_TESTS'] ? 50 : 8;
const people = 6;
const inFlight = 8;

interface Message {
  conv: number;
  id: string;
  payload: string;
}

/** One person who sends without pause, and sends again what was not acknowledged. */
class Sender {
  readonly acknowledged = new Map<string, { conv: number; seq: number; at: number }>();
  readonly sent = new Map<string, Message>();
  /** Sent and not acknowledged; the next connection begins with them. */
  #open: Message[] = [];
  #count = 0;

  constructor(
    readonly person: number,
    readonly convs: readonly number[],
  ) {}

  get openCount(): number {
    return this.#open.length;
  }

  /** Sends until the connection is lost, or with `drain` until nothing is open. */
  async run(client: WireClient, drain = false): Promise<void> {
    const again = this.#open;
    this.#open = [];
    await Promise.all(
      numbers(inFlight).map(async () => {
        for (;;) {
          const message = again.shift() ?? (drain ? undefined : this.#next());
          if (!message) return;
          this.sent.set(message.id, message);
          try {
            const stored = await client.request('event.send', message);
            this.acknowledged.set(message.id, { conv: message.conv, ...stored });
          } catch {
            this.#open.push(message);
            return;
          }
        }
      }),
    );
    this.#open.push(...again);
  }

  #next(): Message {
    const n = ++this.#count;
    const conv = this.convs[n % this.convs.length]!;
    return { conv, id: uuidv7(), payload: textPayload(`${this.person}: ${n}`) };
  }
}

t.test(
  `${rounds} kills lose nothing that was acknowledged and store nothing twice`,
  { timeout: 300_000 },
  async (t) => {
    const server = await serverProcess(t, people);
    const admin = await server.join(1);
    const group = await makeGroup(admin, 'team', numbers(people));
    const directs = await Promise.all(numbers(3).map((i) => openDirect(admin, i + 1)));
    const senders = numbers(people).map(
      (person) => new Sender(person, [group, ...directs.filter((_, i) => person === 1 || person === i + 2)]),
    );
    const pushed: LogEvent[] = [];
    let renames = 0;
    const rename = async (client: WireClient): Promise<void> => {
      for (;;) {
        const done = await client.request('groups.rename', { conv: group, name: `team-${++renames}` }).then(
          () => true,
          () => false,
        );
        if (!done) return;
      }
    };

    for (const round of numbers(rounds)) {
      const clients = await Promise.all(numbers(people).map((person) => server.join(person)));
      const working = [
        ...clients.map((client, i) => senders[i]!.run(client)),
        ...(round % 2 === 0 ? [rename(clients[0]!)] : []),
      ];
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      await server.kill();
      await Promise.all([...working, ...clients.map((client) => client.closed)]);
      for (const client of clients) pushed.push(...client.takePushes('event'));
      await server.start();
    }
    const clients = await Promise.all(numbers(people).map((person) => server.join(person)));
    for (let open = 1; open > 0;) {
      await Promise.all(clients.map((client, i) => senders[i]!.run(client, true)));
      open = senders.reduce((sum, sender) => sum + sender.openCount, 0);
    }

    const log: LogEvent[] = [];
    for (const conv of [group, ...directs]) {
      const events = await readLog(clients[0]!, conv);
      const gapless = events.every(({ seq }, i) => seq === i + 1);
      t.ok(gapless, `conversation ${conv}: ${events.length} events without a gap`);
      log.push(...events);
    }
    const byId = new Map(log.map((event) => [event.id, event]));
    t.equal(byId.size, log.length, 'no id is there twice');

    const acknowledged = senders.flatMap((sender) => [...sender.acknowledged]);
    const missing = acknowledged.filter(([id, { conv, seq, at }]) => {
      const event = byId.get(id);
      return event?.conv !== conv || event.seq !== seq || event.at !== at;
    });
    t.same(missing, [], `all ${acknowledged.length} acknowledged messages are where their answers said`);
    const sent = senders.flatMap((sender) => [...sender.sent.values()]);
    t.equal(acknowledged.length, sent.length, 'what was not acknowledged was sent again until it was');
    const messages = log.filter((event) => event.class !== 'control');
    t.equal(messages.length, sent.length, 'and nothing else is there');
    t.same(
      sent.filter(({ id, payload }) => byId.get(id)?.payload !== payload),
      [],
      'with the texts that were sent',
    );
    const ghosts = pushed.filter((event) => JSON.stringify(byId.get(event.id)) !== JSON.stringify(event));
    t.same(ghosts, [], `all ${pushed.length} events that members were told of are in the log as told`);
    const lastName = log
      .filter((event) => event.conv === group && event.class === 'control')
      .map((event) => decodePayload('control', event.payload))
      .findLast((payload) => payload?.kind === 'renamed');
    const { conversations } = await clients[0]!.request('conversations.list', {});
    const { name } = conversations.find(({ id }) => id === group)!;
    t.equal(
      name,
      lastName?.kind === 'renamed' ? lastName.name : 'team',
      'the name is the one of the last event',
    );

    t.equal(await server.terminate(), 0);
    const storage = await openStorage(server.dataDir);
    t.same(await storage.check(), [], 'the database is sound');
    await storage.close();
  },
);

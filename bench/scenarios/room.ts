// One group of 50 people with all of them connected, for the scenarios in which a message goes to everybody.
import { Member } from '../member.js';
import { OrderCheck } from '../order-check.js';
import { storedEvents } from '../seed.js';
import { SendTemplate } from '../send-template.js';
import { withServer, type BenchServer } from '../server-process.js';
import { mustEqual, until } from '../waiting.js';

export const roomMembers = 50;
export const roomSenders = 10;

export class Room {
  readonly server: BenchServer;
  readonly members: readonly Member[];
  readonly templates: readonly SendTemplate[];

  constructor(server: BenchServer, members: readonly Member[]) {
    this.server = server;
    this.members = members;
    this.templates = members.slice(0, roomSenders).map((_, sender) => new SendTemplate(1, sender));
  }

  /** Texts that were sent so far. */
  get sent(): number {
    return this.templates.reduce((sum, template) => sum + template.sent, 0);
  }

  /** Sends `count` texts of one sender in one write. */
  send(sender: number, count: number): void {
    const template = this.templates[sender];
    if (template) this.members[sender]?.write(template.next(count));
  }

  /** Deliveries so far, at all members. */
  get delivered(): number {
    return this.members.reduce((sum, member) => sum + member.events, 0);
  }

  /** Waits for everything under way, then rejects unless all of it came everywhere, in order, and is stored. */
  async verify(checks: readonly OrderCheck[]): Promise<void> {
    const { sent, members } = this;
    const whole = (): boolean =>
      this.failure !== null || (members.every((member) => member.events >= sent) && this.acks >= sent);
    await until('every text reaches every member', whole).catch(() => undefined);
    if (this.failure) throw this.failure;
    for (const member of members) mustEqual('deliveries at one member', member.events, sent);
    mustEqual('acknowledgements', this.acks, sent);
    for (const check of checks) if (check.problem) throw new Error(check.problem);
    for (const member of members) member.close();
    await this.server.stop();
    const stored = await storedEvents(this.server.dataDir, 1);
    mustEqual('the last seq stored', stored.lastSeq, sent);
    mustEqual('events stored', stored.events, sent);
  }

  get acks(): number {
    return this.members.reduce((sum, member) => sum + member.acks, 0);
  }

  get failure(): Error | null {
    return this.members.find((member) => member.failure)?.failure ?? null;
  }
}

/** A server with the group on it, everybody signed in. */
export function withRoom<T>(tls: boolean, use: (room: Room) => Promise<T>): Promise<T> {
  const everybody = Array.from({ length: roomMembers }, (_, i) => i + 1);
  return withServer({ users: roomMembers, groups: [everybody], tls }, async (server) => {
    const members: Member[] = [];
    try {
      for (const token of server.tokens) members.push(await Member.signIn(server, token));
      return await use(new Room(server, members));
    } finally {
      for (const member of members) member.close();
    }
  });
}

// The relay's core in memory with participants who have proved their tickets, and what they send and hear.
import { randomBytes } from 'node:crypto';
import { decodeRtcp, type RtcpPacket } from '../../src/protocol/rtcp.js';
import { encodeRtp } from '../../src/protocol/rtp.js';
import { SrtcpReceiver, SrtcpSender, SrtpSender } from '../../src/protocol/srtp.js';
import { decodeStun, encodeStun, stunAttribute, stunType } from '../../src/protocol/stun.js';
import { readConfig } from '../../src/server/config.js';
import { RelayCore } from '../../src/server/relay/relay-core.js';
import type { RelayParticipant } from '../../src/server/relay/relay-messages.js';

const { mediaRates } = await readConfig();

export interface Sent {
  bytes: Buffer;
  to: string;
}

export function relay(rates = mediaRates) {
  const sent: Sent[] = [];
  const clock = { now: 1000 };
  const waiting: { at: number; run: () => void }[] = [];
  /** Lets time pass until then, with what falls due. */
  const pass = (ms: number): void => {
    const end = clock.now + ms;
    for (;;) {
      const next = waiting.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      waiting.splice(waiting.indexOf(next), 1);
      clock.now = next.at;
      next.run();
    }
    clock.now = end;
  };
  const core = new RelayCore(
    {
      send: (bytes, port, address) => sent.push({ bytes, to: `${address}:${port}` }),
      sendTunnelled: (bytes, username) => sent.push({ bytes, to: username }),
      later: (ms, run) => void waiting.push({ at: clock.now + ms, run }),
    },
    () => clock.now,
    { rates, generation: 0 },
  );
  return { core, sent, clock, pass, take: () => sent.splice(0) };
}

export function participant(id: number, call = 'call'): RelayParticipant {
  return {
    username: `${call}-${id}`,
    password: `password of ${id}`,
    call,
    id,
    ssrc: 8 * id,
    toRelay: randomBytes(28),
    fromRelay: randomBytes(28),
  };
}

export function binding(
  of: RelayParticipant,
  counter: number,
  password = of.password,
  more: { type: number; value: Buffer }[] = [],
): Buffer {
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(BigInt(counter));
  const attributes = [
    { type: stunAttribute.username, value: Buffer.from(of.username) },
    { type: stunAttribute.counter, value },
    ...more,
  ];
  const transactionId = Buffer.alloc(12, counter);
  return encodeStun({ type: stunType.bindingRequest, transactionId, attributes }, { integrityKey: password });
}

/** What an answer wants to have back in the next request. */
export function proofIn(answer: Buffer): { type: number; value: Buffer } {
  return decodeStun(answer).attributes.find(({ type }) => type === stunAttribute.proof)!;
}

/** Two or more participants who are bound, each at a port of their number. */
export function bound(count: number, rates = mediaRates) {
  const made = relay(rates);
  const { core, take } = made;
  const people = Array.from({ length: count }, (_, at) => participant(at + 1));
  for (const one of people) {
    core.add(one);
    core.datagram(binding(one, 1), ...at(one.id));
    core.datagram(binding(one, 1, one.password, [proofIn(take().at(-1)!.bytes)]), ...at(one.id));
  }
  take();
  const senders = people.map(() => new SrtpSender(randomBytes(28), 0));
  const media = (at: number, sequenceNumber: number, offset = 1): Buffer =>
    senders[at]!.protect(
      encodeRtp({
        payloadType: 26,
        marker: false,
        sequenceNumber,
        timestamp: sequenceNumber * 3000,
        ssrc: people[at]!.ssrc + offset,
        captureTimeMs: null,
        payload: Buffer.alloc(200, sequenceNumber),
      }),
    );
  const feedback = people.map(({ toRelay }) => new SrtcpSender(Buffer.from(toRelay)));
  const readers = people.map(({ fromRelay }) => new SrtcpReceiver(Buffer.from(fromRelay)));
  /** What was told to one of them; each datagram must begin with a report (RFC 3550, section 6.1), an empty one is left out. */
  const opened = (at: number, sent: Sent[]): RtcpPacket[] =>
    sent
      .filter(({ to }) => to === `10.0.0.1:${1001 + at}`)
      .flatMap(({ bytes }) => {
        const [first, ...others] = decodeRtcp(readers[at]!.unprotect(bytes)!);
        if (first?.kind === 'sender-report') return [first, ...others];
        if (first?.kind !== 'receiver-report') throw new Error(`it begins with ${first?.kind}, not a report`);
        return first.reports.length === 0 ? others : [first, ...others];
      });
  return { ...made, people, media, feedback, opened };
}

/** Where a participant is. */
export const at = (id: number): [string, number] => ['10.0.0.1', 1000 + id];

// Tests of what the relay does with datagrams: tickets, forwarding, feedback, limits; in memory, with a clock of the test's.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { decodeTraffic } from '../../src/protocol/binding-traffic.js';
import { decodeRtcp, encodeRtcp, type RtcpPacket } from '../../src/protocol/rtcp.js';
import { encodeRtp } from '../../src/protocol/rtp.js';
import { SrtcpReceiver, SrtcpSender, SrtpSender } from '../../src/protocol/srtp.js';
import { checkIntegrity, decodeStun, encodeStun, stunAttribute, stunType } from '../../src/protocol/stun.js';
import { readConfig } from '../../src/server/config.js';
import { RelayCore } from '../../src/server/relay/relay-core.js';
import type { RelayParticipant } from '../../src/server/relay/relay-messages.js';
import { seededRandom } from '../support/bad-network.js';

const { mediaRates: rates } = await readConfig();

interface Sent {
  bytes: Buffer;
  to: string;
}

function relay() {
  const sent: Sent[] = [];
  const clock = { now: 1000 };
  const core = new RelayCore(
    {
      send: (bytes, port, address) => sent.push({ bytes, to: `${address}:${port}` }),
      sendTunnelled: (bytes, username) => sent.push({ bytes, to: username }),
    },
    () => clock.now,
    { rates, generation: 0 },
  );
  return { core, sent, clock, take: () => sent.splice(0) };
}

function participant(id: number, call = 'call'): RelayParticipant {
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

function binding(
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

/** Two or more participants who are bound, each at a port of their number. */
function bound(count: number) {
  const made = relay();
  const people = Array.from({ length: count }, (_, at) => participant(at + 1));
  for (const one of people) {
    made.core.add(one);
    made.core.datagram(binding(one, 1), '10.0.0.1', 1000 + one.id);
  }
  made.take();
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
  const opened = (at: number, sent: Sent[]): RtcpPacket[] =>
    sent
      .filter(({ to }) => to === `10.0.0.1:${1001 + at}`)
      .flatMap(({ bytes }) => decodeRtcp(readers[at]!.unprotect(bytes)!));
  return { ...made, people, media, feedback, opened };
}

const at = (id: number): [string, number] => ['10.0.0.1', 1000 + id];

t.test('a ticket binds an address, and the answer is proven', (t) => {
  const { core, take } = relay();
  const alice = participant(1);
  core.add(alice);
  core.datagram(binding(alice, 5), '10.0.0.1', 4000);
  const [answer] = take();
  t.equal(answer!.to, '10.0.0.1:4000');
  t.ok(checkIntegrity(answer!.bytes, alice.password));
  t.equal(decodeStun(answer!.bytes).type, stunType.bindingSuccess);
  t.equal(core.bound, 1);
  core.remove(alice.username);
  t.equal(core.bound, 0);
  core.datagram(binding(alice, 6), '10.0.0.1', 4000);
  t.same(take(), [], 'a ticket that was taken back is no good');
  t.end();
});

t.test('a wrong password, a request sent again from elsewhere, and one without counter bind nothing', (t) => {
  const { core, take } = relay();
  const alice = participant(1);
  core.add(alice);
  core.datagram(binding(alice, 5, 'guessed'), '10.0.0.1', 4000);
  t.equal(core.bound, 0);
  const request = binding(alice, 7);
  core.datagram(request, '10.0.0.1', 4000);
  core.datagram(request, '10.0.0.1', 4000);
  t.equal(take().length, 2, 'the same request from the same address is a retransmission');
  core.datagram(request, '10.9.9.9', 4000);
  core.datagram(binding(alice, 6), '10.9.9.9', 4000);
  t.same(take(), []);
  t.match(core.counters, { spoofed: 1, replayed: 2 });
  core.datagram(binding(alice, 8), '10.9.9.9', 4000);
  t.equal(take()[0]!.to, '10.9.9.9:4000', 'a newer one moves the binding');
  t.equal(core.bound, 1);
  t.end();
});

t.test('media goes unchanged to all others of the call, and to nobody else', (t) => {
  const { core, media, take } = bound(3);
  core.add(participant(9, 'another'));
  const packet = media(0, 1);
  core.datagram(packet, ...at(1));
  t.same(take(), [
    { bytes: packet, to: '10.0.0.1:1002' },
    { bytes: packet, to: '10.0.0.1:1003' },
  ]);
  core.datagram(media(1, 1), ...at(1));
  core.datagram(packet, '10.0.0.7', 1001);
  core.datagram(packet.subarray(0, 20), ...at(1));
  t.same(take(), [], "others' SSRCs, unknown addresses and stumps go nowhere");
  t.match(core.counters, { spoofed: 2, malformed: 1 });
  t.end();
});

t.test('who has not knocked for long gets no more media, and comes back by knocking', (t) => {
  const { core, media, take, clock, people } = bound(2);
  clock.now += 31_000;
  core.datagram(binding(people[0]!, 2), ...at(1));
  take();
  core.datagram(media(0, 1), ...at(1));
  t.same(take(), []);
  core.datagram(binding(people[1]!, 2), ...at(2));
  take();
  core.datagram(media(0, 2), ...at(1));
  t.equal(take().length, 1);
  t.end();
});

t.test(
  'a NACK is answered from memory, once in a while, and what is not there is asked of its sender',
  (t) => {
    const { core, media, take, clock, feedback, opened } = bound(3);
    const packets = Array.from({ length: 10 }, (_, index) => media(0, index));
    for (const packet of packets.filter((_, index) => index !== 4)) core.datagram(packet, ...at(1));
    take();
    const ask = (): void => {
      const nack = encodeRtcp([{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [3, 4] }]);
      core.datagram(feedback[1]!.protect(nack), ...at(2));
    };
    ask();
    const sent = take();
    t.same(sent[0], { bytes: packets[3], to: '10.0.0.1:1002' });
    t.same(opened(0, sent), [{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [4] }]);
    t.equal(sent.length, 2);
    ask();
    t.same(
      opened(0, take()),
      [{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [4] }],
      'asked again at once: one is on its way, the question for the other may be lost',
    );
    clock.now += 25;
    ask();
    const again = take();
    t.same(again[0], { bytes: packets[3], to: '10.0.0.1:1002' });
    t.same(
      opened(0, again),
      [{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [3, 4] }],
      'what was of no use may have been changed on its way in: its sender is asked too',
    );
    clock.now += 2000;
    ask();
    t.same(
      opened(0, take()),
      [{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [3, 4] }],
      'too old to be of use',
    );
    t.equal(core.counters.resentPackets, 2);
    t.end();
  },
);

t.test('sender reports reach the others, report blocks those whom they are about', (t) => {
  const { core, take, feedback, opened } = bound(3);
  const block = (ssrc: number) => ({
    ssrc,
    fractionLost: 1,
    lost: 2,
    highestSequence: 3,
    jitter: 4,
    lastSr: 5,
    delaySinceLastSr: 6,
  });
  const report: RtcpPacket = {
    kind: 'sender-report',
    ssrc: 9,
    ntpMs: 1_700_000_000_000,
    rtpTimestamp: 7,
    packetCount: 8,
    octetCount: 9,
    reports: [block(17), block(25)],
  };
  core.datagram(feedback[0]!.protect(encodeRtcp([report])), ...at(1));
  const sent = take();
  t.same(
    opened(1, sent).map(({ kind }) => kind),
    ['sender-report', 'receiver-report'],
  );
  t.match(opened(2, sent.slice()), []);
  const spoofed = feedback[1]!.protect(encodeRtcp([{ ...report, ssrc: 9, reports: [] }]));
  core.datagram(spoofed, ...at(2));
  t.same(take(), [], 'nobody reports for others');
  core.datagram(spoofed, ...at(2));
  t.equal(core.counters.replayed, 1);
  t.end();
});

t.test('nobody sends more than the limits, and the others do not notice', (t) => {
  const { core, media, take, clock } = bound(2);
  for (let index = 0; index < 7000; index++) core.datagram(media(0, index % 30_000), ...at(1));
  t.equal(take().length, 6000);
  t.equal(core.counters.limited, 1000);
  core.datagram(media(1, 1), ...at(2));
  t.equal(take().length, 1);
  clock.now += 1000;
  core.datagram(media(0, 8000), ...at(1));
  t.equal(take().length, 1);
  t.end();
});

t.test('whoever has no ticket gets an answer that is no longer than the question, and not too many', (t) => {
  const { core, take } = relay();
  const padding = { type: stunAttribute.padding, value: Buffer.alloc(40) };
  const question = (attributes: { type: number; value: Buffer }[]): Buffer =>
    encodeStun({ type: stunType.bindingRequest, transactionId: Buffer.alloc(12), attributes });
  core.datagram(question([]), '10.0.0.1', 1);
  t.same(take(), []);
  for (let index = 0; index < 100; index++) core.datagram(question([padding]), '10.0.0.1', 1);
  t.equal(take().length, 20);
  core.sweep();
  core.datagram(question([padding]), '10.0.0.1', 1);
  t.equal(take().length, 1);
  t.end();
});

const count = process.env['PYTALK_LONG_TESTS'] ? 1_000_000 : 60_000;
t.test(
  `${count} random and mutated datagrams change nothing for the running call`,
  { timeout: 300_000 },
  (t) => {
    const { core, media, take, clock, people, feedback } = bound(2);
    const random = seededRandom(11);
    const nack = encodeRtcp([{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [1] }]);
    const templates = [media(0, 100), binding(people[0]!, 3), feedback[1]!.protect(nack)];
    for (let index = 0; index < count; index++) {
      const isRandom = random() < 0.5;
      const template = templates[Math.floor(random() * templates.length)]!;
      const bytes = isRandom ? randomBytes(Math.floor(random() * 300)) : Buffer.from(template);
      if (!isRandom) {
        for (let flips = 0; flips < 3; flips++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
      }
      core.datagram(bytes, random() < 0.5 ? '10.0.0.1' : '10.0.0.2', 1000 + Math.floor(random() * 4));
      if (index % 1000 === 0) {
        clock.now += 100;
        core.sweep();
        take();
      }
    }
    t.equal(core.participants, 2);
    core.datagram(binding(people[0]!, 2 ** 40), ...at(1));
    core.datagram(binding(people[1]!, 2 ** 40), ...at(2));
    take();
    clock.now += 2000;
    const packet = media(0, 101);
    core.datagram(packet, ...at(1));
    t.same(take(), [{ bytes: packet, to: '10.0.0.1:1002' }]);
    t.end();
  },
);

const choice = { type: stunAttribute.useCandidate, value: Buffer.alloc(0) };

function chosen(of: RelayParticipant, counter: number): Buffer {
  return binding(of, counter, of.password, [choice]);
}

t.test('who asks for it through the chat connection gets media there, until UDP is chosen again', (t) => {
  const { core, media, people, take, opened, feedback } = bound(2);
  const [alice, bob] = [people[0]!, people[1]!];
  core.tunnelled(chosen(alice, 5), alice.username);
  const [answer] = take();
  t.equal(answer!.to, alice.username);
  t.ok(checkIntegrity(answer!.bytes, alice.password));
  const packet = media(1, 1);
  core.datagram(packet, ...at(2));
  t.same(take(), [{ bytes: packet, to: alice.username }]);
  core.datagram(binding(alice, 6), ...at(1));
  core.datagram(chosen(alice, 4), ...at(1));
  take();
  core.datagram(packet, ...at(2));
  t.same(
    take(),
    [{ bytes: packet, to: alice.username }],
    'a probe changes nothing, nor does an older choice',
  );
  const own = media(0, 1);
  core.tunnelled(own, alice.username);
  t.same(
    take(),
    [{ bytes: own, to: '10.0.0.1:1002' }],
    'what it sends goes on to the others, who are on UDP',
  );
  core.tunnelled(feedback[0]!.protect(encodeRtcp([{ kind: 'bye', ssrcs: [alice.ssrc] }])), alice.username);
  t.match(opened(1, take()), [{ kind: 'bye' }]);
  core.datagram(chosen(alice, 7), ...at(1));
  take();
  core.datagram(packet, ...at(2));
  t.same(take(), [{ bytes: packet, to: '10.0.0.1:1001' }]);
  t.match(core.counters, { spoofed: 0, replayed: 1, tunnelledIn: 3, tunnelledOut: 3 });
  t.equal(bob.ssrc, 16);
  t.end();
});

t.test('through a chat connection nobody speaks for another, and what came there is not sent again', (t) => {
  const { core, media, people, take, feedback, opened } = bound(3);
  const [alice, bob] = [people[0]!, people[1]!];
  core.tunnelled(media(1, 1), alice.username);
  core.tunnelled(chosen(bob, 9), alice.username);
  core.tunnelled(binding(alice, 9, 'guessed', [choice]), alice.username);
  core.tunnelled(media(0, 2), 'nobody');
  core.tunnelled(Buffer.alloc(0), alice.username);
  core.tunnelled(media(0, 3).subarray(0, 20), alice.username);
  core.tunnelled(Buffer.alloc(100, 255), alice.username);
  t.same(take(), []);
  t.match(core.counters, { spoofed: 4, malformed: 3 });
  core.tunnelled(chosen(alice, 9), alice.username);
  core.datagram(media(1, 7), ...at(2));
  take();
  const nack = (lost: number[]): Buffer =>
    feedback[0]!.protect(
      encodeRtcp([{ kind: 'nack', senderSsrc: alice.ssrc, mediaSsrc: bob.ssrc + 1, lost }]),
    );
  core.tunnelled(nack([7, 8]), alice.username);
  t.match(opened(1, take()), [{ kind: 'nack', lost: [8] }], 'only what the relay has not is asked for');
  t.end();
});

t.test(
  'a tunnel that is silent for long is forgotten, and one without an address gets nothing by UDP',
  (t) => {
    const { core, take, media, people, clock } = bound(2);
    const carol = participant(9);
    core.add(carol);
    core.tunnelled(chosen(carol, 1), carol.username);
    take();
    core.datagram(media(0, 1), ...at(1));
    t.same(
      take().map(({ to }) => to),
      ['10.0.0.1:1002', carol.username],
    );
    clock.now += 31_000;
    core.sweep();
    core.datagram(binding(people[0]!, 2), ...at(1));
    take();
    core.datagram(media(0, 2), ...at(1));
    t.same(take(), []);
    t.end();
  },
);

t.test('an answer tells what crossed by this address, and is as long as the question was made', (t) => {
  const { core, media, people, take } = bound(2);
  const [alice, bob] = [people[0]!, people[1]!];
  for (let number = 1; number <= 5; number++) core.datagram(media(0, number), ...at(1));
  core.datagram(media(1, 1), ...at(2));
  core.tunnelled(media(0, 6), alice.username);
  take();
  const padding = { type: stunAttribute.padding, value: Buffer.alloc(1_000) };
  const request = binding(alice, 2, alice.password, [padding]);
  core.datagram(request, ...at(1));
  const [answer] = take();
  const { attributes } = decodeStun(answer!.bytes);
  const traffic = attributes.find(({ type }) => type === stunAttribute.traffic)!;
  t.same(decodeTraffic(traffic.value), { up: { all: 5, long: 0 }, down: { all: 1, long: 0 } });
  t.ok(
    answer!.bytes.length > 1_000 && answer!.bytes.length <= request.length,
    `${answer!.bytes.length} bytes`,
  );
  core.datagram(binding(bob, 2), ...at(2));
  t.ok(take()[0]!.bytes.length < 200);
  t.end();
});

// Tests of what the relay does with datagrams: tickets, forwarding, feedback, limits; in memory, with a clock of the test's.
import t from 'tap';
import { encodeRtcp, type RtcpPacket } from '../../src/protocol/rtcp.js';
import { checkIntegrity, decodeStun, encodeStun, stunAttribute, stunType } from '../../src/protocol/stun.js';
import { at, binding, bound, participant, proofIn, relay } from '../support/relay-call.js';

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

t.test('what the way carries and a goodbye reach the others after a report', (t) => {
  const { core, take, feedback, opened } = bound(2);
  const remb: RtcpPacket = { kind: 'remb', senderSsrc: 8, bitsPerSecond: 1000, ssrcs: [17] };
  const bye: RtcpPacket = { kind: 'bye', ssrcs: [8, 9] };
  core.datagram(feedback[0]!.protect(encodeRtcp([remb])), ...at(1));
  t.same(opened(1, take()), [remb]);
  core.datagram(feedback[0]!.protect(encodeRtcp([bye])), ...at(1));
  t.same(opened(1, take()), [bye]);
  t.end();
});

t.test('nobody speaks for others, and many packets in one datagram make one for each of the others', (t) => {
  const { core, take, feedback, opened } = bound(2);
  const sdes: RtcpPacket = { kind: 'sdes', ssrc: 8, cname: 'a' };
  const many: RtcpPacket[] = [
    { kind: 'receiver-report', ssrc: 16, reports: [] },
    { kind: 'remb', senderSsrc: 24, bitsPerSecond: 1000, ssrcs: [17] },
    { kind: 'bye', ssrcs: [8, 16] },
    { ...sdes, ssrc: 17 },
    ...new Array<RtcpPacket>(40).fill(sdes),
  ];
  core.datagram(feedback[0]!.protect(encodeRtcp(many)), ...at(1));
  const sent = take();
  t.equal(sent.length, 1);
  t.same(opened(1, sent), new Array(40).fill(sdes));
  t.equal(core.counters.spoofed, 4);
  t.end();
});

t.test('feedback larger than any of a call is malformed', (t) => {
  const { core, take, feedback } = bound(2);
  const sdes = new Array<RtcpPacket>(200).fill({ kind: 'sdes', ssrc: 8, cname: 'a' });
  core.datagram(feedback[0]!.protect(encodeRtcp(sdes)), ...at(1));
  t.same(take(), []);
  t.equal(core.counters.malformed, 1);
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

t.test('to an address that somebody only wrote into a request hardly anything goes', (t) => {
  const { core, media, take, people } = bound(2);
  const liar = people[1]!;
  const victim = ['192.0.2.1', 53] as const;
  core.datagram(binding(liar, 2), ...victim);
  const [answer] = take();
  t.equal(answer!.to, '192.0.2.1:53');
  let sequence = 0;
  const bytesAfter = (packets: number): number => {
    for (let one = 0; one < packets; one++) core.datagram(media(0, sequence++), ...at(1));
    return take().reduce((sum, { bytes }) => sum + bytes.length, 0);
  };
  const toVictim = bytesAfter(4_000);
  t.ok(toVictim > 100_000 && toVictim <= 500_000, `${toVictim} bytes`);
  core.datagram(
    binding(liar, 3, liar.password, [{ ...proofIn(answer!.bytes), value: Buffer.alloc(8) }]),
    ...victim,
  );
  core.datagram(binding(liar, 4), '192.0.2.2', 53);
  take();
  t.ok(bytesAfter(300) < 1_000, 'nor to the next address, or for a proof that was guessed');
  core.datagram(binding(liar, 5), ...at(2));
  const own = proofIn(take()[0]!.bytes);
  core.datagram(binding(liar, 6, liar.password, [own]), ...at(2));
  const [proved] = take();
  t.equal(proofIn(proved!.bytes), undefined, 'who gets the answer can prove it');
  t.ok(bytesAfter(100) > 20_000, 'and gets all');
  core.datagram(binding(liar, 7, liar.password, [own]), ...victim);
  t.not(proofIn(take()[0]!.bytes), undefined, 'what was proved for one address is nothing for another');
  t.ok(bytesAfter(100) < 1_000);
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

t.test(
  'what a way carries of several is for the relay: it thins, says what it left out, and does not send that again',
  (t) => {
    const { core, media, take, feedback, opened, pass } = bound(3);
    const remb: RtcpPacket = { kind: 'remb', senderSsrc: 24, bitsPerSecond: 20_000, ssrcs: [9, 17] };
    const of = { ...remb, ssrcs: [9] };
    core.datagram(feedback[2]!.protect(encodeRtcp([remb, of])), ...at(3));
    const told = take();
    t.same(opened(0, told), [of], 'of one it goes on');
    t.same(opened(1, told), []);
    // A picture each, far more than may pass.
    for (let sequence = 0; sequence < 100; sequence++) {
      core.datagram(media(0, sequence), ...at(1));
      pass(10);
    }
    const sent = take();
    const isRtp = ({ bytes }: { bytes: Buffer }): boolean => (bytes[1]! & 0x7f) === 26;
    const got = (port: number) => sent.filter((one) => one.to === `10.0.0.1:${port}` && isRtp(one));
    t.equal(got(1002).length, 100, 'the other one gets all');
    t.ok(got(1003).length > 2 && got(1003).length < 40, `${got(1003).length} of 100`);
    const words = opened(
      2,
      sent.filter((one) => !isRtp(one)),
    );
    t.ok(words.length > 0 && words.every(({ kind }) => kind === 'thin'));
    const [word] = words;
    const lost = word?.kind === 'thin' ? word.ranges[0]!.first : -1;
    core.datagram(
      feedback[2]!.protect(encodeRtcp([{ kind: 'nack', senderSsrc: 24, mediaSsrc: 9, lost: [lost] }])),
      ...at(3),
    );
    const again = take();
    t.same(opened(2, again), [{ kind: 'thin', ssrc: 9, ranges: [{ first: lost, count: 1 }] }]);
    t.equal(again.length, 1, 'nobody else is asked');
    core.datagram(feedback[2]!.protect(encodeRtcp([{ kind: 'thin', ssrc: 24, ranges: [] }])), ...at(3));
    t.same(take(), [], 'only the relay says so');
    t.end();
  },
);

t.test('two are never thinned, also when a third has left', (t) => {
  const { core, media, take, feedback, people, pass } = bound(3);
  const remb: RtcpPacket = { kind: 'remb', senderSsrc: 16, bitsPerSecond: 20_000, ssrcs: [9, 25] };
  core.datagram(feedback[1]!.protect(encodeRtcp([remb])), ...at(2));
  core.remove(people[2]!.username);
  core.datagram(feedback[1]!.protect(encodeRtcp([remb])), ...at(2));
  take();
  for (let sequence = 0; sequence < 100; sequence++) {
    core.datagram(media(0, sequence), ...at(1));
    pass(10);
  }
  t.equal(take().length, 100);
  t.end();
});

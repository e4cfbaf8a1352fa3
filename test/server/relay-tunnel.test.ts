// Tests of what the relay does with datagrams that came through chat connections, and of who gets theirs there.
import t from 'tap';
import { decodeTraffic } from '../../src/protocol/binding-traffic.js';
import { encodeRtcp } from '../../src/protocol/rtcp.js';
import { checkIntegrity, decodeStun, stunAttribute } from '../../src/protocol/stun.js';
import type { RelayParticipant } from '../../src/server/relay/relay-messages.js';
import { at, binding, bound, participant } from '../support/relay-call.js';

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

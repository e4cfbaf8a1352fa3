// A million hostile datagrams at the relay, some of them from a participant with a good ticket: a call goes on unharmed, and nothing grows.
import t from 'tap';
import { encodeRtcp, type RtcpPacket } from '../../src/protocol/rtcp.js';
import { encodeStun, stunAttribute, stunType } from '../../src/protocol/stun.js';
import { readConfig } from '../../src/server/config.js';
import { bytesInUse, HostileDatagrams } from '../support/hostile-datagrams.js';
import { at, binding, bound } from '../support/relay-call.js';

t.setTimeout(300_000);

const count = 1_000_000;
const perPacket = 1_000;
const enough = { burst: 1e9, perMinute: 1e9 };

const block = { fractionLost: 1, lost: 2, highestSequence: 3, jitter: 4, lastSr: 5, delaySinceLastSr: 6 };
/** What the third participant, whose SSRCs are 24 to 31, may say to the first, whose are 8 to 15. */
const feedbackOfMallory: RtcpPacket[][] = [
  [{ kind: 'nack', senderSsrc: 24, mediaSsrc: 9, lost: [1, 2, 3, 9, 40] }],
  [{ kind: 'remb', senderSsrc: 24, bitsPerSecond: 1_000_000, ssrcs: [9, 17] }],
  [{ kind: 'bye', ssrcs: [24, 25] }],
  [
    {
      kind: 'sender-report',
      ssrc: 25,
      ntpMs: 1_700_000_000_000,
      rtpTimestamp: 1,
      packetCount: 2,
      octetCount: 3,
      reports: [
        { ssrc: 9, ...block },
        { ssrc: 17, ...block },
      ],
    },
    { kind: 'sdes', ssrc: 24, cname: 'mallory' },
  ],
];

t.test(
  'a million random and mutated datagrams change nothing for a call',
  { timeout: 300_000 },
  async (t) => {
    // Feedback is not limited here, so that all of it is looked at.
    const rates = { ...(await readConfig()).mediaRates, feedback: enough, resends: enough };
    const { core, media, take, clock, people, feedback, opened } = bound(3, rates);
    const hostile = new HostileDatagrams(11);
    const { random } = hostile;
    const compounds = feedbackOfMallory.map((packets) => encodeRtcp(packets));
    const templates = [
      media(0, 100),
      binding(people[0]!, 1),
      binding(people[2]!, 1),
      encodeStun({
        type: stunType.bindingRequest,
        transactionId: Buffer.alloc(12, 1),
        attributes: [{ type: stunAttribute.padding, value: Buffer.alloc(60) }],
      }),
      feedback[1]!.protect(encodeRtcp([{ kind: 'nack', senderSsrc: 16, mediaSsrc: 9, lost: [1] }])),
    ];
    const send = (): void => {
      const kind = random();
      if (kind < 0.2) {
        // With its ticket, from where it is: only what is in it is wrong.
        core.datagram(feedback[2]!.protect(hostile.mutant(hostile.pick(compounds), 8)), ...at(3));
        return;
      }
      const bytes = kind < 0.5 ? hostile.noise() : hostile.mutant(hostile.pick(templates));
      // Half of it as if it came from somebody of the call, the rest from all the world.
      const isNear = random() < 0.5;
      const address = isNear ? '10.0.0.1' : `10.${hostile.below(256)}.${hostile.below(256)}.1`;
      core.datagram(bytes, address, isNear ? 1000 + hostile.below(4) : hostile.below(65_536));
    };

    let [sequence, counter, harmed, told] = [200, 2 ** 40, 0, 0];
    let before = Infinity;
    for (let index = 0; index < count; index++) {
      send();
      if (index % perPacket > 0) continue;
      clock.now += 100;
      if (index % (10 * perPacket) === 0) core.sweep();
      // What the others were told can be opened and read, all of it.
      told += opened(
        0,
        take().filter(({ bytes }) => bytes[1] !== 26 && bytes[0]! >= 0x80),
      ).length;
      counter++;
      people.forEach((one) => core.datagram(binding(one, counter), ...at(one.id)));
      take();
      const packet = media(0, sequence++);
      core.datagram(packet, ...at(1));
      const forwarded = take().filter(({ to }) => to === '10.0.0.1:1002');
      if (forwarded.length !== 1 || forwarded[0]!.bytes !== packet) harmed++;
      if (index === count / 5) before = bytesInUse();
    }
    t.equal(harmed, 0, 'each packet of the call came through, once');
    t.ok(told > 10_000, `${told} packets of feedback were told to others`);
    t.equal(core.participants, 3);
    t.equal(core.bound, 3);
    const counts = core.counters;
    t.ok(
      Math.min(counts.malformed, counts.spoofed, counts.replayed, counts.stunAnswered) > 100,
      'all are counted',
    );
    const growth = bytesInUse() - before;
    t.ok(growth < 4 << 20, `${growth} bytes more in use after four fifths of them`);
  },
);

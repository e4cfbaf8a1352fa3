// Tests of what is left out for one receiver whose way carries less than is sent: whole pictures, told before what shows the gap.
import t from 'tap';
import { encodeRtp, sequenceOf, ssrcOf } from '../../../src/protocol/rtp.js';
import type { PacketRange } from '../../../src/protocol/packet-numbers.js';
import { Thinning } from '../../../src/server/relay/thinning.js';

const packetBytes = 1_000;
const packetsOfPicture = 8;

/** A receiver of several senders, each with a camera; time passes when the test says so. */
function receiver(bps: number) {
  const clock = { now: 10_000 };
  const waiting: { at: number; run: () => void }[] = [];
  /** What goes to the receiver, in order: packets, and words about what was left out. */
  const got: ({ packet: Buffer; at: number } | { ssrc: number; ranges: PacketRange[] })[] = [];
  const counters = { thinnedPackets: 0, thinnedPictures: 0 };
  const thinning = new Thinning(
    {
      counters,
      send: (packet) => got.push({ packet, at: clock.now }),
      tell: (ssrc, ranges) => got.push({ ssrc, ranges }),
      later: (ms, run) => waiting.push({ at: clock.now + ms, run }),
      now: () => clock.now,
    },
    bps,
  );
  const pass = (ms: number): void => {
    const end = clock.now + ms;
    for (;;) {
      const next = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      waiting.splice(waiting.indexOf(next), 1);
      clock.now = next.at;
      next.run();
    }
    clock.now = end;
  };
  const take = (packet: Buffer): void => {
    if (!thinning.takes(packet, clock.now)) got.push({ packet, at: clock.now });
  };
  const sequences = new Map<number, number>();
  const rtp = (ssrc: number, timestamp: number, length = packetBytes, csrcs: number[] = []): Buffer => {
    const sequenceNumber = sequences.get(ssrc) ?? 65_500;
    sequences.set(ssrc, (sequenceNumber + 1) & 0xffff);
    const fields = { payloadType: 26, marker: false, captureTimeMs: null, csrcs };
    const payload = Buffer.alloc(length - 12 - 4 * csrcs.length);
    return encodeRtp({ ...fields, sequenceNumber, timestamp, ssrc, payload });
  };
  /** A picture of a stream; `repairs` packets for it follow. */
  let budget = bps;
  /** The receiver says what its way carries, as before or anew. */
  const say = (other = budget): void => thinning.setBudget((budget = other));
  const picture = (ssrc: number, repairs = 0): void => {
    const timestamp = clock.now * 90;
    for (let one = 0; one < packetsOfPicture; one++) take(rtp(ssrc, timestamp));
    for (let one = 0; one < repairs; one++) take(rtp(ssrc - (ssrc % 8) + 3, 7, packetBytes, [ssrc]));
  };
  const sound = (ssrc: number): void => take(rtp(ssrc, clock.now * 48, 200));
  const packets = () => got.flatMap((one) => ('packet' in one ? [one] : []));
  /** Pictures of which every packet came, by stream. */
  const whole = (ssrc: number): number => {
    const counts = new Map<number, number>();
    for (const { packet } of packets()) {
      if (ssrcOf(packet) !== ssrc) continue;
      counts.set(packet.readUInt32BE(4), (counts.get(packet.readUInt32BE(4)) ?? 0) + 1);
    }
    const full = [...counts.values()];
    // The last one may be under way.
    return full.filter((count) => count === packetsOfPicture).length;
  };
  return { thinning, counters, say, clock, got, pass, take, rtp, picture, sound, packets, whole };
}

/** Ten pictures a second of these streams for so many seconds, and sound of those. */
function send(to: ReturnType<typeof receiver>, cameras: number[], voices: number[], seconds: number): void {
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    to.say();
    for (const ssrc of cameras) to.picture(ssrc);
    for (let block = 0; block < 5; block++) {
      for (const ssrc of voices) to.sound(ssrc);
      to.pass(20);
    }
  }
}

t.test('as many whole pictures pass as the budget allows, evenly of all, and nothing by halves', (t) => {
  const to = receiver(640_000);
  // 1.92 Mbit/s are sent: one picture in three can pass.
  send(to, [8 + 1, 16 + 1, 24 + 2], [], 20);
  const seen = [9, 17, 26].map(to.whole);
  const sum = seen.reduce((a, b) => a + b, 0);
  t.ok(sum >= 180 && sum <= 202, `${sum} of 600 pictures`);
  for (const count of seen) t.ok(count >= 0.25 * sum, `${seen.join(', ')}: each its part`);
  const begun = new Set(to.packets().map(({ packet }) => `${ssrcOf(packet)} ${packet.readUInt32BE(4)}`)).size;
  t.ok(begun - sum <= 1, 'all but the one under way are whole');
  t.equal(to.counters.thinnedPictures, 600 - begun, 'the others are counted');
  t.equal(to.counters.thinnedPackets, (600 - begun) * packetsOfPicture);
  t.end();
});

t.test('what was left out is told exactly, before the packet that shows the gap', (t) => {
  const to = receiver(160_000);
  send(to, [9, 17], [], 10);
  for (const ssrc of [9, 17]) {
    let next: number | null = null;
    const leftOut = new Set<number>();
    for (const one of to.got) {
      if ('ranges' in one) {
        if (one.ssrc !== ssrc) continue;
        for (const { first, count } of one.ranges) {
          for (let at = 0; at < count; at++) leftOut.add((first + at) & 0xffff);
        }
        continue;
      }
      if (ssrcOf(one.packet) !== ssrc) continue;
      const sequence = sequenceOf(one.packet);
      t.notOk(leftOut.has(sequence));
      while (next !== null && next !== sequence) {
        if (!leftOut.has(next)) return t.fail(`${next} of ${ssrc} neither came nor was told`);
        next = (next + 1) & 0xffff;
      }
      next = (sequence + 1) & 0xffff;
    }
  }
  t.end();
});

t.test('a word is told once more with the next, and again to who asks for what was left out', (t) => {
  const to = receiver(160_000);
  send(to, [9], [], 6);
  const words = to.got.flatMap((one) => ('ranges' in one ? [one.ranges] : []));
  t.ok(words.length >= 3);
  t.same(words[1]![0], words[0]!.at(-1));
  const { first, count } = words[0]!.at(-1)!;
  t.same(to.thinning.leftOutOf(9, [first, (first + count) & 0xffff]), [first]);
  t.same(to.thinning.leftOutOf(17, [first]), []);
  t.end();
});

t.test('sound passes at once and always, and pictures have what it leaves', (t) => {
  const to = receiver(160_000);
  send(to, [9, 17], [8], 10);
  const sound = to.packets().filter(({ packet }) => ssrcOf(packet) === 8);
  t.equal(sound.length, 500);
  const seen = to.whole(9) + to.whole(17);
  // 160 less 80 of sound, 64 a picture: 12 in 10 s.
  t.ok(seen >= 9 && seen <= 13, `${seen} pictures`);
  t.ok(to.whole(9) > to.whole(17), 'who speaks is seen more');
  t.end();
});

t.test('of more voices than the way carries those pass that spoke first, whole', (t) => {
  const to = receiver(160_000);
  send(to, [], [8], 2);
  send(to, [], [8, 16, 24], 6);
  const heard = [8, 16, 24].map(
    (ssrc) => to.packets().filter(({ packet }) => ssrcOf(packet) === ssrc).length,
  );
  t.equal(heard[0], 400, 'the first goes on');
  t.ok(heard[1]! <= 60 && heard[2]! <= 60, `${heard.join(', ')}: the others wait`);
  to.say(1_000_000);
  const before = to.packets().length;
  send(to, [], [8, 16, 24], 4);
  t.ok(to.packets().length - before >= 540, 'and come back when there is room');
  t.end();
});

t.test('pictures are spread over time, so that sound does not stand behind them', (t) => {
  const to = receiver(320_000);
  send(to, [9], [], 5);
  // Before, it had not been seen yet how much is sent.
  const times = to.packets().flatMap(({ at }) => (at > 11_500 ? [at] : []));
  for (let from = 0; from + 6 < times.length; from++) {
    t.ok(times[from + 6]! - times[from]! >= 75, 'six packets take as long as they should');
  }
  t.end();
});

t.test('repair packets go with the picture that they protect, and not without it', (t) => {
  const to = receiver(320_000);
  for (let tenth = 0; tenth < 50; tenth++) {
    to.picture(9, 2);
    to.pass(100);
  }
  to.pass(2_000);
  const repairs = to.packets().filter(({ packet }) => ssrcOf(packet) === 11).length;
  t.ok(to.whole(9) >= 15 && to.whole(9) <= 24, `${to.whole(9)} pictures`);
  t.equal(repairs, 2 * to.whole(9));
  t.end();
});

t.test('with more room than is sent, all passes at once', (t) => {
  const to = receiver(2_000_000);
  send(to, [9, 17], [8], 3);
  t.equal(to.whole(9) + to.whole(17), 60);
  t.ok(
    to
      .packets()
      .every(({ packet, at }) => packet.readUInt32BE(4) === (at * (ssrcOf(packet) === 8 ? 48 : 90)) >>> 0),
  );
  t.end();
});

t.test('a picture that was begun at a better time is given up when the way narrows', (t) => {
  const to = receiver(10_000_000);
  send(to, [9], [], 2);
  to.say(500_000);
  for (let one = 0; one < 700; one++) to.take(to.rtp(9, 1));
  const before = to.packets().length;
  to.pass(20_000);
  t.ok(to.packets().length - before < 600, 'an endless picture does not fill the memory');
  to.say(100_000);
  send(to, [9], [], 5);
  t.ok(to.whole(9) > 20, 'later ones pass');
  t.end();
});

t.test('what its sender sends again for others is not sent again to who has it', (t) => {
  const to = receiver(160_000);
  send(to, [9], [], 3);
  const passed = to.packets().at(-1)!.packet;
  const before = to.packets().length;
  t.ok(to.thinning.takes(passed, to.clock.now));
  to.pass(1_000);
  t.equal(to.packets().filter(({ packet }) => packet.equals(passed)).length, 1);
  t.ok(to.packets().length - before < packetsOfPicture);
  t.end();
});

t.test('what got lost is sent once more, before what waits, and not twice at once', (t) => {
  const to = receiver(160_000);
  send(to, [9], [], 3.1);
  const { packet } = to.packets().findLast((one) => ssrcOf(one.packet) === 9)!;
  to.pass(400);
  t.ok(to.thinning.again(9, sequenceOf(packet)));
  t.ok(to.thinning.again(9, sequenceOf(packet)));
  t.notOk(to.thinning.again(9, (sequenceOf(packet) + 5_000) & 0xffff), 'nobody has that here');
  const before = to.packets().length;
  to.pass(1_000);
  t.ok(to.packets()[before]!.packet.equals(packet), 'the next to go');
  t.equal(to.packets().filter((one) => one.packet.equals(packet)).length, 2);
  t.end();
});

t.test('a receiver that says nothing more gets everything again', (t) => {
  const to = receiver(160_000);
  send(to, [9, 17], [], 2);
  to.pass(4_000);
  t.notOk(to.thinning.isOver(to.clock.now));
  to.pass(2_000);
  const before = to.whole(9) + to.whole(17);
  for (let tenth = 0; tenth < 30; tenth++) {
    for (const ssrc of [9, 17]) to.picture(ssrc);
    to.pass(100);
  }
  t.equal(to.whole(9) + to.whole(17) - before, 60);
  t.ok(to.thinning.isOver(to.clock.now));
  t.end();
});

t.test('no budget, short packets and foreign CSRCs do no harm', (t) => {
  const to = receiver(0);
  send(to, [9], [8], 2);
  for (const first of [0x80, 0x81, 0x8f, 0x9f]) {
    for (const ssrc of [8, 9, 11, 15]) {
      const packet = Buffer.alloc(29, first);
      packet.writeUInt32BE(ssrc, 8);
      to.take(packet);
    }
  }
  to.say(0);
  to.pass(10_000);
  t.pass();
  t.end();
});

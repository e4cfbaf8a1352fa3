// Tests of each sender's part of a way that several share.
import t from 'tap';
import { streamOffset } from '../../../src/protocol/media-streams.js';
import { RemotePerson } from '../../../src/media/session/remote-person.js';
import { SharedWay } from '../../../src/media/session/shared-way.js';

/** Two senders on a way with a queue that grows, the first of them with nine times as much. */
function narrowWay() {
  const events = { frame: () => undefined, arrived: () => undefined, audioPacket: () => undefined };
  const people = new Map([8, 16].map((ssrc, at) => [at + 1, new RemotePerson({ id: at + 1, ssrc }, events)]));
  const [busy, quiet] = [people.get(1)!, people.get(2)!];
  const way = new SharedWay();
  const nowMs = 4_000;
  for (let at = 0; at < nowMs; at += 10) {
    const delayMs = 20 + at / 10;
    const from = at % 100 === 0 ? quiet : busy;
    way.add(at, from.ssrc + streamOffset.screen, 1_000, delayMs);
    from.arrivals.add(at, streamOffset.screen, 1_000, delayMs);
    from.lastPictureMs = at;
    if (at % 100 !== 0) continue;
    way.update(at, people.values(), 20);
    for (const person of people.values()) person.rate(at, 20, way.measured);
  }
  const shareOf = (person: RemotePerson): number => way.shareOf(person, people, nowMs)!;
  return { busy, quiet, shareOf, bps: way.estimate.bps!, nowMs };
}

for (const [name, offset] of [
  ['cameras', streamOffset.video],
  ['second pictures', streamOffset.screen],
] as const) {
  t.test(`while ${name} are thinned everybody has an even share`, (t) => {
    const { busy, quiet, shareOf, bps, nowMs } = narrowWay();
    t.ok(shareOf(busy) > 0.7 * bps, 'before, who sends much may go on');
    quiet.leftOut(quiet.ssrc + offset, [{ first: 1, count: 3 }], nowMs);
    t.equal(shareOf(busy), bps / 2);
    t.equal(shareOf(quiet), bps / 2);
    t.end();
  });
}

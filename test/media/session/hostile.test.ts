// A million hostile datagrams at a client, some of them from a participant who has all keys: a call goes on unharmed, and nothing grows.
import t from 'tap';
import { payloadType, streamOffset } from '../../../src/protocol/media-streams.js';
import { encodeRtcp, type RtcpPacket } from '../../../src/protocol/rtcp.js';
import { packetiseJpeg, parseJpeg } from '../../../src/protocol/rtp-jpeg.js';
import { encodeRtp } from '../../../src/protocol/rtp.js';
import { SrtcpSender, SrtpSender } from '../../../src/protocol/srtp.js';
import { encodeStun, stunAttribute, stunType } from '../../../src/protocol/stun.js';
import { readConfig } from '../../../src/server/config.js';
import { bytesInUse, HostileDatagrams } from '../../support/hostile-datagrams.js';
import { numberedJpegs, numbersOf } from '../../support/media-pair.js';
import { virtualCall, type VirtualSide } from '../../support/virtual-call.js';

t.setTimeout(300_000);

const count = 1_000_000;
/** Pictures of the call among them, so many datagrams apart. */
const perPicture = 2_000;
const pictures = await numberedJpegs(50);
const enough = { burst: 1e9, perMinute: 1e9 };
/** Above all that its session has used. */
const firstIndex = 2 ** 20;
const block = { fractionLost: 255, lost: 2, highestSequence: 3, jitter: 4, lastSr: 5, delaySinceLastSr: 6 };

/** Feedback about bob's streams, in mallory's name. */
function compoundsOf({ ticket: { ssrc } }: VirtualSide, { ticket: about }: VirtualSide): Buffer[] {
  const [mine, theirs] = [ssrc + streamOffset.audio, about.ssrc + streamOffset.video];
  const compounds: RtcpPacket[][] = [
    [{ kind: 'nack', senderSsrc: mine, mediaSsrc: theirs, lost: [1, 2, 3, 9, 40] }],
    [{ kind: 'remb', senderSsrc: mine, bitsPerSecond: 50_000_000, ssrcs: [theirs] }],
    [
      {
        kind: 'sender-report',
        ssrc: mine,
        ntpMs: 1_700_000_000_000,
        rtpTimestamp: 1,
        packetCount: 2,
        octetCount: 3,
        reports: [{ ssrc: theirs, ...block }],
      },
      { kind: 'sdes', ssrc: mine, cname: 'mallory' },
    ],
  ];
  return compounds.map((packets) => encodeRtcp(packets));
}

/** Mallory's streams, in which everything but the order of the numbers may be wrong. */
function hostileStreams({ ticket, key }: VirtualSide, hostile: HostileDatagrams): () => Buffer {
  const srtp = new SrtpSender(key.master, key.epoch);
  const fragments = packetiseJpeg(parseJpeg(pictures[0]!), 1_100);
  const sequences = new Map<number, number>();
  let timestamp = 0;
  return () => {
    const offset = hostile.random() < 0.9 ? hostile.below(2) : hostile.below(8);
    const isVideo = offset === streamOffset.video;
    const jump = hostile.random() < 0.01 ? hostile.below(20_000) : hostile.below(3);
    const sequenceNumber = ((sequences.get(offset) ?? 0) + 1 + jump) & 0xffff;
    sequences.set(offset, sequenceNumber);
    timestamp += hostile.random() < 0.01 ? hostile.below(2 ** 32) : hostile.below(500);
    const payload = isVideo ? hostile.mutant(hostile.pick(fragments)) : hostile.noise();
    const rtp = encodeRtp({
      payloadType: isVideo ? payloadType.jpeg : hostile.pick([payloadType.opus, payloadType.red, 0]),
      marker: hostile.random() < 0.2,
      sequenceNumber,
      timestamp,
      ssrc: ticket.ssrc + offset,
      captureTimeMs: hostile.random() < 0.1 ? hostile.random() * 2 ** 41 : null,
      payload: hostile.random() < 0.1 ? payload.subarray(0, hostile.below(20)) : payload,
    });
    return srtp.protect(rtp);
  };
}

t.test('a million random and mutated datagrams do not harm a call', async (t) => {
  // The relay limits none of it here, so that all of it is looked at.
  const rates = { ...(await readConfig()).mediaRates, packets: enough, bytes: enough, feedback: enough };
  const { time, sides, show, speak } = await virtualCall(3, { rates });
  const [alice, bob, mallory] = sides as [VirtualSide, VirtualSide, VirtualSide];
  const stop = speak();
  show(pictures.slice(0, 10), 33);
  await mallory.session.close();

  const hostile = new HostileDatagrams(13);
  const streams = hostileStreams(mallory, hostile);
  const compounds = compoundsOf(mallory, bob);
  const toRelay = new SrtcpSender(Buffer.from(mallory.ticket.toRelay), firstIndex);
  const [fragment] = packetiseJpeg(parseJpeg(pictures[0]!), 1_100);
  const inTheNameOf = ({ ticket: { ssrc } }: VirtualSide): Buffer => {
    const fields = { payloadType: 26, marker: true, sequenceNumber: 5, timestamp: 5, captureTimeMs: 5 };
    return encodeRtp({ ...fields, ssrc: ssrc + streamOffset.video, payload: fragment! });
  };
  const templates = [
    inTheNameOf(alice),
    inTheNameOf(bob),
    new SrtcpSender(Buffer.alloc(28, 1)).protect(compounds[0]!),
    encodeStun(
      {
        type: stunType.bindingSuccess,
        transactionId: Buffer.alloc(12, 1),
        attributes: [{ type: stunAttribute.username, value: Buffer.from(bob.ticket.username) }],
      },
      { integrityKey: 'guessed' },
    ),
  ];

  const numbers: number[] = [];
  let [before, shown, ofBob] = [Infinity, 0, 0];
  /** Nothing that the test keeps may look like growth. */
  const take = (): void => {
    const ofAlice = bob.frames.splice(0).filter(({ from }) => from === alice.id);
    numbers.push(...numbersOf(ofAlice, pictures));
    ofBob += alice.frames.splice(0).filter(({ from }) => from === bob.id).length;
    mallory.frames.length = 0;
    for (const { latencies } of sides) latencies.length = 0;
  };
  time.pass(400);
  take();
  numbers.length = ofBob = 0;
  for (let index = 0; index < count; index++) {
    const kind = hostile.random();
    if (kind < 0.05) mallory.send(streams());
    else if (kind < 0.1) mallory.send(toRelay.protect(hostile.mutant(hostile.pick(compounds), 8)));
    else bob.receive(kind < 0.5 ? hostile.noise() : hostile.mutant(hostile.pick(templates)));
    if (index % perPicture === 0) {
      show([pictures[shown++ % pictures.length]!], 33);
      take();
    }
    if (index === count / 5) before = bytesInUse();
  }
  time.pass(400);
  take();
  stop();

  const all = Array.from({ length: shown }, (_, at) => at % pictures.length);
  t.same(numbers, all, 'bob saw all that alice showed, in order, each once');
  t.equal(ofBob, shown, 'and alice saw bob');
  const received = bob.session.stats().received.get(alice.id)!;
  t.match(received, { video: { lost: 0 }, audio: { lost: 0, concealedMs: 0 } });
  const growth = bytesInUse() - before;
  t.ok(growth < 16 << 20, `${growth} bytes more in use after four fifths of them`);
});

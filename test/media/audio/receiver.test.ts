// Tests of sound over a bad network, in simulated time: order, redundancy, concealment, silence, drifting clocks.
import t from 'tap';
import { AudioEncoder, usualSound, type EncodedSound } from '../../../src/media/audio/encoder.js';
import { level, mix, rms } from '../../../src/media/audio/mixer.js';
import { AudioReceiver } from '../../../src/media/audio/receiver.js';
import { findSamples, wavHeader } from '../../../src/media/audio/wav.js';
import { seededRandom } from '../../support/bad-network.js';

const blockMs = 20;

/** A voice: a tone whose pitch and loudness wander. */
function voice(block: number): Int16Array {
  return Int16Array.from({ length: 960 }, (_, at) => {
    const second = (block * 960 + at) / 48_000;
    const phase = 2 * Math.PI * 180 * second + 3 * Math.sin(4 * second);
    return 7000 * Math.sin(phase) * (0.7 + 0.3 * Math.sin(9 * second));
  });
}

interface Line {
  loss?: number;
  jitterMs?: number;
  /** The far clock runs faster by so many parts in a million. */
  driftPpm?: number;
  redundancy?: number;
  /** How long a queue holds each block up, in milliseconds. */
  queueMs?: (block: number) => number;
  blocks?: number;
  speaks?: (block: number) => boolean;
  /** Whether anybody hears a block of this number. */
  isHeard?: (block: number) => boolean;
}

/** Sends so many blocks over a line, and plays what comes; returns what was heard. */
function run({
  loss = 0,
  jitterMs = 0,
  driftPpm = 0,
  redundancy = 1,
  queueMs = () => 0,
  blocks = 1000,
  speaks = () => true,
  isHeard = () => true,
}: Line) {
  const encoder = new AudioEncoder({ ...usualSound, redundancy });
  const receiver = new AudioReceiver();
  const random = seededRandom(3);
  const onTheWay: { atMs: number; sequenceNumber: number; sound: EncodedSound }[] = [];
  let sequenceNumber = 65_000;
  let packets = 0;
  let marked = 0;
  let heard = 0;
  let played = 0;
  let maxBufferMs = 0;
  const farBlockMs = blockMs / (1 + driftPpm / 1e6);
  let farBlock = 0;
  for (let tick = 0; tick < blocks + 30; tick++) {
    const now = tick * blockMs;
    while (farBlock < blocks && farBlock * farBlockMs <= now) {
      const samples = speaks(farBlock) ? voice(farBlock) : new Int16Array(960);
      const sound = encoder.encode({ samples, capturedAt: farBlock * blockMs });
      if (sound) {
        packets++;
        if (sound.marker) marked++;
        const atMs = farBlock * farBlockMs + 30 + random() * jitterMs + queueMs(farBlock);
        if (random() >= loss) onTheWay.push({ atMs, sequenceNumber: sequenceNumber & 0xffff, sound });
        sequenceNumber++;
      }
      farBlock++;
    }
    for (const packet of onTheWay.filter(({ atMs }) => atMs <= now)) {
      onTheWay.splice(onTheWay.indexOf(packet), 1);
      const { payload, payloadType, timestamp } = packet.sound;
      receiver.push({
        sequenceNumber: packet.sequenceNumber,
        timestamp: (timestamp + 4_294_900_000) >>> 0,
        payloadType,
        payload,
        arrivedAtMs: packet.atMs,
      });
    }
    receiver.isHeard = isHeard(tick);
    const block = receiver.pull(now + 1);
    if (block) played++;
    if (block && rms(block) > 300) heard++;
    maxBufferMs = Math.max(maxBufferMs, receiver.stats.bufferMs);
  }
  return { packets, marked, heard, played, maxBufferMs, stats: receiver.stats };
}

t.test('on a good line all is heard, with little delay, and nothing is made up', (t) => {
  const { heard, stats, maxBufferMs } = run({});
  t.ok(heard > 990, `${heard} of 1,000 blocks`);
  t.equal(stats.concealedMs, 0);
  t.ok(maxBufferMs <= 100, `${maxBufferMs} ms waited at most`);
  t.end();
});

t.test('with 5 % loss and jitter redundancy leaves little to make up', (t) => {
  const { heard, stats } = run({ loss: 0.05, jitterMs: 40 });
  t.ok(stats.concealedMs <= 0.02 * 1000 * blockMs, `${stats.concealedMs} ms made up`);
  t.ok(heard > 960, `${heard} blocks heard`);
  const without = run({ loss: 0.05, jitterMs: 40, redundancy: 0 });
  t.ok(without.stats.concealedMs > 2 * stats.concealedMs, 'it is the redundancy that does it');
  t.end();
});

t.test('silence is not sent, begins with a marker, and does not count as lost', (t) => {
  const { packets, marked, stats } = run({ speaks: (block) => block % 200 < 80 });
  t.ok(packets < 600, `${packets} packets for 1,000 blocks`);
  t.equal(marked, 5);
  t.ok(stats.concealedMs <= 60, `${stats.concealedMs} ms`);
  t.end();
});

t.test('a queue that grows and empties makes sound wait longer and shorter, and loses none', (t) => {
  // A quarter of a second more within five seconds, for ten seconds, and gone again within five.
  const queueMs = (block: number): number => Math.max(0, Math.min(block - 200, 250, 1200 - block));
  const { heard, stats, maxBufferMs } = run({ queueMs, blocks: 2000 });
  t.equal(stats.late, 0, 'nothing came too late');
  t.ok(stats.concealedMs <= 200, `${stats.concealedMs} ms made up`);
  t.ok(stats.stretchedMs >= 200, `${stats.stretchedMs} ms stretched`);
  t.ok(stats.delayMs <= 40, `${stats.delayMs} ms of delay in the end`);
  t.ok(stats.bufferMs <= 60, `${stats.bufferMs} ms wait in the end`);
  t.ok(maxBufferMs >= 100, `${maxBufferMs} ms waited at most`);
  t.ok(heard > 1980, `${heard} of 2,000 blocks`);
  t.end();
});

t.test('what nobody hears is not decoded, and its figures are those of what is heard', (t) => {
  const lines: Line[] = [
    { loss: 0.1, jitterMs: 60, blocks: 400 },
    { loss: 0.05, blocks: 400, speaks: (block) => block % 100 < 40 },
  ];
  for (const line of lines) {
    const heard = run(line);
    const unheard = run({ ...line, isHeard: () => false });
    t.equal(unheard.heard, 0, 'nothing but silence');
    const { concealedMs, bufferMs, late } = unheard.stats;
    const off = Math.abs(concealedMs - heard.stats.concealedMs);
    t.ok(
      off <= 20 + 0.1 * heard.stats.concealedMs,
      `${concealedMs} ms made up, ${heard.stats.concealedMs} when heard`,
    );
    t.ok(
      Math.abs(bufferMs - heard.stats.bufferMs) <= 20,
      `${bufferMs} ms wait, ${heard.stats.bufferMs} when heard`,
    );
    t.equal(late, heard.stats.late);
  }
  const { heard } = run({ blocks: 200, isHeard: (block) => block >= 100 });
  t.ok(heard > 90 && heard <= 110, `${heard} of the last 100 blocks are heard`);
  t.end();
});

t.test('clocks that drift apart do not let the delay grow', (t) => {
  for (const driftPpm of [300, -300]) {
    const { heard, maxBufferMs } = run({ driftPpm, blocks: 20_000 });
    t.ok(maxBufferMs < 200, `${maxBufferMs} ms waited at most at ${driftPpm} ppm`);
    t.ok(heard > 19_500, `${heard} of 20,000 blocks`);
  }
  t.end();
});

t.test('bytes that are no sound harm nothing', (t) => {
  const receiver = new AudioReceiver();
  const random = seededRandom(5);
  for (let count = 0; count < 3000; count++) {
    receiver.push({
      sequenceNumber: Math.floor(random() * 65_536),
      timestamp: Math.floor(random() * 2 ** 32),
      payloadType: random() < 0.5 ? 63 : 111,
      payload: Buffer.from(Array.from({ length: Math.floor(random() * 90) }, () => random() * 256)),
      arrivedAtMs: count,
    });
    receiver.pull(count);
  }
  t.ok(receiver.stats.bufferMs < 2 ** 31);
  t.end();
});

t.test('a mix stays within 16 bits, and one sound alone passes unchanged', (t) => {
  const loud = new Int16Array(960).fill(30_000);
  const both = mix([loud, loud], 1)!;
  t.ok(both[0]! > 30_000 && both[0]! <= 32_767);
  t.equal(mix([loud], 1), loud);
  t.equal(mix([loud], 0), null);
  t.equal(mix([], 1), null);
  t.equal(level(new Int16Array(960)), 0);
  t.ok(level(loud) > 0.95);
  t.end();
});

t.test('WAV headers are read as they were written, and other files are not taken for ours', (t) => {
  const file = Buffer.concat([wavHeader(8), Buffer.alloc(8, 1)]);
  t.same(findSamples(file), { start: 44, end: 52 });
  t.same(findSamples(Buffer.concat([wavHeader(800), Buffer.alloc(8)])), { start: 44, end: 52 }, 'cut off');
  const stereo = Buffer.from(file);
  stereo.writeUInt16LE(2, 22);
  t.equal(findSamples(stereo), null);
  for (let length = 0; length < 44; length++) t.equal(findSamples(file.subarray(0, length)), null);
  t.end();
});

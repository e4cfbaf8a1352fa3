// The relay's memory of recent packets.
import t from 'tap';
import { encodeRtp } from '../../../src/protocol/rtp.js';
import { PacketMemory } from '../../../src/server/relay/packet-memory.js';

function packet(ssrc: number, sequence: number, bytes = 1_000): Buffer {
  const payload = Buffer.alloc(bytes, sequence % 251);
  return encodeRtp({
    payloadType: 26,
    marker: false,
    sequenceNumber: sequence,
    timestamp: 0,
    ssrc,
    captureTimeMs: null,
    payload,
  });
}

t.test('finds what it was given by SSRC and sequence number, and nothing else', (t) => {
  const memory = new PacketMemory(2 ** 20);
  memory.keep(packet(8, 1), 8, 0);
  t.strictSame(memory.find(8, 1, 10), packet(8, 1));
  t.equal(memory.find(8, 2, 10), null);
  t.equal(memory.find(16, 1, 10), null);
  t.end();
});

t.test('finds no packet that comes too late to be of use', (t) => {
  const memory = new PacketMemory(2 ** 20);
  memory.keep(packet(8, 1), 8, 0);
  t.ok(memory.find(8, 1, 1_000));
  t.equal(memory.find(8, 1, 1_001), null);
  t.end();
});

t.test('gives the newest packets when it is full, and never one in place of another', (t) => {
  const memory = new PacketMemory(2 ** 20);
  for (let sequence = 0; sequence < 3_000; sequence++) memory.keep(packet(8, sequence), 8, 0);
  t.equal(memory.find(8, 0, 0), null);
  t.strictSame(memory.find(8, 2_999, 0), packet(8, 2_999));
  for (let sequence = 0; sequence < 3_000; sequence++) {
    const found = memory.find(8, sequence, 0);
    if (found && !found.equals(packet(8, sequence))) t.fail(`another packet for ${sequence}`);
  }
  t.end();
});

t.test('answers with no stranger when streams share a place in its index', (t) => {
  const memory = new PacketMemory(2 ** 26);
  const streams = 50;
  let lost = 0;
  for (let sequence = 0; sequence < 400; sequence++)
    for (let at = 1; at <= streams; at++) memory.keep(packet(at * 8, sequence, 30), at * 8, 0);
  for (let sequence = 0; sequence < 400; sequence++) {
    for (let at = 1; at <= streams; at++) {
      const found = memory.find(at * 8, sequence, 0);
      if (!found) lost++;
      else if (!found.equals(packet(at * 8, sequence, 30))) t.fail('another packet');
    }
  }
  t.ok(lost < 0.1 * 400 * streams, `${lost} of ${400 * streams} lost their place`);
  t.end();
});

t.test('still finds recent packets after old ones were swept', (t) => {
  const memory = new PacketMemory(2 ** 22);
  for (let sequence = 0; sequence < 2_000; sequence++) memory.keep(packet(8, sequence), 8, 0);
  memory.keep(packet(8, 2_000), 8, 1_500);
  memory.sweep(1_500);
  t.strictSame(memory.find(8, 2_000, 1_500), packet(8, 2_000));
  t.end();
});

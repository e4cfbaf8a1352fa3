import t from 'tap';
import { SentPackets } from '../../../src/media/session/sent-packets.js';

const packet = Buffer.from('packet');

t.test('a packet is sent again for a second, and not twice at once', (t) => {
  const sent = new SentPackets();
  sent.keep(65_535, packet, 0);
  sent.keep(0, packet, 10);
  t.equal(sent.again(65_535, 900), packet);
  t.equal(sent.again(65_535, 910), null, 'several ask within moments');
  t.equal(sent.again(65_535, 930), packet);
  t.equal(sent.again(65_535, 1_001), null);
  t.equal(sent.again(1, 20), null, 'one that was never sent');
  t.end();
});

t.test(
  'what is of no use any more is not kept, also over the end of the numbers and more than there is room',
  (t) => {
    const sent = new SentPackets();
    const first = 65_000;
    const count = 3_000;
    for (let at = 0; at < count; at++) sent.keep((first + at) & 0xffff, packet, at / 2);
    // The clock of the question is set back: what is still there shows.
    const last = (first + count - 1) & 0xffff;
    t.equal(sent.again((last - 1_023) & 0xffff, 1_000), packet, 'the oldest that there is room for');
    sent.keep((last + 1) & 0xffff, packet, 10_000);
    for (let back = 0; back < 1_024; back++)
      t.equal(sent.again((last - back) & 0xffff, 1_500), null, `${back} before the last`);
    t.equal(sent.again((last + 1) & 0xffff, 10_000), packet);
    t.end();
  },
);

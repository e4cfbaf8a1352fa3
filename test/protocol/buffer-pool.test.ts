// Buffers that are used again: of one size, and never more of them than were asked for.
import t from 'tap';
import { BufferPool } from '../../src/protocol/buffer-pool.js';

t.test('hands out again what was given back, before it makes a new one', async (t) => {
  const pool = new BufferPool(10, 2);
  t.equal(pool.takeSpare(), undefined);
  const first = pool.take();
  t.equal(first.length, 10);
  t.not(pool.take(), first);
  pool.give(first);
  t.equal(pool.take(), first);
});

t.test('lets go what is over its number, or of another size', async (t) => {
  const pool = new BufferPool(10, 1);
  const [kept, over] = [pool.take(), pool.take()];
  pool.give(Buffer.alloc(11));
  pool.give(kept);
  pool.give(over);
  t.equal(pool.takeSpare(), kept);
  t.equal(pool.takeSpare(), undefined);
});

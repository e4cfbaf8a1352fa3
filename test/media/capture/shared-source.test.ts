// Tests of one capture for several calls, with a clock turned by hand and sources of the test's.
import t from 'tap';
import { SharedSource } from '../../../src/media/capture/shared-source.js';
import type { Source, SourceEvents } from '../../../src/media/media.js';
import { PytalkError } from '../../../src/protocol/errors.js';
import { fakeTimers } from '../../support/fake-timers.js';

const failed = (reason: string): PytalkError =>
  new PytalkError('camera-failed', { details: { camera: 'it', reason } });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A camera of which each opening is kept, and which can be made to fail. */
function scene() {
  const clock = fakeTimers();
  const opened: SourceEvents<number>[] = [];
  let open = 0;
  let isBroken = false;
  const shared = new SharedSource<number>({
    label: 'it',
    clock,
    failed,
    open: async (events): Promise<Source> => {
      if (isBroken) throw failed('unplugged');
      opened.push(events);
      open++;
      let isClosed = false;
      return {
        label: 'it',
        close: async () => {
          if (!isClosed) open--;
          isClosed = true;
        },
      };
    },
  });
  const viewer = () => {
    const seen: number[] = [];
    const problems: (number | null)[] = [];
    const source = shared.take({
      data: (item) => seen.push(item),
      problem: (_error, retryInMs) => problems.push(retryInMs),
    });
    return { seen, problems, source };
  };
  return {
    clock,
    shared,
    opened,
    viewer,
    break: (broken: boolean) => (isBroken = broken),
    get open() {
      return open;
    },
  };
}

t.test('several viewers share one opening, and the last one leaves it warm for a while', async (t) => {
  const it = scene();
  const [one, two] = [it.viewer(), it.viewer()];
  await settled();
  t.equal(it.opened.length, 1);
  it.opened[0]!.data(1);
  await one.source.close();
  it.opened[0]!.data(2);
  t.same([one.seen, two.seen], [[1], [1, 2]]);
  await two.source.close();
  it.clock.pass(9_000);
  const three = it.viewer();
  it.clock.pass(9_000);
  await settled();
  t.equal(it.opened.length, 1, 'whoever comes soon finds it open');
  await three.source.close();
  it.clock.pass(10_001);
  await settled();
  t.equal(it.open, 0);
  t.equal(it.shared.state, 'closed');
  t.equal(it.clock.pending, 0);
});

t.test('a camera that is missing is tried again, ever less often, and at once for who comes', async (t) => {
  const it = scene();
  it.break(true);
  const one = it.viewer();
  await settled();
  for (const ms of [1_000, 2_000, 5_000, 10_000, 30_000, 30_000]) {
    it.clock.pass(ms);
    await settled();
  }
  t.same(one.problems, [1_000, 2_000, 5_000, 10_000, 30_000, 30_000, 30_000]);
  t.match(it.shared.error, { code: 'camera-failed' });
  it.break(false);
  const two = it.viewer();
  await settled();
  it.opened[0]!.data(7);
  t.same([one.seen, two.seen], [[7], [7]]);
  t.equal(it.shared.error, null);
  await it.shared.close();
  t.equal(it.open, 0);
  t.equal(it.clock.pending, 0);
});

t.test('what fails again and again while it mends itself is opened anew', async (t) => {
  const it = scene();
  const one = it.viewer();
  await settled();
  it.opened[0]!.data(1);
  it.opened[0]!.problem(failed('ended'), 500);
  it.opened[0]!.problem(failed('ended'), 1_000);
  t.same(one.problems, [500, 1_000]);
  it.opened[0]!.problem(failed('ended'), 2_000);
  it.clock.pass(1_000);
  await settled();
  t.equal(it.opened.length, 2);
  t.equal(it.open, 1, 'the old one was closed before');
  it.opened[0]!.data(9);
  it.opened[1]!.data(2);
  t.same(one.seen, [1, 2], 'what the old one still says is passed over');
  await it.shared.close();
});

t.test('a source that hangs without a word is opened anew', async (t) => {
  const it = scene();
  const one = it.viewer();
  await settled();
  it.opened[0]!.data(1);
  it.clock.pass(30_000);
  t.same(one.problems, [], 'what came counts');
  it.clock.pass(30_000);
  t.same(one.problems, [1_000]);
  it.clock.pass(1_000);
  await settled();
  t.equal(it.opened.length, 2);
  await it.shared.close();
});

t.test('a still is taken alone, and the stream begins after it', async (t) => {
  const it = scene();
  let take = (): void => undefined;
  const still = it.shared.alone(() => new Promise<string>((resolve) => (take = () => resolve('picture'))));
  await settled();
  it.viewer();
  await settled();
  t.equal(it.opened.length, 0);
  take();
  t.equal(await still, 'picture');
  await settled();
  t.equal(it.opened.length, 1);
  t.equal(it.shared.newest(1_000), null);
  it.opened[0]!.data(3);
  t.equal(it.shared.newest(1_000), 3);
  it.clock.pass(1_001);
  t.equal(it.shared.newest(1_000), null);
  await t.rejects(it.shared.alone(() => Promise.reject(failed('no'))));
  await it.shared.close();
});

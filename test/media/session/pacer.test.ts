// The pacer spreads a picture's packets over milliseconds, makes up for late timers within bounds, and lets the newest picture win.
import t from 'tap';
import { Pacer } from '../../../src/media/session/pacer.js';

/** A clock turned by hand, whose one timer comes when `fire` says so. */
function handClock() {
  let nowMs = 0;
  let pending: (() => void) | null = null;
  return {
    now: () => nowMs,
    after: (_ms: number, run: () => void) => {
      pending = run;
      return () => (pending = null);
    },
    /** Fires the timer after so many milliseconds; false when there is none. */
    fire: (afterMs: number): boolean => {
      nowMs += afterMs;
      const run = pending;
      pending = null;
      run?.();
      return run !== null;
    },
  };
}

function picture(packets: number, name = 'p'): string[] {
  return Array.from({ length: packets }, (_, at) => `${name}${at}`);
}

t.test('sends so many packets a millisecond, in order, and rests when all are sent', async (t) => {
  const clock = handClock();
  const sent: string[] = [];
  const pacer = new Pacer<string>((packet) => sent.push(packet), clock, 4);
  pacer.add(picture(10));
  t.equal(sent.length, 4, 'the first go at once');
  clock.fire(1);
  t.equal(sent.length, 8);
  clock.fire(1);
  t.same(sent, picture(10));
  t.notOk(clock.fire(1), 'no timer is left');
});

t.test('makes up for a timer that comes late, but not for a long pause', async (t) => {
  const clock = handClock();
  let sent = 0;
  const pacer = new Pacer<string>(() => ++sent, clock, 4);
  pacer.add(picture(100));
  clock.fire(2);
  t.equal(sent, 4 + 8, 'two milliseconds of packets');
  clock.fire(50);
  t.equal(sent, 12 + 12, 'three milliseconds of packets, and no more');
  clock.fire(0.2);
  t.equal(sent, 24 + 4, 'never less than one millisecond of them');
});

t.test('gives up an older picture that waits, not the one that is on its way', async (t) => {
  const clock = handClock();
  const sent: string[] = [];
  const pacer = new Pacer<string>((packet) => sent.push(packet), clock, 2);
  for (const name of ['a', 'b', 'c', 'd']) pacer.add(picture(3, name));
  while (clock.fire(1));
  t.equal(pacer.dropped, 1);
  t.same(sent, [...picture(3, 'a'), ...picture(3, 'c'), ...picture(3, 'd')]);
});

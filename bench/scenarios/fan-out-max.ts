// A2: the same group as fast as it goes: how many deliveries a second the server makes.
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, memoryMiB } from '../machine.js';
import { OrderCheck } from '../order-check.js';
import { loadFigures, loadMeasured, type Measured, type Scenario } from '../scenario.js';
import { roomMembers, roomSenders, withRoom, type Room } from './room.js';

const inFlightPerSender = 20;
const warmUpSeconds = 1.5;

/** Keeps the window full until the function returned is called: under way is what is not yet at everybody's. */
function sendFast(room: Room): () => void {
  let stopped = false;
  let scheduled = false;
  let turn = 0;
  const fill = (): void => {
    scheduled = false;
    if (stopped) return;
    const done = Math.min(room.acks, Math.floor(room.delivered / roomMembers));
    let free = inFlightPerSender * roomSenders - (room.sent - done);
    const each = Math.max(1, Math.floor(free / roomSenders));
    for (; free > 0; free -= each) room.send(turn++ % roomSenders, Math.min(each, free));
  };
  const fillSoon = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(fill);
  };
  for (const member of room.members) member.onProgress = fillSoon;
  fillSoon();
  return () => (stopped = true);
}

async function runOnce(tls: boolean, seconds: number): Promise<Measured> {
  return withRoom(tls, async (room) => {
    // One member reads every event whole; at the others they are counted.
    const check = new OrderCheck();
    const [, , , , , , , witness] = room.members;
    if (witness) witness.onEvent = (bytes, start, end) => check.take(bytes, start, end);
    const stop = sendFast(room);
    await sleep(warmUpSeconds * 1000);
    const finish = measure(room.server.pid);
    const before = room.delivered;
    await sleep(seconds * 1000);
    const cost = finish();
    const deliveries = room.delivered - before;
    stop();
    const memory = memoryMiB(room.server.pid, 'VmHWM');
    await room.verify([check]);
    return {
      'deliveries a second': deliveries / cost.seconds,
      'messages a second': deliveries / cost.seconds / roomMembers,
      'server CPU s per 100,000 deliveries': (cost.serverCpuSeconds / deliveries) * 1e5,
      'server memory at most, MiB': memory,
      ...loadMeasured(cost),
    };
  });
}

function fanOutMax(tls: boolean, deliveriesAim: number): Scenario {
  return {
    key: 'A2',
    title: `A2 One group of ${roomMembers}, as fast as it goes, ${tls ? 'TLS' : 'plain'}`,
    about:
      `${roomSenders} senders with ${inFlightPerSender} texts of 100 bytes each in flight, stored before acknowledged or ` +
      'delivered. Every run checks that nothing is lost, double or out of order, and that what is stored is what was sent.',
    figures: [
      { name: 'deliveries a second', digits: 0, aim: { atLeast: deliveriesAim } },
      { name: 'messages a second', digits: 0 },
      { name: 'server CPU s per 100,000 deliveries', digits: 3 },
      { name: 'server memory at most, MiB', digits: 0 },
      ...loadFigures,
    ],
    runOnce: ({ seconds }) => runOnce(tls, seconds),
  };
}

export const fanOutPlain = fanOutMax(false, 2_500_000);
export const fanOutTls = fanOutMax(true, 1_000_000);

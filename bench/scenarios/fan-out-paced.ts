// A1: a lively group at a steady pace: how long a message takes, and what each delivery costs.
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, memoryMiB } from '../machine.js';
import { OrderCheck } from '../order-check.js';
import { loadFigures, loadMeasured, type Measured, type Scenario } from '../scenario.js';
import { nowMicros } from '../send-template.js';
import { quantile } from '../statistics.js';
import { roomMembers, roomSenders, withRoom, type Room } from './room.js';

const messagesPerSecond = 200;
/** So that the paths taken 10,000 times a second are compiled, as they are on a server that has run for a while. */
const warmUpSeconds = 5;

/** Sends at the pace until the function returned is called. */
function sendPaced(room: Room): () => void {
  const intervalMs = 1000 / messagesPerSecond;
  let due = performance.now() + intervalMs;
  let turn = 0;
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    for (const now = performance.now(); due <= now; due += intervalMs) room.send(turn++ % roomSenders, 1);
    timer = setTimeout(tick, Math.max(0, due - performance.now()));
  };
  tick();
  return () => clearTimeout(timer);
}

export const fanOutPaced: Scenario = {
  key: 'A1',
  title: `A1 One group of ${roomMembers}, ${messagesPerSecond} messages a second`,
  about:
    `${roomSenders} members take turns to send texts of 100 bytes; TLS, stored (WAL, synchronous=FULL) before ` +
    'acknowledged or delivered. Latency is from the write of the sender to the read of each member.',
  figures: [
    { name: 'send to delivery, p50 ms', digits: 2 },
    { name: 'send to delivery, p99 ms', digits: 2, aim: { atMost: 3 } },
    { name: 'server CPU s per 100,000 deliveries', digits: 2, aim: { atMost: 1.5 } },
    { name: 'server memory at most, MiB', digits: 0 },
    ...loadFigures,
  ],
  runOnce: ({ seconds }) =>
    withRoom(true, async (room): Promise<Measured> => {
      const latenciesMs: number[] = [];
      let measuring = false;
      const checks = room.members.map((member) => {
        const check = new OrderCheck();
        member.onEvent = (bytes, start, end) => {
          const sentAt = check.take(bytes, start, end);
          if (measuring) latenciesMs.push((nowMicros() - sentAt) / 1000);
        };
        return check;
      });
      const stop = sendPaced(room);
      await sleep(warmUpSeconds * 1000);
      measuring = true;
      const finish = measure(room.server.pid);
      const before = room.delivered;
      await sleep(seconds * 1000);
      const cost = finish();
      const deliveries = room.delivered - before;
      measuring = false;
      stop();
      const memory = memoryMiB(room.server.pid, 'VmHWM');
      await room.verify(checks);
      return {
        'send to delivery, p50 ms': quantile(latenciesMs, 0.5),
        'send to delivery, p99 ms': quantile(latenciesMs, 0.99),
        'server CPU s per 100,000 deliveries': (cost.serverCpuSeconds / deliveries) * 1e5,
        'server memory at most, MiB': memory,
        ...loadMeasured(cost),
      };
    }),
};

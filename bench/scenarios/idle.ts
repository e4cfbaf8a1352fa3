// F: thousands of connections that are logged in and do nothing: what each keeps in memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, memoryMiB } from '../machine.js';
import { Member } from '../member.js';
import type { Measured, Scenario } from '../scenario.js';
import { withServer, type BenchServer } from '../server-process.js';

const connections = 5_000;
const atOnce = 50;
/** For the garbage of the logins to go; pings keep the connections alive meanwhile. */
const settleSeconds = 20;

async function connectAll(server: BenchServer): Promise<Member[]> {
  const tokens = [...server.tokens];
  const members: Member[] = [];
  const work = async (): Promise<void> => {
    for (let token = tokens.pop(); token !== undefined; token = tokens.pop()) {
      members.push(await Member.signIn(server, token));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return members;
}

async function runOnce(tls: boolean, count: number, settle: number): Promise<Measured> {
  return withServer({ users: count, tls }, async (server) => {
    const empty = memoryMiB(server.pid, 'VmRSS');
    const from = performance.now();
    const members = await connectAll(server);
    const connectSeconds = (performance.now() - from) / 1000;
    await sleep((settle / 2) * 1000);
    const cpuBefore = cpuSeconds(server.pid);
    await Promise.all(members.map((member) => member.request('ping', {})));
    await sleep((settle / 2) * 1000);
    const cpu = cpuSeconds(server.pid) - cpuBefore;
    const full = memoryMiB(server.pid, 'VmRSS');
    const gone = members.find((member) => member.failure);
    if (gone?.failure) throw gone.failure;
    for (const member of members) member.close();
    return {
      'KiB for each connection': ((full - empty) * 1024) / count,
      'server memory before, MiB': empty,
      'server memory with all of them, MiB': full,
      'seconds to connect and log in all': connectSeconds,
      'server CPU ms for 1,000 pings': (cpu * 1000) / (count / 1000),
    };
  });
}

function idle(tls: boolean): Scenario {
  return {
    key: 'F',
    title: `F ${connections.toLocaleString('en-US')} idle connections, ${tls ? 'TLS' : 'plain'}`,
    about:
      `Accounts and tokens are in the database before; ${atOnce} log in at once. Memory is read ${settleSeconds} s after ` +
      'the last one, with a ping of each in between. Needs room for as many open files (ulimit -n).',
    figures: [
      { name: 'KiB for each connection', digits: 1 },
      { name: 'server memory before, MiB', digits: 0 },
      { name: 'server memory with all of them, MiB', digits: 0 },
      { name: 'seconds to connect and log in all', digits: 1 },
      { name: 'server CPU ms for 1,000 pings', digits: 0 },
    ],
    runOnce: ({ quick }) => runOnce(tls, quick ? connections / 10 : connections, quick ? 2 : settleSeconds),
  };
}

export const idleScenarios: readonly Scenario[] = [idle(true), idle(false)];

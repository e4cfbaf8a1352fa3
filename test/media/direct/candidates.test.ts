// Tests of the addresses that are told to the other side of a call, and of those that are tried.
import t from 'tap';
import { ownCandidates, worthTrying } from '../../../src/media/direct/candidates.js';
import { candidatePriority } from '../../../src/protocol/ice.js';

const v4 = (address: string, isLoopback = false) => ({ address, family: 4 as const, isLoopback });
const v6 = (address: string, isLoopback = false) => ({ address, family: 6 as const, isLoopback });
const machine = [
  v4('127.0.0.1', true),
  v6('::1', true),
  v4('192.168.1.5'),
  v4('169.254.7.7'),
  v6('fe80::1'),
  v6('2001:db8::5'),
  v6('fd00::5'),
];
const base = {
  family: 4,
  port: 50_000,
  mapped: { address: '203.0.113.9', port: 61_000 },
  relay: '198.51.100.1',
};
const addressesOf = (candidates: { address: string; port: number }[]): string[] =>
  candidates.map(({ address, port }) => `${address} ${port}`);

t.test('addresses of the machine come first, then what the relay sees', (t) => {
  const candidates = ownCandidates(machine, base);
  t.same(addressesOf(candidates), ['192.168.1.5 50000', '203.0.113.9 61000']);
  t.same(
    candidates.map(({ priority }) => priority),
    [candidatePriority('host', 65_535), candidatePriority('srflx', 65_535)],
  );
  t.same(addressesOf(ownCandidates(machine, { ...base, mapped: null })), ['192.168.1.5 50000']);
  t.end();
});

t.test('without a NAT the relay sees what the machine has, which is told once', (t) => {
  const mapped = { address: '192.168.1.5', port: 50_000 };
  t.same(addressesOf(ownCandidates(machine, { ...base, mapped })), ['192.168.1.5 50000']);
  t.end();
});

t.test('only addresses of the family in which the relay is spoken with, none of one wire alone', (t) => {
  const six = { ...base, family: 6, relay: '2001:db8::1', mapped: null };
  t.same(addressesOf(ownCandidates(machine, six)), ['2001:db8::5 50000', 'fd00::5 50000']);
  t.end();
});

t.test('loopback is told and tried only where the relay is there too', (t) => {
  const near = { ...base, relay: '127.0.0.1', mapped: { address: '127.0.0.1', port: 50_000 } };
  t.same(addressesOf(ownCandidates(machine, near)), ['127.0.0.1 50000', '192.168.1.5 50000']);
  const loopback = [{ address: '127.0.0.1', port: 22, priority: 1 }];
  t.same(worthTrying(loopback, base), []);
  t.same(worthTrying(loopback, near), loopback);
  t.end();
});

t.test('addresses that are none of a machine are not tried', (t) => {
  const wrong = ['0.0.0.0', '224.0.0.1', '255.255.255.255', '169.254.1.1', '2001:db8::5'];
  t.same(
    worthTrying(
      wrong.map((address) => ({ address, port: 9, priority: 1 })),
      base,
    ),
    [],
  );
  t.end();
});

t.test('a machine with very many addresses tells of twelve', (t) => {
  const many = Array.from({ length: 40 }, (_, at) => v4(`10.0.0.${at + 1}`));
  t.equal(ownCandidates(many, base).length, 12);
  t.end();
});

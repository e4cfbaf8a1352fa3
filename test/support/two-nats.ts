// Two machines behind two NATs, and a server between them, as network namespaces of this one; only for root on Linux, with ip and nft.
import { spawnSync } from 'node:child_process';
import type { Teardown } from './temporary-folder.js';

/** `cone`: the machine's port is kept, whomever it speaks with; `symmetric`: each of them sees another one. */
export type NatRule = 'cone' | 'symmetric';

export interface TwoNats {
  /** Address of the server for everybody. */
  readonly server: string;
  /** What runs a program at the server's place, on the first or on the second machine: to be put before it. */
  at(place: 'net' | 'a' | 'b'): readonly string[];
  /** Lets nothing through any more from the first machine to the second but by the server. Returns what went wrong, or null. */
  cut(): string | null;
}

const server = '203.0.113.1';
/** Of the NAT before a machine. */
const outer = (place: 'a' | 'b'): string => `203.0.113.${place === 'a' ? 2 : 3}`;

/** Runs a command; returns what went wrong, or null. */
function failure(command: string, args: readonly string[], input = ''): string | null {
  const { status, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', timeout: 10_000 });
  if (error) return error.message;
  return status === 0 ? null : stderr.trim();
}

function ruleset(rule: NatRule): string {
  // What comes unasked is dropped, as by any router; else the kernel would remember it and give its port to nobody.
  return `
    table ip nat {
      chain post {
        type nat hook postrouting priority 100;
        oifname "wan" masquerade ${rule === 'symmetric' ? 'fully-random' : ''}
      }
    }
    table ip filter {
      chain forward {
        type filter hook forward priority 0;
      }
      chain input {
        type filter hook input priority 0;
        iifname "wan" meta l4proto udp drop
      }
    }`;
}

/** Builds them; the test's teardown takes them away. Returns why they cannot be there, in words. */
export function twoNats(test: Teardown, rules: { a: NatRule; b: NatRule }): TwoNats | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'network namespaces need root on Linux';
  const prefix = `pytalk-${process.pid}`;
  const name = (place: string): string => `${prefix}-${place}`;
  const made: string[] = [];
  test.teardown(async () => {
    for (const space of made) failure('ip', ['netns', 'del', space]);
  });
  const inside = (place: string, ...command: string[]): string | null =>
    failure('ip', ['netns', 'exec', name(place), ...command]);
  const places = ['net', 'nat-a', 'nat-b', 'a', 'b'];
  const steps = places.map((place) => (): string | null => {
    made.push(name(place));
    return failure('ip', ['netns', 'add', name(place)]) ?? inside(place, 'ip', 'link', 'set', 'lo', 'up');
  });
  const link = (one: string, as: string, other: string, asOther: string): string | null =>
    failure('ip', [
      ...[
        'link',
        'add',
        as,
        'netns',
        name(one),
        'type',
        'veth',
        'peer',
        'name',
        asOther,
        'netns',
        name(other),
      ],
    ]) ??
    inside(one, 'ip', 'link', 'set', as, 'up') ??
    inside(other, 'ip', 'link', 'set', asOther, 'up');
  const address = (place: string, device: string, of: string): string | null =>
    inside(place, 'ip', 'address', 'add', of, 'dev', device);
  steps.push(
    () => inside('net', 'ip', 'link', 'add', 'wire', 'type', 'bridge'),
    () => inside('net', 'ip', 'link', 'set', 'wire', 'up'),
    () => address('net', 'wire', `${server}/24`),
  );
  for (const [at, place] of (['a', 'b'] as const).entries()) {
    const nat = `nat-${place}`;
    const inner = `10.77.${at + 1}`;
    steps.push(
      () => link(nat, 'wan', 'net', `to-${place}`),
      () => inside('net', 'ip', 'link', 'set', `to-${place}`, 'master', 'wire'),
      () => address(nat, 'wan', `${outer(place)}/24`),
      () => link(place, 'eth', nat, 'lan'),
      () => address(nat, 'lan', `${inner}.1/24`),
      () => address(place, 'eth', `${inner}.2/24`),
      () => inside(place, 'ip', 'route', 'add', 'default', 'via', `${inner}.1`),
      () => inside(nat, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'),
      () => failure('ip', ['netns', 'exec', name(nat), 'nft', '-f', '-'], ruleset(rules[place])),
    );
  }
  for (const step of steps) {
    const reason = step();
    if (reason !== null) return `no network namespaces with NATs here: ${reason}`;
  }
  const drop = ['add', 'rule', 'ip', 'filter', 'forward', 'ip', 'daddr', outer('b'), 'drop'];
  return {
    server,
    at: (place: string) => ['ip', 'netns', 'exec', name(place)],
    cut: () => inside('nat-a', 'nft', ...drop),
  };
}

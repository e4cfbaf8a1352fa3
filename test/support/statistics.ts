// Figures of a server that never were, always the same: for what shows them.
import type { ServerStatistics } from '../../src/protocol/statistics-shapes.js';

const startedAt = Date.UTC(2026, 0, 15, 12, 0, 0);

/** A report with this many samples, one every 5 s. */
export function fixedStatistics({ samples }: { samples: number }): ServerStatistics {
  const newest = startedAt + samples * 5_000;
  return {
    version: '0.1.0',
    startedAt,
    samples: Array.from({ length: samples }, (_, at) => {
      // Up and down in 20 minutes, from 0 to 100.
      const wave = Math.abs((at % 240) - 120) / 1.2;
      return {
        at: startedAt + (at + 1) * 5_000,
        connections: 12,
        online: 7,
        calls: 2,
        events: wave / 5,
        deliveries: wave / 2,
        commits: 3.5,
        delivery: { p50: 1.2 + wave / 100, p95: 4.5 + wave / 10, max: 20 },
        relayPackets: 200 + wave,
        relayBytes: 150_000 + wave * 1_000,
        memory: 90_000_000 + wave * 100_000,
        lag: wave / 20,
        database: 1_234_567,
      };
    }),
    calls: [
      {
        conversation: '#team',
        media: 'video',
        startedAt: newest - 130_000,
        answeredAt: newest - 125_000,
        participants: [
          { username: 'alice', way: 'udp', rtt: 42, loss: 0 },
          { username: 'bob', way: 'tcp', rtt: 310.4, loss: 0.025 },
        ],
      },
      {
        conversation: '@bob @carol',
        media: 'audio',
        startedAt: newest - 3_000,
        answeredAt: null,
        participants: [{ username: 'carol', way: 'none', rtt: null, loss: null }],
      },
    ],
    log: [
      { at: startedAt, level: 30, event: 'registered', username: 'alice', detail: 'alice on laptop' },
      { at: startedAt + 61_000, level: 40, event: 'login-refused', username: null, detail: 'mallory' },
    ],
  };
}

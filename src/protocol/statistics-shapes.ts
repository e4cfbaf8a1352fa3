// What the server tells administrators of itself: figures of every few seconds, the calls under way, its log.
import { z } from 'zod';
import { callMedia } from './call-shapes.js';
import { time } from './shapes.js';

const count = z.int().min(0);
const perSecond = z.number().min(0);
const milliseconds = z.number().min(0);

/** The figures of the seconds before `at`. */
const statisticsSample = z.object({
  at: time,
  connections: count,
  /** People with at least one connection. */
  online: count,
  calls: count,
  /** Events stored, events handed to connections, and transactions on disk, a second. */
  events: perSecond,
  deliveries: perSecond,
  commits: perSecond,
  /** From a message's arrival to its delivery, on disk before that; null when none came. */
  delivery: z.object({ p50: milliseconds, p95: milliseconds, max: milliseconds }).nullable(),
  relayPackets: perSecond,
  relayBytes: perSecond,
  /** Resident memory of the process, in bytes. */
  memory: count,
  /** How late the event loop was, at most, in milliseconds. */
  lag: milliseconds,
  /** Bytes. */
  database: count,
});
export type StatisticsSample = z.infer<typeof statisticsSample>;

const participant = z.object({
  username: z.string(),
  /** How its media reaches the relay; `none` while nothing is known of it. */
  way: z.enum(['udp', 'tcp', 'none']),
  /** Between it and the relay, in milliseconds; null while not measured, as when two talk directly. */
  rtt: milliseconds.nullable(),
  /** Share of the others' packets that it misses, from 0 to 1; null while it has not told. */
  loss: z.number().min(0).max(1).nullable(),
});

export const statisticsReply = z.object({
  /** Version of the program. */
  version: z.string(),
  startedAt: time,
  /** Oldest first; at most an hour, and only what is newer than was asked for. */
  samples: z.array(statisticsSample),
  calls: z.array(
    z.object({
      /** `#name` of a group, the two people of a direct conversation as `@a @b`. */
      conversation: z.string(),
      media: callMedia,
      startedAt: time,
      answeredAt: time.nullable(),
      participants: z.array(participant),
    }),
  ),
  /** The newest entries of the log, oldest first. */
  log: z.array(
    z.object({
      at: time,
      /** pino's number: 30 info, 40 warning, 50 error. */
      level: z.int(),
      event: z.string(),
      username: z.string().nullable(),
      detail: z.string(),
    }),
  ),
});
export type ServerStatistics = z.infer<typeof statisticsReply>;

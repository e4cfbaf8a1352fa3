// The server's database: its mark and its migrations in order.
import type { Schema } from '../../sqlite/migrate.js';
import { first } from './migrations/001-first.js';
import { privateReading } from './migrations/002-private-reading.js';
import { retention } from './migrations/003-retention.js';

export const serverSchema: Schema = {
  applicationId: 0x5079_546b,
  migrations: [first, privateReading, retention],
};

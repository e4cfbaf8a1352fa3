// Version 2: what the others are told of somebody's reading is kept apart from what that person has read.
import type { Migration } from '../../../sqlite/migrate.js';

export const privateReading: Migration = [
  'ALTER TABLE members ADD COLUMN told_read INTEGER NOT NULL DEFAULT 0',
  'UPDATE members SET told_read = read',
];

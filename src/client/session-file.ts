// Who this device is logged in as: session.json in the home.
import { z } from 'zod';
import type { Home } from './home.js';

const name = 'session.json';

const shape = z.object({
  /** `host:port`. */
  server: z.string(),
  tls: z.boolean(),
  username: z.string(),
  user: z.int(),
  /** Null after a logout: server and name stay, as what to offer next time. */
  token: z.string().nullable(),
  /** Base64url of the raw Ed25519 keys. In the clear, as ssh keeps its keys: the file's mode protects it. */
  publicKey: z.string(),
  privateKey: z.string().nullable(),
});
export type SavedSession = z.infer<typeof shape>;

export function readSession(home: Home): Promise<SavedSession | null> {
  return home.readJson(name, shape);
}

export function writeSession(home: Home, session: SavedSession): Promise<void> {
  return home.writeJson(name, session);
}

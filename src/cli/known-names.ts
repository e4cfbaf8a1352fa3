// Names of conversations that this home has seen, kept in a small file so that completion is fast and needs no server.
import { z } from 'zod';
import { Home } from '../client/home.js';

const fileName = 'names.json';
const maxNames = 500;
const shape = z.object({ names: z.array(z.string()) });

async function kept(home: Home): Promise<string[]> {
  return (await home.readJson(fileName, shape))?.names ?? [];
}

/** Adds names, newest first. Never rejects: completion is a convenience. */
export async function rememberNames(dir: string | undefined, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  try {
    const home = await Home.open(dir);
    const known = await kept(home);
    if (names.every((name) => known.includes(name))) return;
    await home.writeJson(fileName, { names: [...new Set([...names, ...known])].slice(0, maxNames) });
  } catch {
    // A home that cannot be written to was told of by the command itself.
  }
}

/** `@name` and `#name`. Empty when there are none, or they cannot be read. */
export async function knownNames(dir: string | undefined): Promise<string[]> {
  try {
    return await kept(await Home.open(dir));
  } catch {
    return [];
  }
}

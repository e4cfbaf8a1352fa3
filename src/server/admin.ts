// The way in for administrators: a socket in the data folder that only its owner can use, or the database itself.
import { createHash } from 'node:crypto';
import { chmod, rm, stat } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { z } from 'zod';
import { fromWireError, toWireError } from '../protocol/wire-error.js';
import { PytalkError } from '../protocol/errors.js';
import { because } from '../protocol/reasons.js';
import type { ServerStatistics } from '../protocol/statistics-shapes.js';
import { Accounts } from './accounts.js';
import { maxActorChars, nobody, thisActor } from './actor.js';
import { adminArguments, adminOperations, type Admin, type AdminParts } from './admin-operations.js';
import { storageFailure } from './committer.js';
import { readConfig } from './config.js';
import { lockDataFolder } from './data-lock.js';
import type { ServerContext } from './handler.js';
import { Hub } from './hub.js';
import { RateLimits } from './rate-limits.js';
import { databaseName, openStorage } from './storage/open.js';

/* One JSON object a line. Request {"do":"disable","args":["mallory"],"by":{...}}; answer {"ok":...} or {"error":{...}}. */

const actorShape = z.object({
  actor: z.string().max(maxActorChars).nullable(),
  address: z.string().max(64).nullable(),
});
const requestShape = z.object({
  do: z.string(),
  args: z.array(z.unknown()),
  by: actorShape.default(nobody),
});
const answerShape = z.union([z.object({ error: z.unknown() }), z.object({ ok: z.unknown().optional() })]);
/** A socket's path is cut off by the system beyond this (sun_path). */
const maxSocketPathBytes = 103;

function socketPath(dataDir: string): string {
  const folder = resolve(dataDir);
  if (process.platform !== 'win32') return join(folder, 'admin.sock');
  const id = createHash('sha256').update(folder.toLowerCase()).digest('hex').slice(0, 32);
  return `\\\\.\\pipe\\pytalk-${id}`;
}

/** Listens for administrators while the server runs. Rejects with `home-unusable`. */
export async function startAdmin(
  dataDir: string,
  context: ServerContext,
): Promise<{ close(): Promise<void> }> {
  const path = socketPath(dataDir);
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    const details = because('socket-path', { path: dataDir, max: maxSocketPathBytes });
    throw new PytalkError('home-unusable', { details });
  }
  const parts = { dataDir, ...context };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void serve(socket, parts);
  });
  // The data folder's lock is held: a socket that is there was left behind.
  if (process.platform !== 'win32') await rm(path, { force: true });
  await new Promise<void>((resolveListening, reject) => {
    server.once('error', (cause) => {
      reject(new PytalkError('home-unusable', { details: { path: dataDir, reason: cause.message }, cause }));
    });
    const before = process.umask(0o177);
    server.listen(path, resolveListening);
    process.umask(before);
  });
  if (process.platform !== 'win32') await chmod(path, 0o600);
  let closing: Promise<void> | null = null;
  return {
    close: () =>
      (closing ??= new Promise((resolveClosed) => {
        server.close(() => resolveClosed());
        for (const socket of sockets) socket.destroy();
      })),
  };
}

type Parts = AdminParts & Pick<ServerContext, 'log'>;

async function serve(socket: Socket, parts: Parts): Promise<void> {
  try {
    for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
      socket.write(`${JSON.stringify(await answer(line, parts))}\n`);
    }
  } catch (error) {
    parts.log.warn({ err: error }, 'administration broke off');
    socket.destroy();
  }
}

async function answer(line: string, parts: Parts): Promise<object> {
  try {
    const { do: name, args, by } = requestShape.parse(JSON.parse(line));
    if (!isOperation(name)) throw new PytalkError('unknown-type', { details: { type: name } });
    const given = adminArguments[name].parse(args);
    // The table ties an operation and its arguments together; the union of all of them cannot say so.
    const operations = adminOperations(parts, by) as unknown as Record<
      string,
      (...values: readonly unknown[]) => Promise<unknown>
    >;
    return { ok: await operations[name]?.(...given) };
  } catch (error) {
    parts.log.debug({ err: error }, 'administration refused');
    return { error: toWireError(asPytalkError(error)) };
  }
}

function isOperation(name: string): name is keyof Admin {
  return Object.hasOwn(adminArguments, name);
}

function asPytalkError(error: unknown): PytalkError {
  if (error instanceof PytalkError) return error;
  if (error instanceof z.ZodError || error instanceof SyntaxError) {
    return new PytalkError('invalid', { details: { field: 'args', reason: 'not valid' }, cause: error });
  }
  return storageFailure(error);
}

/**
 * Calls `use` with what an administrator can do: through the running server, else on the database itself.
 * Rejects with `home-unusable` when there is no data folder, `home-locked`, or what `use` rejects with.
 */
export async function withAdmin<T>(dataDir: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const socket = await connect(socketPath(dataDir));
  if (!socket) return withDatabase(dataDir, use);
  try {
    return await use(remoteAdmin(socket));
  } finally {
    socket.destroy();
  }
}

/** Whether a server runs with this data folder. */
export async function hasRunningServer(dataDir: string): Promise<boolean> {
  const socket = await connect(socketPath(dataDir));
  socket?.destroy();
  return socket !== null;
}

/** What the server that runs with this data folder tells of itself. Rejects with `not-running`, never opens the database. */
export async function runningStatistics(dataDir: string, since: number): Promise<ServerStatistics> {
  const socket = await connect(socketPath(dataDir));
  if (!socket) throw new PytalkError('not-running', { details: { path: dataDir } });
  try {
    return await remoteAdmin(socket).statistics(since);
  } finally {
    socket.destroy();
  }
}

function connect(path: string): Promise<Socket | null> {
  return new Promise((resolveSocket) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolveSocket(socket));
    socket.once('error', () => resolveSocket(null));
  });
}

function remoteAdmin(socket: Socket): Admin {
  const by = thisActor();
  const lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const call = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    socket.write(`${JSON.stringify({ do: name, args, by })}\n`);
    const line = await lines.next();
    if (line.done === true) throw new PytalkError('disconnected');
    const reply = answerShape.parse(JSON.parse(line.value));
    if ('error' in reply) throw fromWireError(reply.error);
    return reply.ok;
  };
  const names = Object.keys(adminArguments);
  const methods = names.map((name) => [name, (...args: unknown[]) => call(name, args)] as const);
  // The server at the other end is this program: it answers as the interface says.
  return Object.fromEntries(methods) as unknown as Admin;
}

async function withDatabase<T>(dataDir: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const there = await stat(join(dataDir, databaseName)).then(
    () => true,
    () => false,
  );
  if (!there) {
    throw new PytalkError('home-unusable', { details: because('no-server-yet', { path: dataDir }) });
  }
  const lock = await lockDataFolder(dataDir);
  try {
    const storage = await openStorage(dataDir);
    try {
      const now = (): number => Date.now();
      const hub = await Hub.open(storage, now);
      const config = await readConfig();
      const rates = new RateLimits(config.rates, now);
      const log = pino({ level: 'silent' });
      const accounts = await Accounts.open({ storage, hub, config, rates, log, now });
      try {
        const parts = { dataDir, storage, hub, accounts, files: null, statistics: null };
        return await use(adminOperations(parts, thisActor()));
      } finally {
        await hub.close();
      }
    } finally {
      await storage.close();
    }
  } finally {
    await lock.release();
  }
}

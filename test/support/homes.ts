// Homes of people who are logged in already, clients on them, and a line to the server that can be cut.
import { writeFile } from 'node:fs/promises';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Client, ClientEventName, ClientEvents, ConnectOptions } from '../../src/client/api.js';
import { connectWith } from '../../src/client/connect.js';
import { systemTimers, type Timers } from '../../src/client/timers.js';
import type { Person } from './people.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';

/** Makes a home in which this person is logged in to the server at a plain loopback port. */
export async function homeOf(test: Teardown, person: Person, port: number): Promise<string> {
  const home = await temporaryFolder(test);
  const session = {
    server: `127.0.0.1:${port}`,
    tls: false,
    username: person.username,
    user: person.id,
    token: person.token,
    publicKey: Buffer.alloc(32, person.id).toString('base64url'),
    privateKey: Buffer.alloc(32, 1).toString('base64url'),
  };
  await writeFile(join(home, 'session.json'), JSON.stringify(session));
  return home;
}

/** Waits are short, so that a test of coming back does not take seconds. */
const eagerTimers: Timers = {
  ...systemTimers,
  after: (ms, run) => systemTimers.after(ms <= 2000 ? Math.min(ms, 30) : ms, run),
};

/** Connects on a home; the test's teardown closes the client. */
export async function clientAt(test: Teardown, home: string, options: ConnectOptions = {}): Promise<Client> {
  const client = await connectWith({ mode: 'live', ...options, home }, eagerTimers);
  test.teardown(() => client.close());
  return client;
}

/** Resolves with the first event of a type that passes. */
export function next<T extends ClientEventName>(
  client: Client,
  type: T,
  passes: (event: ClientEvents[T]) => boolean = () => true,
): Promise<ClientEvents[T]> {
  return new Promise((resolve) => {
    const stop = client.on(type, (event) => {
      if (!passes(event)) return;
      stop();
      resolve(event);
    });
  });
}

/** Collects the texts of the messages that are told. */
export function textsTold(client: Client): (string | null)[] {
  const texts: (string | null)[] = [];
  client.on('message', ({ message }) => void texts.push(message.text));
  return texts;
}

export interface Line {
  readonly port: number;
  /** Where new connections lead. */
  target: number;
  /** Called with what has just gone towards the client; may cut the line behind it. */
  onDown: (data: Buffer) => void;
  /** The same towards the server. */
  onUp: (data: Buffer) => void;
  /** Breaks all connections; while `down`, new ones are broken too. */
  cut(): void;
  down: boolean;
}

/** A line to `target`, whose port stays when the server's changes. */
export async function openLine(test: Teardown, target: number): Promise<Line> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (line.down) {
      near.destroy();
      return;
    }
    const far = dial(line.target, '127.0.0.1');
    for (const [from, to, tell] of [
      [near, far, (data: Buffer) => line.onUp(data)],
      [far, near, (data: Buffer) => line.onDown(data)],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (data: Buffer) => {
        if (!to.destroyed && !to.write(data)) from.pause();
        tell(data);
      });
      to.on('drain', () => from.resume());
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const line: Line = {
    port: 0,
    target,
    onDown: () => undefined,
    onUp: () => undefined,
    down: false,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(line, { port: (server.address() as AddressInfo).port });
  test.teardown(async () => {
    line.cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return line;
}

// What a run of the command line may touch of the process around it; passed in, so that tests run it in-process.
import type { Readable, Writable } from 'node:stream';
import type { Client, ConnectOptions } from '../client/api.js';

interface InputStream extends Readable {
  isTTY?: boolean | undefined;
  setRawMode?: (raw: boolean) => unknown;
}

export interface OutputStream extends Writable {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly cwd: string;
  /** Aborts at SIGINT or SIGTERM, and when nobody reads stdout any more (reason `EPIPE`). */
  readonly interrupt: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  connect(options: ConnectOptions): Promise<Client>;
}

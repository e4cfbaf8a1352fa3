// Where a server is, as people write it: `HOST`, `HOST:PORT`, `[::1]:PORT`.
import { PytalkError } from '../protocol/errors.js';

const defaultPort = 5000;

export interface Address {
  host: string;
  port: number;
  /** `host:port`, an IPv6 address in brackets: the key of pins and sessions. */
  name: string;
}

/** Throws PytalkError `usage`. */
export function parseAddress(text: string): Address {
  const match =
    /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]/]+)|([0-9a-fA-F]*:[0-9a-fA-F:.]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? defaultPort : Number(match[4]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new PytalkError('usage', { details: { reason: `${text} is not HOST[:PORT]` } });
  }
  return { host, port, name: `${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}` };
}

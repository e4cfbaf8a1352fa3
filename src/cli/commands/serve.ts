// `serve`: runs a server until a signal ends it.
import { PytalkError } from '../../protocol/errors.js';
import { startServer, type RunningServer, type ServerOptions } from '../../server/server.js';
import type { Context } from '../context.js';
import { dataDirOf } from '../data-dir.js';
import { portOf } from '../ports.js';
import type { Fields } from '../table/spec.js';
import { letYoungGenerationGrow } from '../young-generation.js';

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

function tlsOf(context: Context, fields: Fields): NonNullable<ServerOptions['tls']> | false {
  const cert = text(fields, 'cert');
  const key = text(fields, 'key');
  if ((cert === undefined) !== (key === undefined)) {
    throw new PytalkError('usage', { details: { reason: context.say('usage.cert-and-key') } });
  }
  if (!context.common.tls) return false;
  return cert === undefined || key === undefined ? 'own' : { cert, key };
}

function overridesOf(fields: Fields): Record<string, string> {
  const given = ['metrics', 'registration', 'logLevel'].map((name) => [name, text(fields, name)] as const);
  return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** `HOST:PORT`, an IPv6 address in brackets. */
function shown({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function announce(
  context: Context,
  server: RunningServer,
  advertised: string | undefined,
): Promise<void> {
  const tcp = `tcp://${shown(server.tcp)}`;
  const udp = `udp://${advertised ?? shown(server.udp)}`;
  if (context.out.isJson) {
    await context.out.json({ type: 'listening', tcp, udp, fingerprint: server.fingerprint });
  } else {
    // Scripts wait for this very line: it is the same in every language.
    context.out.line(`PyTalk server listening on ${tcp} and ${udp}`);
  }
}

/** `HOST:PORT`, an IPv6 address in brackets. */
function advertisedOf(fields: Fields, { say }: Context): { host: string; port: number } | undefined {
  const value = text(fields, 'advertiseUdp');
  if (value === undefined) return undefined;
  const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value) ?? [];
  const host = v6 ?? name;
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new PytalkError('usage', { details: { reason: say('usage.advertise-udp', { value }) } });
}

export async function serve(context: Context, fields: Fields): Promise<undefined> {
  const signal = context.takeInterrupt();
  const host = text(fields, 'host');
  const port = portOf(fields, 'port', context.say);
  const udpPort = portOf(fields, 'udpPort', context.say);
  const configFile = text(fields, 'config');
  const advertiseUdp = advertisedOf(fields, context);
  const server = await startServer({
    dataDir: dataDirOf(fields),
    tls: tlsOf(context, fields),
    overrides: overridesOf(fields),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(udpPort !== undefined && { udpPort }),
    ...(configFile !== undefined && { configFile }),
    ...(advertiseUdp !== undefined && { advertiseUdp }),
  });
  letYoungGenerationGrow();
  context.closeLater(() => server.close());
  await announce(context, server, text(fields, 'advertiseUdp'));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.close();
  return undefined;
}

// What `doctor` sees of a server from outside: name, TCP, certificate, and UDP both ways.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { parseAddress } from '../../client/address.js';
import { Connection } from '../../client/connection.js';
import { dial } from '../../client/dial.js';
import { systemTimers } from '../../client/timers.js';
import { PytalkError } from '../../protocol/errors.js';
import { mappedAddress } from '../../protocol/ice.js';
import { protocolVersion } from '../../protocol/limits.js';
import { decodeStun, encodeStun, stunAttribute, stunType } from '../../protocol/stun.js';
import type { Context } from '../context.js';
import { sentenceOf } from '../failure.js';
import { programVersion } from '../program-version.js';
import type { Finding } from './doctor.js';

const defaultUdpPort = 9999;
const defaultTimeoutMs = 5000;
/** UDP may lose a datagram: ask several times before giving up. */
const attempts = 5;
/** Long enough that the answer is not longer than the question. */
const paddingBytes = 64;

/** Asks by STUN (RFC 8489) under which address we are seen. Resolves with null when no answer comes. */
async function askStun(
  host: string,
  family: number,
  port: number,
  timeoutMs: number,
): Promise<string | null> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const transactionId = randomBytes(12);
  const padding = { type: stunAttribute.padding, value: Buffer.alloc(paddingBytes) };
  const question = encodeStun({ type: stunType.bindingRequest, transactionId, attributes: [padding] });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string | null>((resolve) => {
      let sent = 0;
      const ask = (): void => {
        if (sent++ === attempts) resolve(null);
        else socket.send(question, port, host, () => undefined);
      };
      timer = setInterval(ask, timeoutMs / attempts);
      socket.on('error', () => resolve(null));
      socket.on('message', (datagram) => {
        const seen = readAnswer(datagram, transactionId);
        if (seen !== null) resolve(seen);
      });
      ask();
    });
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

function readAnswer(datagram: Buffer, transactionId: Buffer): string | null {
  try {
    const answer = decodeStun(datagram);
    if (answer.type !== stunType.bindingSuccess || !answer.transactionId.equals(transactionId)) return null;
    const mapped = mappedAddress(answer);
    return mapped && `${mapped.address}:${mapped.port}`;
  } catch {
    // Not an answer of ours: keep waiting.
    return null;
  }
}

/** Asks the server where its relay is, as calls are told it; null when it does not say. Closes the socket. */
async function relayOf(
  socket: Socket,
  timeoutMs: number,
): Promise<{ host: string | null; port: number } | null> {
  const quiet = {
    onPush: () => undefined,
    onChunk: () => undefined,
    onDatagram: () => undefined,
    onClose: () => undefined,
  };
  const connection = new Connection(socket, quiet, systemTimers, timeoutMs);
  try {
    const hello = { protocol: protocolVersion, client: `pytalk ${programVersion} doctor` };
    return (await connection.request('hello', hello)).relay ?? null;
  } catch {
    // Another version, or no PyTalk at all: the usual port is as good as any.
    return null;
  } finally {
    await connection.close();
  }
}

/** Checks the server that --server or PYTALK_SERVER names, step by step; nothing when there is none. */
export async function* checkServer(context: Context, udpPort?: number): AsyncGenerator<Finding> {
  const { say, server, common } = context;
  if (server === undefined) return;
  const address = parseAddress(server);
  const timeoutMs = common.timeoutMs ?? defaultTimeoutMs;
  let ip: { address: string; family: number };
  try {
    ip = await lookup(address.host);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    yield { part: 'doctor.dns', result: 'missing', detail, remedy: say('doctor.dns.remedy') };
    return;
  }
  yield { part: 'doctor.dns', result: 'ok', detail: `${address.host} → ${ip.address}` };
  let relay: Awaited<ReturnType<typeof relayOf>> = null;
  try {
    const { socket, fingerprint, vouched } = await dial(address, {
      tls: common.tls,
      timeoutMs,
      timers: systemTimers,
    });
    relay = await relayOf(socket, timeoutMs);
    yield { part: 'doctor.tcp', result: 'ok', detail: address.name };
    if (fingerprint !== null) yield certificateFinding(context, fingerprint, vouched);
  } catch (error) {
    if (!(error instanceof PytalkError)) throw error;
    const remedy = say('doctor.tcp.remedy', { port: address.port });
    yield { part: 'doctor.tcp', result: 'missing', detail: sentenceOf(error, say), remedy };
  }
  const host = relay?.host ?? address.host;
  const port = udpPort ?? relay?.port ?? defaultUdpPort;
  const relayIp = host === address.host ? ip : await lookup(host).catch(() => null);
  const seen = relayIp && (await askStun(relayIp.address, relayIp.family, port, timeoutMs));
  const where = `${host}:${port}`;
  yield seen === null
    ? { part: 'doctor.udp', result: 'missing', detail: where, remedy: say('doctor.udp.remedy', { port }) }
    : { part: 'doctor.udp', result: 'ok', detail: say('doctor.udp.seen', { where, seen }) };
}

function certificateFinding({ common, say }: Context, fingerprint: string, vouched: boolean): Finding {
  const by = vouched ? say('doctor.certificate.authority') : say('doctor.certificate.own');
  const detail = `SHA-256 ${fingerprint} (${by})`;
  const expected = common.fingerprint?.replace(/[:\s]/g, '').toLowerCase();
  return expected === undefined || expected === fingerprint
    ? { part: 'doctor.certificate', result: 'ok', detail }
    : { part: 'doctor.certificate', result: 'missing', detail, remedy: say('doctor.certificate.remedy') };
}

// E: logins with a password: what one costs the server.
import * as opaque from '@serenity-kit/opaque';
import { cpuSeconds, measure } from '../machine.js';
import { Member } from '../member.js';
import { loadFigures, loadMeasured, type Measured, type Scenario } from '../scenario.js';
import { withServer, type BenchServer } from '../server-process.js';

const password = 'correct horse battery staple';
/** The server never sees the stretching, so the least of it keeps the generator out of the way. */
const keyStretching = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } };
const logins = 200;

async function register(server: BenchServer, username: string): Promise<void> {
  const member = await Member.connect(server);
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password });
  const phone = '0612345678';
  const started = await member.request('register.start', { username, phone, request: registrationRequest });
  const { registrationRecord } = opaque.client.finishRegistration({
    clientRegistrationState,
    registrationResponse: started.response,
    password,
    keyStretching,
  });
  const key = Buffer.alloc(32, 1).toString('base64url');
  await member.request('register.finish', {
    record: registrationRecord,
    identity: { publicKey: key, wrapped: key },
    device: 'bench',
  });
  member.close();
}

/** Logs in once; returns the milliseconds from the first request to the token, the client's own work included. */
async function logIn(server: BenchServer, username: string): Promise<number> {
  const member = await Member.connect(server);
  const from = performance.now();
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password });
  const started = await member.request('login.start', { username, request: startLoginRequest });
  const finished = opaque.client.finishLogin({
    clientLoginState,
    loginResponse: started.response,
    password,
    keyStretching,
  });
  if (!finished) throw new Error('the password was not accepted');
  await member.request('login.finish', { proof: finished.finishLoginRequest, device: 'bench' });
  const milliseconds = performance.now() - from;
  member.close();
  return milliseconds;
}

/** CPU milliseconds of the server for each of `count` connections that only say hello. */
async function connectionCostMs(server: BenchServer, count: number): Promise<number> {
  const before = cpuSeconds(server.pid);
  for (let i = 0; i < count; i++) (await Member.connect(server)).close();
  return ((cpuSeconds(server.pid) - before) / count) * 1000;
}

async function runOnce(count: number): Promise<Measured> {
  await opaque.ready;
  return withServer({ users: 0, tls: true }, async (server) => {
    await register(server, 'alice');
    for (let i = 0; i < count / 4; i++) await logIn(server, 'alice');
    const connectionMs = await connectionCostMs(server, count);
    const finish = measure(server.pid);
    let milliseconds = 0;
    for (let i = 0; i < count; i++) milliseconds += await logIn(server, 'alice');
    const cost = finish();
    const wholeMs = (cost.serverCpuSeconds / count) * 1000;
    return {
      'server CPU ms for each login': wholeMs - connectionMs,
      'server CPU ms for the TLS connection under it': connectionMs,
      'mean ms from request to token': milliseconds / count,
      ...loadMeasured(cost),
    };
  });
}

export const login: Scenario = {
  key: 'E',
  title: 'E Logins with a password (OPAQUE)',
  about:
    `${logins} logins one after the other, each on a TLS connection of its own, each with a session that is stored. The ` +
    'client stretches the password as little as can be, which the server cannot tell.',
  figures: [
    { name: 'server CPU ms for each login', digits: 2, aim: { atMost: 4 } },
    { name: 'server CPU ms for the TLS connection under it', digits: 2 },
    { name: 'mean ms from request to token', digits: 2 },
    ...loadFigures,
  ],
  runOnce: ({ quick }) => runOnce(quick ? logins / 4 : logins),
};

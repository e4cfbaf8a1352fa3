// A person who registers, logs in and proves a password by OPAQUE, stretched so little that tests are quick.
import * as opaque from '@serenity-kit/opaque';
import type { Reply, RequestBody } from '../../src/protocol/messages.js';
import { PytalkError } from '../../src/protocol/errors.js';
import type { WireClient } from './wire-client.js';

const keyStretching = { 'argon2id-custom': { memory: 8, iterations: 1, parallelism: 1 } };

/** An identity whose keys are recognisable; nothing here is secret. */
export function someIdentity(fill: number): { publicKey: string; wrapped: string } {
  return { publicKey: Buffer.alloc(32, fill).toString('base64url'), wrapped: `wrapped-${fill}` };
}

/** The client's half of a registration: a request, and from the answer the record. */
export async function beginRegistration(password: string) {
  await opaque.ready;
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password });
  return {
    request: registrationRequest,
    finish: (registrationResponse: string): string =>
      opaque.client.finishRegistration({
        clientRegistrationState,
        registrationResponse,
        password,
        keyStretching,
      }).registrationRecord,
  };
}

/** The client's half of a login: a request, and from the answer the proof; null for a wrong password. */
export async function beginLogin(password: string) {
  await opaque.ready;
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password });
  return {
    request: startLoginRequest,
    finish: (loginResponse: string): string | null =>
      opaque.client.finishLogin({ clientLoginState, loginResponse, password, keyStretching })
        ?.finishLoginRequest ?? null,
  };
}

export async function register(
  client: WireClient,
  fields: Omit<RequestBody<'register.start'>, 'request'>,
  password = 'correct horse',
  identity = someIdentity(1),
): Promise<Reply<'register.finish'>> {
  const { request, finish } = await beginRegistration(password);
  const { response } = await client.request('register.start', { ...fields, request });
  return client.request('register.finish', { record: finish(response), identity, device: 'test device' });
}

/** Logs in. A client finds a wrong password out by itself; here it then sends a proof that is none. */
export async function login(
  client: WireClient,
  username: string,
  password = 'correct horse',
): Promise<Reply<'login.finish'>> {
  const { request, finish } = await beginLogin(password);
  const { response } = await client.request('login.start', { username, request });
  return client.request('login.finish', { proof: finish(response) ?? 'AAAA', device: 'another device' });
}

/** Proves the password on a connection that is logged in. */
export async function prove(client: WireClient, password = 'correct horse'): Promise<string> {
  const { request, finish } = await beginLogin(password);
  const { response } = await client.request('proof.start', { request });
  return finish(response) ?? 'AAAA';
}

/** The code of the error that a promise rejects with, or null when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    if (error instanceof PytalkError) return error.code;
    throw error;
  }
}

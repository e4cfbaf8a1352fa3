// OPAQUE (RFC 9807) on the client's side: registering, logging in, proving and changing the password.
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { isEmail, isName, isPersonName, isPhone, phoneDigits } from '../protocol/names.js';
import type { Reply } from '../protocol/messages.js';
import { makeIdentity, openIdentity, sealIdentity, type IdentityKeys } from './identity.js';
import type { Link } from './link.js';
import { makeRecoveryKey, parseRecoveryKey } from './recovery-key.js';

/**
 * Argon2id with 64 MiB, 3 passes, 4 lanes: RFC 9106's second recommendation, 0.2 s on a laptop, about 1 s on a
 * Raspberry Pi. Its first one (OPAQUE's default) needs 2 GiB at once, which small boards and phones do not have,
 * and takes 2.5 s. Never change it: a password registered with one setting cannot log in with another.
 */
const keyStretching = 'memory-constrained';

type Opaque = typeof import('@serenity-kit/opaque').client;

/** Loaded when needed: its wasm takes 30 ms, and most commands log in by token. */
async function loadOpaque(): Promise<Opaque> {
  const { client, ready } = await import('@serenity-kit/opaque');
  await ready;
  return client;
}

/** The same password typed on another keyboard is the same bytes (RFC 8265). */
function normalised(password: string): string {
  return password.normalize('NFC');
}

function checkPassword(password: string): void {
  if (password.length >= limits.minPasswordChars) return;
  throw new PytalkError('weak-password', { details: { min: limits.minPasswordChars } });
}

/** What logging in gives: to be kept by this device. */
export interface SignedIn {
  reply: Reply<'login.finish'>;
  keys: IdentityKeys;
}

export interface NewAccount {
  username: string;
  password: string;
  phone: string;
  email?: string;
  firstName?: string;
  lastName?: string;
  invite?: string;
}

/** Refuses of the fields that are there what the server would refuse, with the same codes, before anything is computed. */
export function checkFields({
  username,
  phone,
  email,
  firstName,
  lastName,
  password,
}: Partial<NewAccount>): void {
  if (username !== undefined && !isName(username)) throw new PytalkError('invalid-username');
  if (phone !== undefined && !isPhone(phone)) throw new PytalkError('invalid-phone');
  if (email !== undefined && !isEmail(email)) throw new PytalkError('invalid-email');
  for (const name of [firstName, lastName]) {
    if (name !== undefined && !isPersonName(name)) throw new PytalkError('invalid-person-name');
  }
  if (password !== undefined) checkPassword(password);
}

export async function register(link: Link, account: NewAccount, device: string): Promise<SignedIn> {
  const { password: typed, ...fields } = { ...account, phone: phoneDigits(account.phone) };
  checkFields({ ...account, ...fields });
  const opaque = await loadOpaque();
  const password = normalised(typed);
  const start = opaque.startRegistration({ password });
  const { response } = await link.request('register.start', {
    ...fields,
    request: start.registrationRequest,
  });
  const { registrationRecord, exportKey } = opaque.finishRegistration({
    password,
    clientRegistrationState: start.clientRegistrationState,
    registrationResponse: response,
    keyStretching,
  });
  const keys = makeIdentity();
  const reply = await link.request('register.finish', {
    record: registrationRecord,
    identity: { publicKey: keys.publicKey, wrapped: seal(keys, exportKey) },
    device,
  });
  return { reply, keys };
}

function seal(keys: IdentityKeys, exportKey: string): string {
  return sealIdentity(keys, Buffer.from(exportKey, 'base64url'), 'export-key');
}

/** The finish of an OPAQUE login. Throws `login-refused` when the password is wrong. */
function finishLogin(
  opaque: Opaque,
  password: string,
  clientLoginState: string,
  loginResponse: string,
): { proof: string; exportKey: string } {
  const finished = opaque.finishLogin({ password, clientLoginState, loginResponse, keyStretching });
  if (!finished) throw new PytalkError('login-refused');
  return { proof: finished.finishLoginRequest, exportKey: finished.exportKey };
}

export async function login(link: Link, username: string, typed: string, device: string): Promise<SignedIn> {
  const opaque = await loadOpaque();
  const password = normalised(typed);
  const start = opaque.startLogin({ password });
  const { response } = await link.request('login.start', { username, request: start.startLoginRequest });
  const { proof, exportKey } = finishLogin(opaque, password, start.clientLoginState, response);
  const reply = await link.request('login.finish', { proof, device });
  const keys = openIdentity(reply.identity, Buffer.from(exportKey, 'base64url'), 'export-key');
  // The export key fits the password record, so a wrapping that does not open was tampered with.
  if (!keys) throw new PytalkError('login-refused', { cause: new Error('the identity key does not open') });
  return { reply, keys };
}

export interface Reset {
  username: string;
  code: string;
  password: string;
  recoveryKey?: string;
}

export async function resetPassword(link: Link, reset: Reset, device: string): Promise<SignedIn> {
  checkPassword(reset.password);
  const secret = reset.recoveryKey === undefined ? null : parseRecoveryKey(reset.recoveryKey);
  if (reset.recoveryKey !== undefined && !secret) throw new PytalkError('recovery-key-invalid');
  const opaque = await loadOpaque();
  const password = normalised(reset.password);
  const start = opaque.startRegistration({ password });
  const { response, recovery } = await link.request('reset.start', {
    username: reset.username,
    code: reset.code,
    request: start.registrationRequest,
  });
  const restored = secret && recovery ? openIdentity(recovery, secret, 'recovery-key') : null;
  if (secret && !restored) throw new PytalkError('recovery-key-invalid');
  const keys = restored ?? makeIdentity();
  const { registrationRecord, exportKey } = opaque.finishRegistration({
    password,
    clientRegistrationState: start.clientRegistrationState,
    registrationResponse: response,
    keyStretching,
  });
  const reply = await link.request('reset.finish', {
    record: registrationRecord,
    identity: { publicKey: keys.publicKey, wrapped: seal(keys, exportKey) },
    device,
  });
  return { reply, keys };
}

/** Proves the password again, for what a stolen token must not do. Rejects with `login-refused`. */
async function prove(link: Link, opaque: Opaque, typed: string): Promise<string> {
  const password = normalised(typed);
  const start = opaque.startLogin({ password });
  const { response } = await link.request('proof.start', { request: start.startLoginRequest });
  return finishLogin(opaque, password, start.clientLoginState, response).proof;
}

export async function changePassword(
  link: Link,
  keys: IdentityKeys,
  old: string,
  typed: string,
): Promise<void> {
  checkPassword(typed);
  const opaque = await loadOpaque();
  const proof = await prove(link, opaque, old);
  const password = normalised(typed);
  const start = opaque.startRegistration({ password });
  const { response } = await link.request('password.start', { request: start.registrationRequest });
  const { registrationRecord, exportKey } = opaque.finishRegistration({
    password,
    clientRegistrationState: start.clientRegistrationState,
    registrationResponse: response,
    keyStretching,
  });
  await link.request('password.finish', {
    proof,
    record: registrationRecord,
    wrapped: seal(keys, exportKey),
  });
}

/** Makes a recovery key, leaves the identity sealed under it with the server, and returns it. */
export async function setRecoveryKey(link: Link, keys: IdentityKeys, password: string): Promise<string> {
  const proof = await prove(link, await loadOpaque(), password);
  const key = makeRecoveryKey();
  await link.request('recovery.set', { proof, wrapped: sealIdentity(keys, key.secret, 'recovery-key') });
  return key.text;
}

export async function deleteAccount(link: Link, password: string): Promise<void> {
  const proof = await prove(link, await loadOpaque(), password);
  await link.request('account.delete', { proof });
}

// The server's half of OPAQUE (RFC 9807): it never has a password, and takes one step in each turn of the event loop.
import { createHmac } from 'node:crypto';
import * as opaque from '@serenity-kit/opaque';
import { PytalkError } from '../protocol/errors.js';
import type { Hub } from './hub.js';

const setupKey = 'opaque-setup';
/** Bytes of a registration record: public key, masking key and envelope of the ristretto255 suite. */
const recordBytes = 192;

export class OpaqueServer {
  readonly #setup: string;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(setup: string) {
    this.#setup = setup;
  }

  /** Reads the server's secret setup from the database; the first start makes it. */
  static async open(hub: Pick<Hub, 'storage' | 'commit'>): Promise<OpaqueServer> {
    await opaque.ready;
    let setup = await hub.storage.meta(setupKey);
    if (setup === null) {
      setup = opaque.server.createSetup();
      await hub.commit([{ do: 'meta', key: setupKey, value: setup }]);
    }
    return new OpaqueServer(setup);
  }

  /** Answers a registration request for a user id. Rejects with `invalid`. */
  respond(user: number, request: string): Promise<string> {
    return this.#inTurn(() => {
      try {
        const { registrationResponse } = opaque.server.createRegistrationResponse({
          serverSetup: this.#setup,
          userIdentifier: String(user),
          registrationRequest: request,
        });
        return registrationResponse;
      } catch (cause) {
        throw notOpaque('request', cause);
      }
    });
  }

  /**
   * Answers a login request. Without an account it answers for one made up from the name, always the same, so that
   * neither shape nor time nor repetition tells whether the name exists. Rejects with `invalid`.
   */
  startLogin(
    account: { id: number; opaqueRecord: string } | null,
    nameKey: string,
    request: string,
  ): Promise<{ state: string; response: string }> {
    return this.#inTurn(() => {
      try {
        const { serverLoginState, loginResponse } = opaque.server.startLogin({
          serverSetup: this.#setup,
          userIdentifier: account ? String(account.id) : this.#madeUp(nameKey),
          registrationRecord: account?.opaqueRecord,
          startLoginRequest: request,
        });
        return { state: serverLoginState, response: loginResponse };
      } catch (cause) {
        throw notOpaque('request', cause);
      }
    });
  }

  /** True when the proof shows that the client had the password of the login that `state` began. */
  finishLogin(state: string, proof: string): boolean {
    try {
      opaque.server.finishLogin({ serverLoginState: state, finishLoginRequest: proof });
      return true;
    } catch {
      return false;
    }
  }

  /** Throws `invalid` for what cannot be a registration record. */
  checkRecord(record: string): void {
    if (Buffer.from(record, 'base64url').length !== recordBytes) throw notOpaque('record');
  }

  #madeUp(nameKey: string): string {
    return createHmac('sha256', this.#setup).update(nameKey).digest('hex');
  }

  /** A step costs about a millisecond; other connections get their turn between two of them. */
  #inTurn<T>(step: () => T): Promise<T> {
    const result = this.#turn.then(() => new Promise((resolve) => setImmediate(resolve))).then(step);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function notOpaque(field: string, cause?: unknown): PytalkError {
  return new PytalkError('invalid', { details: { field, reason: 'not an OPAQUE message' }, cause });
}

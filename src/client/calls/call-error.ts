// What ended a call, as an error that can be told.
import { PytalkError } from '../../protocol/errors.js';

export function asError(error: unknown): PytalkError {
  if (!(error instanceof PytalkError)) return new PytalkError('internal', { cause: error });
  // Not said by a server that still has the call in which this device is.
  return error.code === 'call-not-found' ? new PytalkError('call-lost', { cause: error }) : error;
}

// Which exit code an error ends the program with; docs/CLI.md promises them.
import type { ErrorCode } from '../protocol/errors.js';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  login: 3,
  unreachable: 4,
  declined: 5,
  busy: 6,
  noAnswer: 7,
  interrupted: 130,
} as const;

/** Every code that is not here is `failed`. */
const byError: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: exitCodes.usage,
  'not-logged-in': exitCodes.login,
  'login-refused': exitCodes.login,
  'session-ended': exitCodes.login,
  'account-disabled': exitCodes.login,
  unreachable: exitCodes.unreachable,
  timeout: exitCodes.unreachable,
  disconnected: exitCodes.unreachable,
  offline: exitCodes.unreachable,
  stopping: exitCodes.unreachable,
  'server-full': exitCodes.unreachable,
  'certificate-changed': exitCodes.unreachable,
  'certificate-mismatch': exitCodes.unreachable,
  'tls-needed': exitCodes.unreachable,
  cancelled: exitCodes.interrupted,
};

export function exitCodeOf(code: ErrorCode): number {
  return byError[code] ?? exitCodes.failed;
}

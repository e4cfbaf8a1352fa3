// Which exit code an error or a call ends the program with; docs/CLI.md promises them.
import type { CallEnd } from '../protocol/call-shapes.js';
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

/** The exit code of a call that has ended (docs/CLI.md). */
export function exitCodeOfEnd(reason: CallEnd): number {
  switch (reason) {
    case 'hangup':
    case 'cancelled':
    case 'elsewhere':
      return exitCodes.done;
    case 'declined':
      return exitCodes.declined;
    case 'busy':
      return exitCodes.busy;
    case 'no-answer':
      return exitCodes.noAnswer;
    case 'failed':
      return exitCodes.failed;
  }
}

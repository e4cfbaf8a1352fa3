// One line that says what failed, why, and what to do next; or the same as JSON.
import { isErrorCode, PytalkError, type ErrorCode } from '../protocol/errors.js';
import type { Reason } from '../protocol/reasons.js';
import { isKey, type Say } from './catalogue/translate.js';
import { cleanLine, safeJson } from './clean-text.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';

export interface Failure {
  readonly exitCode: number;
  readonly code: ErrorCode;
  /** In the reader's language, cleaned, with what to do next. */
  readonly message: string;
  readonly retryAfterMs: number | null;
}

/** The code of the system, such as ENOENT, whose words are the reason of an error; empty when the reason is another. */
function systemCode({ cause, details }: PytalkError): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const isReason = first instanceof Error && 'code' in first && first.message === details['reason'];
  return isReason ? String(first.code) : '';
}

/** What failed and why, in the reader's language, cleaned; without what to do next. */
export function sentenceOf(error: unknown, say: Say): string {
  if (!(error instanceof PytalkError))
    return cleanLine(error instanceof Error ? error.message : String(error));
  if (!isErrorCode(error.code)) return cleanLine(error.message);
  const { why = systemCode(error), ...details } = error.details;
  // Where something is to be written, the folder is what is missing.
  const isNoFolder = error.code === 'file-unwritable' && why === 'ENOENT';
  const key = `reason.${isNoFolder ? ('no-such-folder' satisfies Reason) : why}`;
  const known = isKey(key) ? { reason: say(key, details) } : {};
  return cleanLine(say(`error.${error.code}`, { ...details, ...known }));
}

export function failureOf(error: unknown, say: Say): Failure {
  if (!(error instanceof PytalkError)) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = cleanLine(say('run.unexpected', { reason }));
    return { exitCode: exitCodes.failed, code: 'internal', message, retryAfterMs: null };
  }
  const { code, retryAfterMs = null } = error;
  const { hint: named, ...details } = error.details;
  const hintKey = String(named ?? `hint.${code}`);
  const hint = hintKey.startsWith('hint.') && isKey(hintKey) ? ` ${say(hintKey, details)}` : '';
  // A code of a newer server: its own words say more than `internal` would.
  const unknown = code === 'internal' && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return {
    exitCode: exitCodeOf(code),
    code,
    message: cleanLine(`${sentenceOf(error, say)}${unknown}${hint}`),
    retryAfterMs,
  };
}

export function failureJson({ code, message, retryAfterMs }: Failure): Record<string, unknown> {
  return { code, message, retryAfterMs };
}

/** The line for stderr. */
export function failureLine(failure: Failure, asJson: boolean): string {
  return asJson ? safeJson({ type: 'error', ...failureJson(failure) }) : `pytalk: ${failure.message}`;
}

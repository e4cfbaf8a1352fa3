// One line that says what failed, why, and what to do next; or the same as JSON.
import { isErrorCode, PytalkError, type ErrorCode } from '../protocol/errors.js';
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

export function failureOf(error: unknown, say: Say): Failure {
  if (!(error instanceof PytalkError)) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = cleanLine(say('run.unexpected', { reason }));
    return { exitCode: exitCodes.failed, code: 'internal', message, retryAfterMs: null };
  }
  const { code, details, retryAfterMs = null } = error;
  const hintKey = `hint.${code}`;
  const hint = isKey(hintKey) ? ` ${say(hintKey, details)}` : '';
  // A code of a newer server: its own words say more than `internal` would.
  const unknown = code === 'internal' && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  const sentence = isErrorCode(code) ? say(`error.${code}`, details) : error.message;
  return {
    exitCode: exitCodeOf(code),
    code,
    message: cleanLine(`${sentence}${unknown}${hint}`),
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

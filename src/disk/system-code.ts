// What the system said of a failure, by name.

/** The code of a system error, such as ENOENT (errno(3)); `unknown` for what is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

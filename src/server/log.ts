// The running log on stderr: JSON lines for machines, one readable line each for a person at a terminal.
import { pino, type Logger } from 'pino';

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  40: 'warning',
  50: 'error',
  60: 'fatal',
};

/** The value as JSON shows it, with what JSON leaves of control and bidirectional characters escaped too. */
function shown(value: unknown): string {
  const text = JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return /^"[\w.:/-]+"$/.test(text) ? text.slice(1, -1) : text;
}

/** One of pino's JSON lines as a person reads it: `22:17:11 started tcp={...}`. */
export function readableLine(line: string): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const name = levels[Number(level)];
  const details = Object.entries(rest)
    .filter(([key, value]) => value !== null && !(key === 'event' && value === msg))
    .map(([key, value]) => `${key}=${shown(value)}`);
  return [clock, ...(name === undefined ? [] : [`${name}:`]), String(msg), ...details].join(' ');
}

/** A log to stderr at this level (pino's names). */
export function makeLog(level: string): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  if (!process.stderr.isTTY) return pino({ level, base: null }, stderr);
  return pino({ level, base: null }, { write: (line: string) => stderr.write(`${readableLine(line)}\n`) });
}

// Lets go of what is older than the server is to keep: a little at a time, so that nobody waits for it.
import type { Logger } from 'pino';
import type { ServerConfig } from './config.js';
import type { Retained, Storage, Unit } from './storage/storage.js';

const dayMs = 24 * 60 * 60 * 1000;
const sweepEveryMs = 60 * 60 * 1000;
/** Events that one commit empties, at most as many again: messages that come meanwhile share it. */
const eventsPerCommit = 256;
/** Between two commits, so that most are without. */
const pauseMs = 20;

interface RetentionParts {
  storage: Storage;
  hub: { commit(unit: Unit): Promise<void> };
  /** Bytes of files that nothing refers to any more go with its sweep. */
  files: { sweep(): Promise<void> };
  config: Pick<ServerConfig, 'retention'>;
  log: Logger;
  now: () => number;
}

/** What a sweep let go of: events of which something was emptied or looked at, and log entries. */
export type Swept = Record<Retained | 'log' | 'audit', number>;

export class Retention {
  readonly #parts: RetentionParts;
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<Swept> | null = null;
  #closed = false;

  /** Sweeps at once, and then every hour. */
  constructor(parts: RetentionParts) {
    this.#parts = parts;
    const sweep = (): void => {
      this.sweep().catch((error: unknown) => parts.log.error({ err: error }, 'what is old was not erased'));
    };
    this.#timer = setInterval(sweep, sweepEveryMs);
    this.#timer.unref();
    sweep();
  }

  /** Lets go of all that is too old now. Rejects with StorageError or PytalkError; the rest is then tried in an hour. */
  sweep(): Promise<Swept> {
    this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = null));
    return this.#sweeping;
  }

  /** Idempotent; waits for the commit under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#sweeping?.catch(() => undefined);
  }

  async #sweep(): Promise<Swept> {
    const { config, files, log } = this.#parts;
    const { messagesDays, filesDays, callsDays, logDays, auditDays } = config.retention;
    const swept: Swept = {
      messages: await this.#events('messages', messagesDays),
      files: await this.#events('files', filesDays),
      calls: await this.#events('calls', callsDays),
      log: await this.#log(false, logDays),
      audit: await this.#log(true, auditDays),
    };
    if (swept.messages + swept.files > 0 && !this.#closed) await files.sweep();
    if (Object.values(swept).some((count) => count > 0)) log.info(swept, 'what is old was erased');
    return swept;
  }

  /** Null for a kind that is kept for ever. */
  #before(days: number | null): number | null {
    return days === null ? null : this.#parts.now() - days * dayMs;
  }

  async #events(kind: Retained, days: number | null): Promise<number> {
    const { storage } = this.#parts;
    const before = this.#before(days);
    let count = 0;
    while (before !== null && !this.#closed) {
      const found = await storage.oldEvents(kind, before);
      if (found.length === 0) break;
      for (let next = 0; next < found.length;) {
        let events = 0;
        const unit: Unit[number][] = [];
        for (; next < found.length && events < eventsPerCommit; next++) {
          const old = found[next];
          if (!old) break;
          unit.push({ do: 'erase-old', kind, old });
          events += old.through - old.after;
        }
        await this.#commit(unit);
        count += events;
      }
    }
    return count;
  }

  async #log(isAudit: boolean, days: number | null): Promise<number> {
    const before = this.#before(days);
    let count = 0;
    while (before !== null && !this.#closed) {
      const ids = await this.#parts.storage.oldLogEntries(isAudit, before);
      if (ids.length === 0) break;
      await this.#commit([{ do: 'delete-log', ids }]);
      count += ids.length;
    }
    return count;
  }

  async #commit(unit: Unit): Promise<void> {
    await this.#parts.hub.commit(unit);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

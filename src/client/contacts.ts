// Other people's identity keys as this device first saw them, and which of them were compared by hand.
import { z } from 'zod';
import type { User } from '../protocol/shapes.js';
import type { Home } from './home.js';

const name = 'contacts.json';
const contact = z.object({
  username: z.string(),
  publicKey: z.string(),
  /** A person has compared the safety number. */
  verified: z.boolean(),
  /** The key is another one than first seen, and nobody has compared since. */
  changed: z.boolean(),
});
export type Contact = z.infer<typeof contact>;
const shape = z.object({
  /** By `host:port`, then user id. */
  servers: z.record(z.string(), z.record(z.string(), contact)),
});

export class Contacts {
  readonly #home: Home;
  readonly #server: string;
  readonly #onKeyChanged: (user: User) => void;
  #known = new Map<number, Contact>();
  /** Other servers' contacts, kept as they are. */
  #others: Record<string, Record<string, Contact>> = {};
  #dirty = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(home: Home, server: string, onKeyChanged: (user: User) => void) {
    this.#home = home;
    this.#server = server;
    this.#onKeyChanged = onKeyChanged;
  }

  static async open(home: Home, server: string, onKeyChanged: (user: User) => void): Promise<Contacts> {
    const contacts = new Contacts(home, server, onKeyChanged);
    const saved = await home.readJson(name, shape);
    const { [server]: own = {}, ...others } = saved?.servers ?? {};
    contacts.#others = others;
    contacts.#known = new Map(Object.entries(own).map(([id, value]) => [Number(id), value]));
    return contacts;
  }

  of(user: number): Contact | undefined {
    return this.#known.get(user);
  }

  /** Pins a key on first sight; tells of one that is not the pinned one and drops its verified mark. */
  seen(user: User): void {
    const known = this.#known.get(user.id);
    if (known?.publicKey === user.publicKey && known.username === user.username) return;
    const changed = known !== undefined && known.publicKey !== user.publicKey;
    this.#put(user.id, {
      username: user.username,
      publicKey: user.publicKey,
      verified: !changed && (known?.verified ?? false),
      changed: changed || (known?.changed ?? false),
    });
    if (changed) this.#onKeyChanged(user);
  }

  setVerified(user: User, verified: boolean): void {
    this.#put(user.id, { username: user.username, publicKey: user.publicKey, verified, changed: false });
  }

  /** Waits until what was seen is on disk. */
  flush(): Promise<void> {
    return this.#writing;
  }

  #put(id: number, value: Contact): void {
    this.#known.set(id, value);
    if (this.#dirty) return;
    this.#dirty = true;
    // Many people are seen at once: one write for all of a turn, and one write at a time.
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    this.#writing.catch(() => undefined);
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    const servers = { ...this.#others, [this.#server]: Object.fromEntries(this.#known) };
    await this.#home.writeJson(name, { servers });
  }
}

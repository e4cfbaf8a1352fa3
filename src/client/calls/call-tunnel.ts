// The media of one call through the chat connection: out when there is one, and in to whoever takes it.
import type { CallTunnel } from '../call-api.js';
import type { Link } from '../link.js';

type TunnelLink = Pick<Link, 'check' | 'datagramsWaitMs' | 'sendDatagram'>;

export class LinkTunnel implements CallTunnel {
  readonly #link: TunnelLink;
  readonly #ssrc: number;
  readonly #takers = new Set<(bytes: Buffer) => void>();

  /** `ssrc`: this device's first one in the call. */
  constructor(link: TunnelLink, ssrc: number) {
    this.#link = link;
    this.#ssrc = ssrc;
  }

  get waitMs(): number | null {
    return this.#link.datagramsWaitMs;
  }

  send(bytes: Buffer): void {
    this.#link.sendDatagram(this.#ssrc, bytes);
  }

  suspect(): void {
    this.#link.check();
  }

  onDatagram(take: (bytes: Buffer) => void): () => void {
    this.#takers.add(take);
    return () => this.#takers.delete(take);
  }

  /** Takes what came; the bytes are valid during the call only. */
  came(bytes: Buffer): void {
    for (const take of this.#takers) take(Buffer.from(bytes));
  }
}

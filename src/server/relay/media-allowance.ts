// How much media a participant may send: two buckets of tokens, of packets and of bytes, with one clock between them.
import type { MediaRates } from './relay-messages.js';

export class MediaAllowance {
  /** Shared by all participants: what is read for every packet should be as little memory as can be. */
  readonly #rates: MediaRates;
  #packets: number;
  #bytes: number;
  #at: number;

  /** `now` in milliseconds on a clock that never goes back. */
  constructor(rates: MediaRates, now: number) {
    this.#rates = rates;
    this.#packets = rates.packets.burst;
    this.#bytes = rates.bytes.burst;
    this.#at = now;
  }

  /** Takes one packet of so many bytes, or nothing when that is too much. */
  take(bytes: number, now: number): boolean {
    const { packets: packetRate, bytes: byteRate } = this.#rates;
    const minutes = (now - this.#at) / 60_000;
    const packetsLeft = Math.min(packetRate.burst, this.#packets + minutes * packetRate.perMinute);
    const bytesLeft = Math.min(byteRate.burst, this.#bytes + minutes * byteRate.perMinute);
    const passes = packetsLeft >= 1 && bytesLeft >= bytes;
    this.#at = now;
    this.#packets = passes ? packetsLeft - 1 : packetsLeft;
    this.#bytes = passes ? bytesLeft - bytes : bytesLeft;
    return passes;
  }
}

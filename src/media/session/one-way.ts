// Finds that media does not cross in one direction though Binding requests are answered: by what both ends counted.
import { countCrossed, type BindingTraffic, type Crossed } from '../../protocol/binding-traffic.js';

/** So many datagrams without one that arrived, over so long, are no accident. */
const minDatagrams = 20;
const silenceMs = 900;

/** One kind of datagram in one direction: how many had arrived when something arrived the last time. */
interface Progress {
  arrived: number;
  sent: number;
  atMs: number;
}

export class OneWay {
  /** What this side counted. */
  readonly #up: Crossed = { all: 0, long: 0 };
  readonly #down: Crossed = { all: 0, long: 0 };
  readonly #progress = new Map<string, Progress>();

  sent(bytes: number): void {
    countCrossed(this.#up, bytes);
  }

  came(bytes: number): void {
    countCrossed(this.#down, bytes);
  }

  /** Another socket, or media has come by another way meanwhile: what was counted before tells nothing. */
  forget(): void {
    this.#progress.clear();
  }

  /** Takes what the relay counted; true when a direction is silent. */
  isSilent({ up, down }: BindingTraffic, nowMs: number): boolean {
    const silences = (['all', 'long'] as const).flatMap((kind) => [
      this.#isStuck(`up ${kind}`, this.#up[kind], up[kind], nowMs),
      this.#isStuck(`down ${kind}`, down[kind], this.#down[kind], nowMs),
    ]);
    return silences.includes(true);
  }

  #isStuck(name: string, sent: number, arrived: number, nowMs: number): boolean {
    const before = this.#progress.get(name);
    // Also when the relay began to count anew.
    if (before?.arrived !== arrived || sent < before.sent) {
      this.#progress.set(name, { arrived, sent, atMs: nowMs });
      return false;
    }
    return sent - before.sent >= minDatagrams && nowMs - before.atMs >= silenceMs;
  }
}

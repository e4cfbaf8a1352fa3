// Typed events: told one after the other, in order, and never from inside another method's call.
import type { ClientEventName, ClientEvents } from './api.js';

type Listener<T extends ClientEventName> = (event: ClientEvents[T]) => void;

export class Emitter {
  readonly #listeners = new Map<ClientEventName, Set<Listener<never>>>();
  #queue: (() => void)[] = [];
  #scheduled = false;
  #held = true;

  /** Events are kept until `release`, so that whoever has just connected can begin to listen. */
  release(): void {
    this.#held = false;
    this.#schedule();
  }

  on<T extends ClientEventName>(type: T, listener: Listener<T>): () => void {
    // A wrapper of its own, so that the same function added twice is told twice and undone once.
    const own: Listener<T> = (event) => listener(event);
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set);
    set.add(own);
    return () => {
      set.delete(own);
    };
  }

  /** `before` runs just before the listeners do. */
  emit<T extends ClientEventName>(type: T, event: ClientEvents[T], before?: () => void): void {
    this.#queue.push(() => {
      before?.();
      for (const listener of this.#listeners.get(type) ?? []) (listener as Listener<T>)(event);
    });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#held || this.#queue.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    const queue = this.#queue;
    this.#queue = [];
    let told = 0;
    try {
      for (const tell of queue) {
        told++;
        tell();
      }
    } finally {
      // A listener that throws is its owner's error, and surfaces as one; the others' events are told all the same.
      this.#queue = [...queue.slice(told), ...this.#queue];
      this.#scheduled = false;
      this.#schedule();
    }
  }
}

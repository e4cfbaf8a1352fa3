// Typed events: told one after the other, in order, and never from inside another method's call.
import type { ClientEvents } from './api.js';

type Listener<Event> = (event: Event) => void;

export class Emitter<Events extends object = ClientEvents> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  #queue: (() => void)[] = [];
  #scheduled = false;
  #held = true;

  /** Events are kept until `release`, so that whoever has just connected can begin to listen. */
  release(): void {
    this.#held = false;
    this.#schedule();
  }

  on<T extends keyof Events>(type: T, listener: Listener<Events[T]>): () => void {
    // A wrapper of its own, so that the same function added twice is told twice and undone once.
    const own: Listener<Events[T]> = (event) => listener(event);
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set);
    set.add(own);
    return () => {
      set.delete(own);
    };
  }

  /** Whether somebody listens to this. */
  has(type: keyof Events): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }

  /** `before` runs just before the listeners do. */
  emit<T extends keyof Events>(type: T, event: Events[T], before?: () => void): void {
    this.#queue.push(() => {
      before?.();
      for (const listener of this.#listeners.get(type) ?? []) (listener as Listener<Events[T]>)(event);
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

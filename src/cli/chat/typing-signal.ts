// Tells the others that one is writing: at the first letter, again every few seconds, and when it ends.
import type { Client } from '../../client/api.js';

const repeatMs = 4000;

export class TypingSignal {
  private current: { client: Client; name: string; toldAtMs: number } | null = null;

  constructor(private readonly now: () => number) {}

  wrote(client: Client, name: string, text: string): void {
    if (text.trim() === '' || this.current?.name !== name) this.stop();
    if (text.trim() === '') return;
    const now = this.now();
    if (this.current !== null && now - this.current.toldAtMs < repeatMs) return;
    this.current = { client, name, toldAtMs: now };
    client.typing(name, true);
  }

  stop(): void {
    this.current?.client.typing(this.current.name, false);
    this.current = null;
  }
}

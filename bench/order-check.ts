// Checks at one member that events come gapless and that every sender's texts come in order, each once.
import { readText } from './send-template.js';

/** The conversation of every scenario has the id 1. */
const beforeSeq = '{"type":"event","body":{"conv":1,"seq":'.length;
const comma = 0x2c;

export class OrderCheck {
  readonly #nextOf: number[] = new Array<number>(100).fill(0);
  #nextSeq = 1;
  /** What was wrong first, if anything was. */
  problem: string | null = null;

  /** Takes one `event` push; returns when it was sent, in microseconds of this process. */
  take(bytes: Buffer, start: number, end: number): number {
    const { sender, number, micros } = readText(bytes, end);
    let seq = 0;
    for (let i = start + beforeSeq; i < end && bytes[i] !== comma; i++) seq = seq * 10 + (bytes[i] ?? 0) - 48;
    if (seq !== this.#nextSeq) this.problem ??= `seq ${seq} came, ${this.#nextSeq} was due`;
    const due = this.#nextOf[sender];
    if (number !== due) this.problem ??= `text ${number} of sender ${sender} came, ${due ?? '?'} was due`;
    this.#nextSeq = seq + 1;
    this.#nextOf[sender] = number + 1;
    return micros;
  }
}

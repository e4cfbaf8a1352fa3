// Whose sound passes to a receiver whose way cannot carry everybody's: whoever spoke first; the others wait until there is room.

/** Of the budget: the rest is for pictures, and for the headers of feedback. */
const share = 0.8;
/** Who comes back must fit with so much to spare, and not sooner than this after being left out. */
const comfort = 0.9;
const restMs = 1_000;
const windowMs = 1_000;
/** More packets than this in a second is speech: silence sends three. */
const speechPackets = 10;

interface Speaker {
  passes: boolean;
  leftAt: number;
  packets: { at: number; bits: number }[];
  bits: number;
}

export class LoudSpeakers {
  /** By SSRC of their sound, in the order in which they began to speak. */
  readonly #speakers = new Map<number, Speaker>();

  /** Whether a packet of sound passes. */
  passes(ssrc: number, bits: number, budgetBps: number, now: number): boolean {
    let speaker = this.#speakers.get(ssrc);
    if (!speaker) this.#speakers.set(ssrc, (speaker = { passes: true, leftAt: 0, packets: [], bits: 0 }));
    const wasSpeaking = this.isSpeaking(ssrc, now);
    speaker.packets.push({ at: now, bits });
    speaker.bits += bits;
    if (!wasSpeaking && this.isSpeaking(ssrc, now)) {
      this.#speakers.delete(ssrc);
      this.#speakers.set(ssrc, speaker);
    }
    const all = this.bps(now);
    if (!speaker.passes) {
      const fits = all + speaker.bits <= comfort * share * budgetBps;
      if (fits && now - speaker.leftAt > restMs) speaker.passes = true;
    } else if (all > share * budgetBps && this.#isNewest(ssrc, now)) {
      speaker.passes = false;
      speaker.leftAt = now;
    }
    // Silence has few packets, which keep it apart from an end.
    return speaker.passes || !this.isSpeaking(ssrc, now);
  }

  /** Of the sound that passes, in bits a second. */
  bps(now: number): number {
    let sum = 0;
    for (const speaker of this.#speakers.values()) {
      expire(speaker, now);
      if (speaker.passes) sum += speaker.bits;
    }
    return sum;
  }

  isSpeaking(ssrc: number, now: number): boolean {
    const speaker = this.#speakers.get(ssrc);
    if (!speaker) return false;
    expire(speaker, now);
    return speaker.packets.length >= speechPackets;
  }

  /** Whether of those who speak and are heard this one is the last who began, and not the only one. */
  #isNewest(ssrc: number, now: number): boolean {
    const heard = [...this.#speakers].filter(([one, { passes }]) => passes && this.isSpeaking(one, now));
    return heard.length > 1 && heard.at(-1)?.[0] === ssrc;
  }
}

function expire(speaker: Speaker, now: number): void {
  while (now - (speaker.packets[0]?.at ?? now) > windowMs) speaker.bits -= speaker.packets.shift()?.bits ?? 0;
}

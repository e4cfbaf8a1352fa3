// Whether somebody speaks, by their loudness, so calmly that a mark of it does not flicker.

/** As the meter shows loudness: -36 dB of full scale begins, -42 dB goes on. */
const beginsAt = 0.4;
const goesOnAt = 0.3;
/** A knock on the table is shorter, a pause between words too. */
const beginsAfterMs = 150;
const endsAfterMs = 700;

export class Speaking {
  #is = false;
  /** Since when it has been otherwise than `is` says. */
  #otherwiseSinceMs: number | null = null;

  get is(): boolean {
    return this.#is;
  }

  /** Takes note of a loudness, 0 to 1. */
  heard(level: number, nowMs: number): void {
    const isLoud = level >= (this.#is ? goesOnAt : beginsAt);
    if (isLoud === this.#is) {
      this.#otherwiseSinceMs = null;
      return;
    }
    this.#otherwiseSinceMs ??= nowMs;
    if (nowMs - this.#otherwiseSinceMs < (this.#is ? endsAfterMs : beginsAfterMs)) return;
    this.#is = isLoud;
    this.#otherwiseSinceMs = null;
  }
}

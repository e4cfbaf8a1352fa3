// Asks the terminal once what it can draw; the answers come among the keys, so nothing waits for them and no key is lost.
import type { Env } from '../../media/terminal/colours.js';
import { areWhole, questionsFor, readAnswers, type Graphics } from '../../media/terminal/detect.js';
import { askTmux, type Tmux } from '../../media/terminal/tmux.js';

/** Answers are short; whatever comes beyond this is none. */
const maxChars = 2_000;

export class TerminalAnswers {
  readonly #env: Env;
  readonly #told: (graphics: Graphics) => void;
  #tmux: Promise<Tmux | null> = Promise.resolve(null);
  #answers = '';
  #isAsking = false;

  constructor(env: Env, told: (graphics: Graphics) => void) {
    this.#env = env;
    this.#told = told;
  }

  /** What to write to the terminal. */
  ask(): string {
    this.#tmux = askTmux(this.#env);
    this.#answers = '';
    this.#isAsking = true;
    return questionsFor(this.#env);
  }

  /** A report of the terminal; what was not asked for is let be. */
  hear(report: string): void {
    if (!this.#isAsking || this.#answers.length + report.length > maxChars) return;
    this.#answers += report;
    if (!areWhole(this.#answers)) return;
    this.#isAsking = false;
    void this.#tmux.then((tmux) => this.#told(readAnswers(this.#answers, this.#env, tmux)));
  }
}

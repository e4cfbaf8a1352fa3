// Asks the terminal once what it can draw; the answers come among the keys, so nothing waits for them and no key is lost.
import type { Env } from '../../media/terminal/colours.js';
import { Questions, readAnswers, type Graphics } from '../../media/terminal/detect.js';
import { askTmux, type Tmux } from '../../media/terminal/tmux.js';

/** Answers are short; whatever comes beyond this is none. */
const maxChars = 2_000;

export interface AnswersHost {
  write(data: string): void;
  told(graphics: Graphics): void;
}

export class TerminalAnswers {
  readonly #env: Env;
  readonly #host: AnswersHost;
  #tmux: Promise<Tmux | null> = Promise.resolve(null);
  /** Null while nothing is asked. */
  #questions: Questions | null = null;

  constructor(env: Env, host: AnswersHost) {
    this.#env = env;
    this.#host = host;
  }

  ask(): void {
    this.#tmux = askTmux(this.#env);
    this.#questions = new Questions(this.#env);
    this.#host.write(this.#questions.first);
  }

  /** A report of the terminal; what was not asked for is let be. */
  hear(report: string): void {
    const questions = this.#questions;
    if (questions === null || questions.answers.length + report.length > maxChars) return;
    const next = questions.hear(report);
    if (next !== null) {
      if (next !== '') this.#host.write(next);
      return;
    }
    this.#questions = null;
    void this.#tmux.then((tmux) => this.#host.told(readAnswers(questions.answers, this.#env, tmux)));
  }
}

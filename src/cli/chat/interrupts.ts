// What Ctrl+C does: empties what is written and says that a second one soon after quits.
import type { ChatContext } from './context.js';
import { currentComposer } from './state.js';

/** A second Ctrl+C within this time quits. */
const twiceMs = 2000;

export class Interrupts {
  private lastAtMs = -Infinity;

  press(context: ChatContext): void {
    const now = context.now();
    if (now - this.lastAtMs < twiceMs) {
      context.quit();
      return;
    }
    this.lastAtMs = now;
    const { form } = context.state;
    if (form !== null) {
      const error = context.say('chat.interrupt-again');
      context.dispatch({ type: 'form-changed', form: { ...form, error } });
      return;
    }
    if (currentComposer(context.state).buffer.text !== '') context.dispatch({ type: 'composer-reset' });
    context.info('chat.interrupt-again');
  }
}

// What Ctrl+C and Ctrl+Q do: the first empties what is written, the other ends a call, and both want to be pressed twice for it.
import type { ChatContext } from './context.js';
import { currentComposer } from './state.js';

/** A second one within this time quits. */
const twiceMs = 2000;

export class Interrupts {
  private lastAtMs = -Infinity;

  /** The key to quit: at once, but for a call that would end with it. */
  leave(context: ChatContext): void {
    const { call } = context.state;
    if (call === null || call.phase === 'incoming' || this.isSecond(context)) context.quit();
    else context.info('chat.quit-again');
  }

  press(context: ChatContext): void {
    if (this.isSecond(context)) {
      context.quit();
      return;
    }
    const { form } = context.state;
    if (form !== null) {
      const error = context.say('chat.interrupt-again');
      context.dispatch({ type: 'form-changed', form: { ...form, error } });
      return;
    }
    if (currentComposer(context.state).buffer.text !== '') context.dispatch({ type: 'composer-reset' });
    context.info('chat.interrupt-again');
  }

  private isSecond(context: ChatContext): boolean {
    const now = context.now();
    const isSecond = now - this.lastAtMs < twiceMs;
    this.lastAtMs = now;
    return isSecond;
  }
}

// What the mouse does: a click opens a conversation or selects a message, the wheel scrolls what it is over.
import { hitAt } from './hit-test.js';
import type { InputContext } from './input.js';
import type { MouseInput } from './keys.js';

const wheelRows = 3;

function wheel(context: InputContext, { x, y }: MouseInput, rows: number): void {
  const hit = hitAt(context.state, x, y);
  if (hit.in === 'list') context.dispatch({ type: 'list-scrolled', rows });
  else if (hit.in === 'page') context.dispatch({ type: 'overlay-scrolled', rows });
  else if (hit.in !== 'none') {
    context.dispatch({ type: 'scrolled', rows });
    context.scrolled();
  }
}

function click(context: InputContext, { x, y }: MouseInput, cancel: () => void): void {
  const hit = hitAt(context.state, x, y);
  if (hit.in === 'list') {
    const { conversation } = hit;
    if (conversation !== null) context.attempt(() => context.open(conversation));
    else if (hit.isHeading) context.dispatch({ type: 'focused', focus: 'list' });
  } else if (hit.in === 'messages') {
    const { message } = hit;
    if (message === null || message.kind === 'system') return;
    context.dispatch({ type: 'picked', id: message.id, y });
    context.scrolled();
  } else if (hit.in === 'page') context.state.overlay?.choice?.choose(hit.row);
  else if (hit.in === 'banner') cancel();
  else if (hit.in === 'composer' && context.state.focus === 'list') {
    context.dispatch({ type: 'focused', focus: 'composer' });
  }
}

/** `cancel` is what Escape does: the banner speaks of it, and a click there does the same. */
export function handleMouse(context: InputContext, input: MouseInput, cancel: () => void): void {
  // What was on its way when the mouse was switched off.
  if (!context.state.settings.mouse) return;
  if (input.does === 'click') click(context, input, cancel);
  else wheel(context, input, input.does === 'wheel-up' ? -wheelRows : wheelRows);
}

// How the chat shows pictures here: what the terminal can, or what the person has set.
import type { Graphics } from '../../media/terminal/detect.js';
import type { Settings } from '../settings/settings.js';
import type { PictureLook } from './picture.js';
import type { ChatState } from './state.js';

/** What pictures are drawn with; null where none are to be. The same object as long as nothing changes. */
export function graphicsOf({
  graphics,
  settings,
}: Pick<ChatState, 'graphics' | 'settings'>): Graphics | null {
  if (settings.pictures === 'none') return null;
  return settings.pictures === 'auto' ? safe(graphics) : chosen(graphics, settings.pictures);
}

/** Sixels of a wrong size would lie over the text: without the size of a cell there are none, unless they are wished. */
function safe(graphics: Graphics): Graphics {
  return graphics.view === 'sixel' && !graphics.knowsCell ? chosen(graphics, 'blocks') : graphics;
}

const known = new WeakMap<Graphics, Map<string, Graphics>>();

function chosen(graphics: Graphics, view: Exclude<Settings['pictures'], 'auto' | 'none'>): Graphics {
  const choices = known.get(graphics) ?? new Map<string, Graphics>();
  known.set(graphics, choices);
  const choice = choices.get(view) ?? { ...graphics, view };
  choices.set(view, choice);
  return choice;
}

export function lookOf(graphics: Graphics | null): PictureLook {
  if (graphics === null) return 'none';
  if (graphics.view === 'kitty') return graphics.placeholders ? 'placeholders' : 'over';
  return graphics.view === 'sixel' || graphics.view === 'iterm2' ? 'over' : 'blocks';
}

// How the chat shows pictures here: what the terminal can, or what the person has asked for.
import type { Colours } from '../../media/terminal/colours.js';
import type { Graphics } from '../../media/terminal/detect.js';
import type { PictureLook } from './picture.js';
import type { ChatState } from './state.js';

/** `--view` goes before the setting; its `none` is about calls. */
function wantedView({
  view,
  settings,
}: Pick<ChatState, 'view' | 'settings'>): Graphics['view'] | 'auto' | 'none' {
  return view === 'auto' || view === 'none' ? settings.pictures : view;
}

/** What pictures are drawn with; null where none are to be. The same object as long as nothing changes. */
export function graphicsOf(state: Pick<ChatState, 'graphics' | 'view' | 'settings'>): Graphics | null {
  const { graphics } = state;
  const wanted = wantedView(state);
  if (wanted === 'none') return null;
  if (wanted !== 'auto') return chosen(graphics, wanted);
  // Sixels of a wrong size would lie over the text: without the size of a cell there are none, unless they are wished.
  return graphics.view === 'sixel' && !graphics.knowsCell ? chosen(graphics, 'blocks') : graphics;
}

const known = new WeakMap<Graphics, Map<string, Graphics>>();

function chosen(graphics: Graphics, view: Graphics['view']): Graphics {
  const choices = known.get(graphics) ?? new Map<string, Graphics>();
  known.set(graphics, choices);
  const choice = choices.get(view) ?? { ...graphics, view };
  choices.set(view, choice);
  return choice;
}

function lookWith({ view, placeholders }: Graphics): PictureLook {
  if (view === 'kitty') return placeholders ? 'placeholders' : 'over';
  return view === 'sixel' || view === 'iterm2' ? 'over' : 'blocks';
}

/** How the rows of a picture are made. */
export function lookOf(state: Pick<ChatState, 'graphics' | 'view' | 'settings' | 'colours'>): {
  readonly look: PictureLook;
  readonly colours: Colours;
} {
  const graphics = graphicsOf(state);
  if (graphics === null) return { look: 'none', colours: state.colours };
  return { look: lookWith(graphics), colours: graphics.view === 'ascii' ? 'none' : state.colours };
}

// Which renderer draws what a terminal can show.
import { Ascii } from './ascii.js';
import type { Graphics } from './detect.js';
import { HalfBlocks } from './half-blocks.js';
import { Iterm2, Kitty, KittyInTmux, Sixel } from './pixel-renderers.js';
import type { Renderer } from './renderer.js';

export function rendererFor({ view, colours, cellWidth, cellHeight, inTmux }: Graphics): Renderer {
  switch (view) {
    case 'kitty':
      return inTmux ? new KittyInTmux({ cellWidth, cellHeight }) : new Kitty({ cellWidth, cellHeight });
    case 'sixel':
      return new Sixel({ cellWidth, cellHeight });
    case 'iterm2':
      return new Iterm2({ cellWidth, cellHeight });
    case 'ascii':
      return new Ascii();
    case 'blocks':
      return colours === 'none' ? new Ascii() : new HalfBlocks(colours === 'true');
  }
}

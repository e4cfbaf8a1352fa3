// A picture that is dropped on the terminal comes as a pasted path, one in the clipboard when it is asked for: offers to send the file.
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { quoted, splitWords } from './command-line.js';
import { openName } from './commands-messages.js';
import { usage, type ChatContext } from './context.js';
import { currentComposer } from './state.js';
import { bufferOf, insert, type TextBuffer } from './text-buffer.js';

/** The path of a picture in a pasted text, as terminals write it: bare, quoted, with backslashes, or as a URL. */
export function picturePath(pasted: string): string | null {
  const text = pasted.trim();
  if (/[\n\r]/.test(text) || !/\.(png|jpe?g|gif|webp)['"]?$/i.test(text)) return null;
  if (/^file:\/\/\/[^\s]+$/.test(text)) {
    try {
      return fileURLToPath(text);
    } catch {
      return null;
    }
  }
  const words = splitWords(text);
  const path = words.length === 1 ? (words[0]?.text ?? '') : text;
  return path.startsWith('/') ? path : null;
}

/** Turns what was pasted into `/file PATH`, with what was written before as its caption, if there is such a file. */
export async function offerPicture(context: ChatContext, pasted: string, before: TextBuffer): Promise<void> {
  const path = picturePath(pasted);
  const after = currentComposer(context.state).buffer;
  if (path === null || before.text.startsWith('/')) return;
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  // Whoever has gone on writing means text.
  if (!isFile || currentComposer(context.state).buffer !== after) return;
  offer(context, path, before.text.trim(), before);
}

/** Puts the file into the composer as it will be sent; Escape brings back what was written. */
function offer(context: ChatContext, path: string, caption: string, before: TextBuffer): void {
  const line = `/file ${quoted(path)} ${caption}`;
  context.dispatch({ type: 'offered', buffer: bufferOf(line), before });
  context.info('chat.picture-pasted');
}

/**
 * Offers the picture in the clipboard, with a caption: else what is written is one. The terminal may ask the person first:
 * whoever has gone to another conversation or gone on writing meanwhile is told, and nothing is replaced.
 */
export async function pastePicture(context: ChatContext, caption: string): Promise<void> {
  openName(context);
  const { clipboard } = context;
  if (clipboard === null) throw usage(context.say('chat.paste-no-desktop'));
  const { current } = context.state;
  const { text } = currentComposer(context.state).buffer;
  const path = await clipboard.take(context);
  const { buffer } = currentComposer(context.state);
  if (context.state.current !== current || buffer.text !== text) {
    context.info('chat.paste-too-late');
    return;
  }
  // In a command that is being written it is one of its words.
  if (buffer.text.startsWith('/'))
    context.dispatch({ type: 'composed', buffer: insert(buffer, quoted(path)) });
  else offer(context, path, caption === '' ? buffer.text.trim() : caption, buffer);
}

// Slash commands about files: open, photo, paste, avatar, export.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { safeFileName } from '../../protocol/names.js';
import { cleanLine } from '../clean-text.js';
import { expandHome, openName, target } from './commands-messages.js';
import type { ChatContext } from './context.js';
import { exportConversation } from './export-lines.js';
import { fetchWithProgress } from './files.js';
import { layoutOf } from './layout.js';
import { lookOf } from './picture-look.js';
import { badPicture, loadPicture, pictureRows } from './picture.js';
import { pastePicture } from './pasted-picture.js';
import { table } from './slash-command.js';
import { isHarmless, openWithSystem } from './system-opener.js';

/** Pixels a side that a picture keeps for being shown large. */
const maxLargePixels = 800;

async function showLarge(context: ChatContext, path: string, title: string): Promise<void> {
  const picture = await loadPicture(path, maxLargePixels, maxLargePixels).catch((cause: unknown) => {
    throw badPicture(cause);
  });
  context.page(cleanLine(title), (columns) => {
    const { state } = context;
    const room = { cells: columns, rows: Math.max(2, layoutOf(state).rows - 2) };
    const { look, colours } = lookOf(state);
    // Whoever opens one wants to see it, whatever the conversation shows.
    return pictureRows(picture, room, { colours, look: look === 'none' ? 'blocks' : look });
  });
}

/** Saves the file under its own name, not executable, and gives it to the system. */
async function openOutside(context: ChatContext, id: string, sentName: string): Promise<void> {
  const name = safeFileName(sentName);
  const folder = await context.opened.folder(context.now());
  const path = await fetchWithProgress(context, id, join(folder, name));
  const details = { path: cleanLine(path) };
  if (!isHarmless(name)) {
    context.info('chat.open-refused', details);
    return;
  }
  const isOpened = openWithSystem(path, () => context.info('chat.open-missing', details));
  context.info(isOpened ? 'chat.open-outside' : 'chat.open-missing', details);
}

async function sendPhoto(context: ChatContext, caption: string): Promise<void> {
  const name = openName(context);
  const { camera, settings } = context.setup;
  context.info('chat.photo-taking');
  const jpeg = await (await import('../../media/still.js')).takeStill(camera, settings);
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-photo-'));
  try {
    const time = new Date(context.now()).toISOString().slice(0, 19).replace(/[:T]/g, '-');
    const path = join(folder, `photo-${time}.jpg`);
    await writeFile(path, jpeg, { mode: 0o600 });
    await context.client.send(name, { file: path, ...(caption === '' ? {} : { text: caption }) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  context.dispatch({ type: 'noticed', notice: null });
}

export const fileCommands = table([
  {
    name: 'open',
    words: [],
    least: 0,
    async run(context) {
      const message = target(context, 'chat.no-file-target', (one) => one.file !== null);
      const name = message.file?.name ?? '';
      if (message.kind === 'image')
        await showLarge(context, await fetchWithProgress(context, message.id), name);
      else await openOutside(context, message.id, name);
    },
  },
  {
    name: 'photo',
    words: ['none'],
    least: 0,
    run: (context, line) => sendPhoto(context, line.rest),
  },
  {
    name: 'paste',
    words: ['none'],
    least: 0,
    run: (context, line) => pastePicture(context, line.rest),
  },
  {
    name: 'avatar',
    words: ['path'],
    least: 1,
    async run(context, line) {
      const path = line.words[0]?.text ?? '';
      const isNone = path === 'none' || path === 'aucun';
      await context.client.setProfile({ avatar: isNone ? null : expandHome(path) });
      context.info(isNone ? 'chat.avatar-none' : 'chat.avatar-set');
    },
  },
  {
    name: 'export',
    words: ['path'],
    least: 1,
    async run(context, line) {
      const path = expandHome(line.words[0]?.text ?? '');
      const name = openName(context);
      const count = await exportConversation(context.client, name, path, context.say);
      context.info('chat.exported', { count, path: cleanLine(path), name: cleanLine(name) });
    },
  },
]);

// `files get`: fetches the file of a message into a folder of this machine.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PytalkError } from '../../protocol/errors.js';
import { safeFileName } from '../../protocol/names.js';
import { sizeText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import { defineAction, idField } from './action.js';

async function kindOf(path: string): Promise<'folder' | 'other' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch {
    return 'nothing';
  }
}

/** Where a file called `name` by its sender goes. Rejects with `file-exists`: nothing is ever overwritten. */
async function targetFor(name: string, cwd: string, out: string | undefined): Promise<string> {
  const wanted = out === undefined ? resolve(cwd) : resolve(cwd, out);
  const isFolder = out === undefined || /[/\\]$/.test(out) || (await kindOf(wanted)) === 'folder';
  const path = isFolder ? join(wanted, safeFileName(name)) : wanted;
  if ((await kindOf(path)) !== 'nothing') throw new PytalkError('file-exists', { details: { path } });
  return path;
}

export const filesGet = defineAction({
  fields: z.object({ id: idField, out: z.string().min(1).optional() }),
  run: async (client, { id, out }, use) => {
    const { file } = await client.message(id);
    if (file === null) throw new PytalkError('file-not-found');
    const path = await targetFor(file.name, use.cwd, out);
    const fetched = await client.fetchFile(id, { out: path, ...use.progress(safeFileName(file.name)) });
    return { id, ...fetched };
  },
  json: (fetched) => fetched,
  show: ({ path, size }, view) => [
    view.say('result.file', { path: cleanLine(path), size: sizeText(size, view.say) }),
  ],
});

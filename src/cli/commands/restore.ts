// `restore`: brings a backup back into an empty data folder.
import { resolve } from 'node:path';
import { restoreBackup } from '../../server/restore.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { dataDirOf } from '../data-dir.js';
import type { Fields } from '../table/spec.js';

export async function restore(context: Context, fields: Fields): Promise<undefined> {
  const { io, out, say } = context;
  const path = resolve(io.cwd, typeof fields['file'] === 'string' ? fields['file'] : '');
  const dataDir = dataDirOf(fields);
  const { files } = await restoreBackup(path, dataDir);
  if (out.isJson) await out.json({ path: dataDir, files });
  else out.line(say.count('admin.restored', files, { path: cleanLine(dataDir) }));
  return undefined;
}

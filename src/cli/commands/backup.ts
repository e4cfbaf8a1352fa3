// `backup`: one file with everything of a server, also while it runs.
import { resolve } from 'node:path';
import { withAdmin } from '../../server/admin.js';
import { sizeText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { dataDirOf } from '../data-dir.js';
import type { Fields } from '../table/spec.js';

export async function backup(context: Context, fields: Fields): Promise<undefined> {
  const { io, out, say } = context;
  const path = resolve(io.cwd, typeof fields['file'] === 'string' ? fields['file'] : '');
  const done = await withAdmin(dataDirOf(fields), (admin) => admin.backup(path));
  if (out.isJson) await out.json(done);
  else out.line(say('admin.backed-up', { path: cleanLine(done.path), size: sizeText(done.bytes, say) }));
  return undefined;
}

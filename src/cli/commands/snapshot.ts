// `snapshot`: one still picture from a camera, into a file or to somebody.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { takeStill } from '../../media/still.js';
import { PytalkError } from '../../protocol/errors.js';
import { callOptions } from '../call/call-options.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import type { Fields } from '../table/spec.js';

function nameFor(now: Date): string {
  return `snapshot-${now.toISOString().slice(0, 19).replace(/[:T]/g, '-')}.jpg`;
}

/** Writes a new file. Rejects with `file-exists` or `file-unwritable`. */
async function write(path: string, bytes: Buffer): Promise<void> {
  await writeFile(path, bytes, { flag: 'wx' }).catch((cause: unknown) => {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    if (exists) throw new PytalkError('file-exists', { details: { path }, cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('file-unwritable', { details: { path, reason }, cause });
  });
}

export async function snapshot(context: Context, fields: Fields): Promise<undefined> {
  const { io, out, say } = context;
  const { settings } = await context.settings();
  const { setup } = callOptions(fields, io, settings, say);
  const name = nameFor(new Date(io.now()));
  const { send, out: given } = fields;
  // Who it goes to is known before the picture is taken.
  const client = typeof send === 'string' ? await context.loggedIn() : null;
  const jpeg = await takeStill(setup.camera, setup.settings);
  const { width, height } = await sharp(jpeg).metadata();
  if (client && typeof send === 'string') {
    const folder = await mkdtemp(join(tmpdir(), 'pytalk-snapshot-'));
    try {
      const path = join(folder, name);
      await write(path, jpeg);
      const { id } = await client.send(send, { file: path });
      if (out.isJson) await out.json({ type: 'snapshot', id, width, height, bytes: jpeg.length });
      else out.line(say('snapshot.sent', { with: cleanLine(send) }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return undefined;
  }
  const path = resolve(io.cwd, typeof given === 'string' ? given : name);
  const bytes = extname(path).toLowerCase() === '.png' ? await sharp(jpeg).png().toBuffer() : jpeg;
  await write(path, bytes);
  if (out.isJson) await out.json({ type: 'snapshot', path, width, height, bytes: bytes.length });
  else out.line(path);
  return undefined;
}

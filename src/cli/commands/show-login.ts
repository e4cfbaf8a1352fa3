// What `register` and `login` answer: who is logged in now, where, and whose certificate was pinned.
import type { Client } from '../../client/api.js';
import type { Key } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { personJson } from '../format/json-shapes.js';

export async function showLogin(context: Context, client: Client, key: Key): Promise<void> {
  const { me, server, fingerprint } = client;
  const { out, say } = context;
  if (me === null) return;
  if (out.isJson) {
    await out.json({ ...personJson(me), session: me.session, server, fingerprint });
    return;
  }
  out.line(say(key, { name: cleanLine(me.username), server: cleanLine(server) }));
  if (fingerprint !== null) out.note(out.paint.dim(say('result.fingerprint', { fingerprint })));
}

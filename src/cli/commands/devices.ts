// `devices`: cameras, microphones, speakers, and what this terminal can draw.
import { listDevices } from '../../media/devices.js';
import { graphicsOf } from '../call/call-screen.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { padded } from '../format/columns.js';

const kinds = ['camera', 'microphone', 'speaker'] as const;

export async function devices({ out, say, io }: Context): Promise<undefined> {
  const found = await listDevices(io.env['PYTALK_FFMPEG'] ?? null);
  const graphics = await graphicsOf('auto', io.env);
  if (out.isJson) {
    for (const { kind, id, name } of found) await out.json({ type: kind, id, name });
    await out.json({ type: 'graphics', id: graphics.view, name: graphics.colours });
    return undefined;
  }
  for (const kind of kinds) {
    const some = found.filter((device) => device.kind === kind);
    out.line(out.paint.bold(say(`devices.${kind}`)));
    if (some.length === 0) out.line(`  ${out.paint.dim(say('devices.none'))}`);
    for (const { id, name } of some) out.line(`  ${padded(cleanLine(id), 14)} ${cleanLine(name)}`);
  }
  out.line(`${out.paint.bold(say('devices.graphics'))}  ${graphics.view}`);
  return undefined;
}

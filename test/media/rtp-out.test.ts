import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { RtpOut } from '../../src/media/rtp-out.js';
import { buildJpeg } from '../../src/protocol/rtp-jpeg.js';
import { decodeRtp } from '../../src/protocol/rtp.js';

/** A picture as a receiver puts it together from what somebody sent. */
function frame(scan: number[]): Parameters<RtpOut['frame']>[0] {
  const tables = Buffer.alloc(128, 1);
  const size = { width: 64, height: 48 };
  const jpeg = buildJpeg({ ...size, type: 1, restartInterval: 0, tables, scan: Buffer.from(scan) });
  return { from: 1, jpeg, ...size, timestamp: 7, captureTimeMs: null, capturedAt: 0, latencyMs: null };
}

t.test('a picture whose scan holds markers is left out, and the next one is sent', async (t) => {
  const player = createSocket('udp4');
  player.bind(0, '127.0.0.1');
  await once(player, 'listening');
  const out = await RtpOut.open({ host: '127.0.0.1', port: player.address().port });
  t.teardown(async () => {
    await out.close();
    player.close();
  });
  const came = once(player, 'message');
  // EOI, then more; another scan; a restart without an interval; another frame.
  out.frame(frame([0xff, 0xd9, 1, 2, 3]));
  out.frame(frame([0xff, 0xda, 0, 12, 3, 1, 0, 2, 17, 3, 17, 0, 63, 0, 5]));
  out.frame(frame([1, 0xff, 0xd0, 2]));
  out.frame(frame([0xff, 0xc0, 0, 3, 8]));
  out.frame(frame([1, 2, 3, 4]));
  const [bytes] = (await came) as [Buffer];
  t.same(decodeRtp(bytes).payload.subarray(-4), Buffer.of(1, 2, 3, 4));
});

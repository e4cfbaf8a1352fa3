// Other programs make sense of what a call gives out: ffmpeg by the description, GStreamer by its caps, tshark on the relay's port.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(120_000);
const execute = promisify(execFile);

/** An even UDP port with the five after it, free at this moment as far as one of them tells. */
async function freePorts(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port > 65_000 ? 25_004 : port + (port % 2);
}

const skip = missing('ffmpeg', '-version');

t.test('ffmpeg, GStreamer and tshark understand a call', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const sdp = join(await temporaryFolder(t), 'call.sdp');
  const port = await freePorts();
  const quiet = ['--camera', 'none', '--mic', 'none', '--speaker', 'none', '--headless'];
  await startAgent(t, bob, ...quiet, '--rtp-out', `127.0.0.1:${port}`, '--sdp', sdp);
  // By the relay, whose port is looked at.
  const caller = startCall(t, alice, 'bob', ...withoutDevices, '--relay-only');
  await caller.until(({ type }) => type === 'connected');

  const input = ['-protocol_whitelist', 'file,udp,rtp', '-i', sdp, '-map', '0:v', '-map', '0:a', '-t', '2'];
  const { stdout, stderr } = await execute('ffmpeg', [
    '-hide_banner',
    '-loglevel',
    'error',
    ...input,
    '-f',
    'framecrc',
    '-',
  ]);
  const count = (stream: number): number =>
    stdout.split('\n').filter((line) => line.startsWith(`${stream},`)).length;
  // A busy machine sends fewer and smaller ones.
  t.ok(count(0) > 5, `${count(0)} pictures`);
  t.ok(count(1) > 50, `${count(1)} packets of sound`);
  const [, width = 0, height = 0] = /#dimensions 0: (\d+)x(\d+)/.exec(stdout) ?? [];
  t.ok(Number(width) >= 80 && Math.abs(Number(width) / Number(height) - 4 / 3) < 0.1, `${width}x${height}`);
  t.comment(`ffmpeg said: ${stderr}`);

  const noGStreamer = missing('gst-launch-1.0', '--version');
  if (noGStreamer === false) {
    const pipelines = [
      ['encoding-name=JPEG,media=video,payload=26,clock-rate=90000', port, 'rtpjpegdepay', 'jpegdec'],
      ['encoding-name=OPUS,media=audio,payload=111,clock-rate=48000', port + 2, 'rtpopusdepay', 'opusdec'],
    ] as const;
    for (const [caps, from, depay, decoder] of pipelines) {
      const source = ['udpsrc', `port=${from}`, 'num-buffers=60', `caps=application/x-rtp,${caps}`];
      const stages = [depay, decoder, 'fakesink'].flatMap((name) => ['!', name]);
      await t.resolves(execute('gst-launch-1.0', ['-q', ...source, ...stages], { timeout: 30_000 }), depay);
    }
  } else t.comment(noGStreamer);

  const noTshark = missing('tshark', '--version');
  const capture = noTshark === false ? await capturedProtocols(server.udp.port) : noTshark;
  if (typeof capture === 'string') t.comment(capture);
  else {
    t.ok(capture.has('STUN'));
    t.ok(capture.has('RTP') || capture.has('JPEG'));
    // RTCP is SRTCP hop by hop: only what is in the clear of it can be understood.
    const malformed = [...capture].filter((name) => /malformed/i.test(name) && !name.includes('RTCP'));
    t.same(malformed, []);
  }
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0);
});

/** The protocols that tshark names on a port, those of malformed packets with a word more; why not, where it may not listen. */
async function capturedProtocols(port: number): Promise<Set<string> | string> {
  const decoding = ['-d', `udp.port==${port},rtp`];
  const fields = ['-T', 'fields', '-e', '_ws.col.Protocol', '-e', '_ws.malformed'];
  try {
    const args = ['-i', 'lo', '-f', `udp port ${port}`, '-a', 'duration:5', ...decoding, ...fields];
    const { stdout } = await execute('tshark', args, { timeout: 30_000, maxBuffer: 1 << 26 });
    const names = stdout.split('\n').map((line) => line.split('\t'));
    return new Set(
      names.map(([name = '', malformed = '']) => (malformed === '' ? name : `${name} malformed`)),
    );
  } catch {
    return 'tshark may not listen here';
  }
}

// Tests of cameras: a network camera of the test's, files and test pictures through ffmpeg, and clear words for what fails.
import { execFileSync } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { openCamera } from '../../../src/media/capture/camera.js';
import type { CameraSettings, JpegFrame, Source } from '../../../src/media/media.js';
import { parseJpeg } from '../../../src/protocol/rtp-jpeg.js';
import { numberedJpegs } from '../../support/media-pair.js';
import { temporaryFolder, type Teardown } from '../../support/temporary-folder.js';
import { missing } from '../../support/tools.js';

t.setTimeout(60_000);
const settings: CameraSettings = { width: 320, height: 240, fps: 30, ffmpeg: null };
const quiet = { problem: () => undefined };

const skip = missing('ffmpeg', '-version');

/** Collects frames until there are so many. */
async function frames(test: Teardown, spec: string, count: number): Promise<JpegFrame[]> {
  const found: JpegFrame[] = [];
  let done = (): void => undefined;
  const enough = new Promise<void>((resolve) => (done = resolve));
  const camera: Source = await openCamera(spec, settings, {
    ...quiet,
    data: (frame) => {
      found.push(frame);
      if (found.length === count) done();
    },
  });
  test.teardown(() => camera.close());
  await enough;
  await camera.close();
  return found.slice(0, count);
}

async function webCamera(
  test: Teardown,
  answer: (response: ServerResponse, path: string, authorization: string) => void,
): Promise<string> {
  const server: Server = createServer((request, response) => {
    answer(response, request.url ?? '', request.headers.authorization ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('an address that streams JPEGs gives them as they are, in order', async (t) => {
  const jpegs = await numberedJpegs(8);
  const host = await webCamera(t, (response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary="frame"' });
    for (const jpeg of jpegs) {
      response.write(`--frame\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
      response.write(jpeg);
      response.write('\r\n');
    }
  });
  const found = await frames(t, `http://${host}/video`, 8);
  t.same(
    found.map(({ jpeg }) => jpeg),
    jpegs,
  );
  t.match(found[0], { width: 640, height: 480 });
});

t.test(
  'an address of single pictures is asked again and again; passwords and redirects are followed',
  async (t) => {
    const [jpeg] = await numberedJpegs(1);
    const host = await webCamera(t, (response, path, authorization) => {
      if (path === '/moved') response.writeHead(302, { location: '/shot.jpg' }).end();
      else if (authorization === '') response.writeHead(401).end();
      else response.writeHead(200, { 'content-type': 'image/jpeg' }).end(jpeg);
    });
    const found = await frames(t, `http://me:secret@${host}/shot.jpg`, 3);
    t.equal(found.length, 3);
    await t.rejects(frames(t, `http://${host}/moved`, 1), {
      code: 'camera-failed',
      details: { reason: 'it wants a user name and a password' },
    });
  },
);

t.test('a camera that is not there is named with the reason', async (t) => {
  const host = await webCamera(t, (response) => response.writeHead(404).end());
  const why = async (spec: string): Promise<unknown> => {
    try {
      await frames(t, spec, 1);
      return 'opened';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  t.equal(await why(`http://${host}/video`), 'camera-failed');
  t.equal(await why('http://127.0.0.1:9/video'), 'camera-failed');
  if (skip !== false) return;
  t.equal(await why('file:/nowhere/clip.mp4'), 'camera-failed');
  t.equal(await why('no such camera'), 'camera-failed');
});

t.test('the test picture and files come through ffmpeg, ready for RTP', { skip }, async (t) => {
  const [frame] = await frames(t, 'test', 3);
  t.match(frame, { width: 320, height: 240 });
  t.equal(parseJpeg(frame!.jpeg).problem, null);
  const path = join(await temporaryFolder(t), 'clip.mjpeg');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=30', '-frames:v', '10'];
  const encoding = [
    '-c:v',
    'mjpeg',
    '-huffman',
    'default',
    '-force_duplicated_matrix',
    '1',
    '-pix_fmt',
    'yuvj420p',
  ];
  execFileSync('ffmpeg', ['-loglevel', 'error', ...source, ...encoding, '-f', 'mjpeg', path]);
  const found = await frames(t, `file:${path}`, 12);
  t.equal(found.length, 12, 'a file begins again after its end');
  t.same(
    parseJpeg(found[0]!.jpeg).scan,
    parseJpeg(found[10]!.jpeg).scan,
    'and its pictures are passed on untouched',
  );
});

// Nothing is recorded before the others are told.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openCallRecording } from '../../../src/cli/call/call-recording.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import type { CallWatcher } from '../../../src/cli/call/call-watcher.js';
import type { LiveCall } from '../../../src/cli/call/live-call.js';
import { buildJpeg } from '../../../src/protocol/rtp-jpeg.js';
import { readMatroska } from '../../support/matroska.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('pictures and sound from before the others know of it are not kept', async (t) => {
  const path = join(await temporaryFolder(t), 'call.mkv');
  const follower = await openCallRecording(path, sayIn('en'));
  let watcher: CallWatcher | undefined;
  const asked: boolean[] = [];
  const live = {
    othersKnow: false,
    ownName: 'alice',
    people: new Map([[2, { username: 'bob' }]]),
    ended: new Promise(() => undefined),
    setRecording: (on: boolean) => asked.push(on),
    watch: (one: CallWatcher) => {
      watcher = one;
      return () => undefined;
    },
  };
  follower.follow(live as unknown as LiveCall);
  t.same(asked, [true], 'it says so first');
  const jpeg = (scan: number): Buffer => {
    const parts = { width: 16, height: 16, type: 1, restartInterval: 0 } as const;
    return buildJpeg({ ...parts, tables: Buffer.alloc(128, 1), scan: Buffer.of(scan) });
  };
  const see = (from: number, capturedAt: number): void => {
    const frame = { width: 16, height: 16, capturedAt, jpeg: jpeg(capturedAt) };
    if (from === 0) watcher!.self(frame);
    else watcher!.frame({ ...frame, from, timestamp: 0, captureTimeMs: null, latencyMs: null });
    if (from === 2) watcher!.screen!({ ...frame, from, timestamp: 0, captureTimeMs: null, latencyMs: null });
    const payload = Buffer.of(0x78, capturedAt);
    const times = { timestamp: capturedAt * 48, capturedAt, captureTimeMs: null };
    watcher!.sound!({ from, payloadType: 111, payload, ...times });
  };
  for (const from of [0, 2, 3]) see(from, 1);
  live.othersKnow = true;
  for (const from of [0, 2, 3]) see(from, 100);
  live.othersKnow = false;
  for (const from of [0, 2, 3]) see(from, 200);
  await follower.close();
  const { tracks, blocks } = readMatroska(await readFile(path));
  t.same(
    [...new Set(tracks.map(({ name }) => name))].sort(),
    ['alice', 'bob', 'bob (screen)'],
    'and no stranger',
  );
  t.equal(tracks.filter(({ name }) => name === 'bob (screen)').length, 1, 'a track for the second picture');
  t.equal(blocks.length, 5);
  t.ok(blocks.every(({ data }) => data.equals(jpeg(100)) || data.equals(Buffer.of(0x78, 100))));
});

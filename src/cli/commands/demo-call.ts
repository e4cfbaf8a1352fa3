// The last act of the demo: a call with a test camera, seen in split view, or kept as a picture where nobody watches.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Client } from '../../client/api.js';
import type { Call } from '../../client/call-api.js';
import type { ReceivedFrame } from '../../media/media.js';
import { LiveCall, type CallSetup } from '../call/live-call.js';
import { StepFailed, type Stage } from './demo-stage.js';
import type { Cast } from './demo-story.js';

/** Pictures that must arrive on each side, in order. */
const wantedFrames = 45;
const patienceMs = 20_000;

const setup: CallSetup = {
  screen: null,
  camera: 'test',
  mic: 'test',
  speaker: 'none',
  settings: { width: 640, height: 480, fps: 30, ffmpeg: null },
  rtpOut: null,
};

/** Shows one side of the call for a while, where somebody watches. */
export type WatchCall = (client: Client, live: LiveCall) => Promise<void>;

/** One side of the call, and what came to it. */
class Side {
  frames = 0;
  last: ReceivedFrame | null = null;
  outOfOrder = 0;

  constructor(
    readonly live: LiveCall,
    readonly safetyNumber: Promise<string | null>,
  ) {
    live.watch({
      self: () => undefined,
      frame: (frame) => {
        if (this.last && frame.timestamp - this.last.timestamp <= 0) this.outOfOrder++;
        this.frames++;
        this.last = frame;
      },
    });
  }
}

function sideOf(client: Client, call: Call): Side {
  const live = new LiveCall(client, call, setup);
  const safetyNumber = new Promise<string | null>((resolve) => {
    live.on((news) => {
      if (news.type === 'connected') resolve(news.safetyNumber);
      if (news.type === 'ended') resolve(null);
    });
  });
  return new Side(live, safetyNumber);
}

/** Resolves when it is so. Rejects with StepFailed after a while, or when the call ends. */
async function until(stage: Stage, side: Side, isSo: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  while (!isSo()) {
    if (Date.now() > giveUpAt || side.live.call.end !== null) {
      throw new StepFailed(stage.say('demo.late', { seconds: patienceMs / 1000 }));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function connectBoth(stage: Stage, { alice, bob }: Cast): Promise<{ caller: Side; callee: Side }> {
  const incoming = new Promise<Call>((resolve) => bob.client.on('call', ({ call }) => resolve(call)));
  const caller = sideOf(alice.client, await alice.client.startCall('@bob', { media: 'video' }));
  const begun = caller.live.begin();
  const call = await incoming;
  const callee = sideOf(bob.client, call);
  await call.accept();
  await Promise.all([begun, callee.live.begin()]);
  const numbers = await Promise.all([caller.safetyNumber, callee.safetyNumber]);
  stage.equal(numbers[0] !== null && numbers[0] === numbers[1], true);
  return { caller, callee };
}

/** Carries out the call. Without `watch` a received picture is saved as PNG; its path is shown. */
export async function callAct(
  stage: Stage,
  cast: Cast,
  options: { watch: WatchCall | null; cwd: string },
): Promise<void> {
  const { caller, callee } = await stage.step('demo.call', () => connectBoth(stage, cast), {
    from: 'alice',
    to: 'bob',
  });
  try {
    await stage.step(
      'demo.call-pictures',
      async () => {
        for (const side of [caller, callee]) {
          await until(stage, side, () => side.frames >= wantedFrames && packetsOf(side) >= wantedFrames);
          stage.equal(side.outOfOrder, 0);
        }
        return callee.live.stats();
      },
      (stats) => {
        const [received] = stats?.received.values() ?? [];
        return {
          fps: Math.round(received?.video.fps ?? 0),
          latency: Math.round(received?.video.latencyMs ?? 0),
          lost: received?.video.lost ?? 0,
        };
      },
    );
    if (options.watch) await options.watch(cast.alice.client, caller.live);
    else {
      await stage.step(
        'demo.call-saved',
        () => savePicture(callee, options.cwd),
        (path) => ({ path }),
      );
    }
  } finally {
    await Promise.all([caller.live.hangUp(), callee.live.ended]);
  }
  await stage.step(
    'demo.call-entry',
    async () => {
      const entry = await cast.bob.until(() =>
        [...cast.bob.messages.values()].find((message) => message.kind === 'call'),
      );
      stage.equal([entry.call?.media, entry.call?.outcome], ['video', 'answered']);
      return entry;
    },
    (entry) => ({ seconds: Math.round((entry.call?.durationMs ?? 0) / 1000) }),
  );
}

function packetsOf(side: Side): number {
  const [received] = side.live.stats()?.received.values() ?? [];
  return received?.audio.packets ?? 0;
}

/** Into the current folder, or where that may not be written into the one for temporary files. */
async function savePicture(side: Side, cwd: string): Promise<string> {
  if (!side.last) throw new StepFailed('');
  const picture = sharp(side.last.jpeg).png();
  for (const folder of [cwd, tmpdir()]) {
    const path = join(folder, 'pytalk-demo.png');
    const saved = await picture
      .clone()
      .toFile(path)
      .catch(() => null);
    if (saved) return path;
  }
  throw new StepFailed(cwd);
}

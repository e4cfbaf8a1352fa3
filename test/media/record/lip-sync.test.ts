// Sound stays in step with the picture in a recording of what came over a bad network, as ffmpeg plays it.
import { join } from 'node:path';
import t from 'tap';
import { AudioEncoder } from '../../../src/media/audio/encoder.js';
import { createRecording } from '../../../src/media/record/recording.js';
import { clickSample, everyMs, flashMs, offsets, plain } from '../../support/flash-and-click.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { virtualCall } from '../../support/virtual-call.js';
import { missing } from '../../support/tools.js';

t.setTimeout(120_000);

const skip = missing('ffmpeg', '-version');
const epochMs = 1_750_000_000_000;

for (const traits of [{}, { delayMs: 75, jitterMs: 60, loss: 0.03 }]) {
  t.test(`a click is within 80 ms of its flash: ${JSON.stringify(traits)}`, { skip }, async (t) => {
    const path = join(await temporaryFolder(t), 'call.mkv');
    const { time, sides } = await virtualCall(2, { traits: [traits, traits] });
    const [alice, bob] = [sides[0]!, sides[1]!];
    const wallMs = (): number => epochMs + time.now();
    const after = (ms: number, run: () => void): (() => void) => time.after(ms, run);
    const recording = await createRecording(path, {
      time: { wallMs, after },
      ended: (error) => t.fail(error.message),
    });
    let kept = 0;
    const keep = (): void => {
      for (const frame of bob.frames.slice(kept)) recording.picture(1, 'alice', frame);
      kept = bob.frames.length;
    };
    bob.onSound = (_from, packet, capturedAt) => recording.sound(1, 'alice', { ...packet, capturedAt });

    const [black, white] = [await plain(0), await plain(255)];
    const encoder = new AudioEncoder();
    const startMs = time.now();
    let samples = 0;
    const stopSound = time.every(20, () => {
      const block = Int16Array.from({ length: 960 }, (_, at) => clickSample(samples + at));
      const capturedAt = epochMs + startMs + samples / 48;
      samples += 960;
      alice.session.sendSound(encoder, { samples: block, capturedAt });
      keep();
    });
    const stopLight = time.every(25, () => {
      const isLit = (time.now() - startMs) % everyMs < flashMs;
      const frame = { jpeg: isLit ? white : black, width: 320, height: 240, capturedAt: wallMs() };
      alice.session.sendFrame(frame);
    });
    time.pass(10_500);
    stopSound();
    stopLight();
    time.pass(1_000);
    keep();
    await recording.close();
    const { apart } = await offsets(path, 'alice');
    t.comment(`sound after picture, ms: ${apart.map(Math.round).join(' ')}`);
    t.ok(apart.length >= 9, `${apart.length} flashes`);
    t.ok(apart.every((ms) => Math.abs(ms) <= 80));
  });
}

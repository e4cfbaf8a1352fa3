// Tests of blocks made longer and shorter: by whole periods, so that nothing jumps.
import t from 'tap';
import { rms } from '../../../src/media/audio/mixer.js';
import { lengthened, shortened } from '../../../src/media/audio/stretch.js';
import { seededRandom } from '../../support/bad-network.js';

const block = 960;
const tone = (hertz: number): Int16Array =>
  Int16Array.from({ length: block }, (_, at) => 8000 * Math.sin((2 * Math.PI * hertz * at) / 48_000));

/** The largest step between neighbours. */
function largestStep(samples: Int16Array): number {
  return samples.reduce(
    (most, one, at) => (at === 0 ? 0 : Math.max(most, Math.abs(one - samples[at - 1]!))),
    0,
  );
}

for (const [name, stretch, sign] of [
  ['shorter', shortened, -1],
  ['longer', lengthened, 1],
] as const) {
  t.test(`a tone becomes ${name} by whole periods, as loud and as smooth as before`, async (t) => {
    for (const hertz of [110, 150, 220, 400]) {
      const samples = tone(hertz);
      const other = stretch(samples);
      const periods = (sign * (other.length - block) * hertz) / 48_000;
      t.ok(
        periods > 0.9 && Math.abs(periods - Math.round(periods)) < 0.05,
        `${hertz} Hz: ${periods} periods`,
      );
      t.ok(Math.abs(rms(other) / rms(samples) - 1) < 0.1);
      t.ok(largestStep(other) < 1.3 * largestStep(samples), 'nothing jumps');
      t.equal(other[0], samples[0]);
      t.equal(other.at(-1), samples.at(-1), 'its ends meet its neighbours');
    }
  });

  t.test(`silence becomes ${name}, noise stays as it is`, async (t) => {
    t.equal(stretch(new Int16Array(block)).length, block + sign * 480);
    const random = seededRandom(4);
    const noise = Int16Array.from({ length: block }, () => 16_000 * (random() - 0.5));
    t.equal(stretch(noise), noise);
  });
}

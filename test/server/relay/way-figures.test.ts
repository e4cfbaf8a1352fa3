// Round trip and loss of a participant's way, as the relay works them out of the reports that pass.
import t from 'tap';
import { compactNtp } from '../../../src/protocol/ntp.js';
import type { ReportBlock } from '../../../src/protocol/rtcp.js';
import { PassedReports, WayFigures } from '../../../src/server/relay/way-figures.js';

const block = (more: Partial<ReportBlock>): ReportBlock => ({
  ssrc: 8,
  fractionLost: 0,
  lost: 0,
  highestSequence: 0,
  jitter: 0,
  lastSr: 0,
  delaySinceLastSr: 0,
  ...more,
});

t.test(
  'the round trip is the time since a report was passed on, but for what the receiver kept it',
  async (t) => {
    const passed = new PassedReports();
    const figures = new WayFigures();
    t.same(figures.told(0), { rtt: null, loss: null });
    const ntpMs = Date.UTC(2026, 0, 1) + 0.25;
    passed.passed(ntpMs, 1_000);
    // 700 ms later, of which the receiver held it for half a second.
    figures.reported(block({ lastSr: compactNtp(ntpMs) + 1, delaySinceLastSr: 32_768 }), passed, 1_700);
    t.same(figures.told(1_800), { rtt: 200, loss: 0 });
    figures.reported(block({ lastSr: compactNtp(ntpMs + 60_000), fractionLost: 64 }), passed, 2_000);
    t.same(
      figures.told(2_000),
      { rtt: 200, loss: 0.25 },
      'a report that nobody knows says nothing of the round trip',
    );
    t.same(figures.told(60_000), { rtt: null, loss: null }, 'what is old says nothing');
  },
);

t.test('of several streams the worst counts; the next report counts anew', async (t) => {
  const figures = new WayFigures();
  const passed = new PassedReports();
  for (const fractionLost of [0, 128, 26]) figures.reported(block({ fractionLost }), passed, 5);
  t.equal(figures.told(5).loss, 0.5);
  figures.reported(block({ fractionLost: 0 }), passed, 1_005);
  t.equal(figures.told(1_005).loss, 0);
});

t.test('remembers a bounded number of reports', async (t) => {
  const passed = new PassedReports();
  for (let i = 0; i < 1_000; i++) passed.passed(i * 1_000, i);
  t.equal(passed.at(compactNtp(0)), null);
  t.equal(passed.at(compactNtp(999_000)), 999);
});

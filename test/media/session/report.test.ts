// What counts as a report: only what shows that the way is open in both directions.
import t from 'tap';
import type { RtcpPacket } from '../../../src/protocol/rtcp.js';
import { isReport } from '../../../src/media/session/report.js';

const block = {
  ssrc: 9,
  fractionLost: 0,
  lost: 0,
  highestSequence: 3,
  jitter: 4,
  lastSr: 5,
  delaySinceLastSr: 6,
};

t.test('a receiver report without blocks, with which any feedback may begin, is no report', async (t) => {
  const empty: RtcpPacket = { kind: 'receiver-report', ssrc: 8, reports: [] };
  t.notOk(isReport(empty));
  t.notOk(isReport({ kind: 'nack', senderSsrc: 8, mediaSsrc: 9, lost: [1] }));
  t.ok(isReport({ ...empty, reports: [block] }));
  t.ok(isReport({ kind: 'remb', senderSsrc: 8, bitsPerSecond: 1, ssrcs: [9] }));
});

import t from 'tap';
import { openStatsLines } from '../../../src/cli/call/stats-lines.js';

t.test('a file for figures that cannot be made is said to be unwritable', async (t) => {
  const opened = openStatsLines(
    '/nonexistent/figures',
    () => undefined,
    () => 0,
  );
  await t.rejects(opened, { code: 'file-unwritable', message: /^cannot write \/nonexistent\/figures: / });
});

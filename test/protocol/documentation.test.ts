// docs/PROTOCOL.md says what the table says. After a change: `UPDATE_DOCS=1 node dist/test/protocol/documentation.test.js`.
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { projectFile } from '../support/project.js';
import { renderProtocol } from '../support/protocol-doc.js';

const mark = '<!-- From here on generated from src/protocol by test/protocol/documentation.test.ts -->\n\n';

t.test('docs/PROTOCOL.md holds every message, limit and error as the tables have them', async (t) => {
  const path = projectFile('docs', 'PROTOCOL.md');
  const text = readFileSync(path, 'utf8');
  const [written] = text.split(mark);
  const expected = `${written ?? ''}${mark}${renderProtocol()}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, expected);
  else t.equal(text, expected);
  for (const section of ['Frames', 'Order of a connection', 'Payloads', 'Files', 'Sync', 'Calls']) {
    t.match(written, new RegExp(`^## ${section}`, 'm'));
  }
});

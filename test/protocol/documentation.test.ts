// docs/PROTOCOL.md says what the table says. After a change: `UPDATE_DOCS=1 node dist/test/protocol/documentation.test.js`.
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { frameKind } from '../../src/protocol/frame.js';
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

t.test('docs/PROTOCOL.md names every kind of frame, and tells of each', (t) => {
  const text = readFileSync(projectFile('docs', 'PROTOCOL.md'), 'utf8');
  const names = { json: 'JSON', chunk: 'file chunk', datagram: 'media datagram' } as const;
  const kinds = Object.entries(frameKind).map(
    ([name, kind]) => `${kind} ${names[name as keyof typeof names]}`,
  );
  t.match(text, new RegExp(`\\| 1 +\\| kind: ${kinds.join(', ')} +\\|`));
  for (const kind of Object.values(frameKind)) t.match(text, new RegExp(`^Kind ${kind} is `, 'm'));
  t.end();
});

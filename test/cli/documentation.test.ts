// docs/CLI.md says what the table says. After a change: `UPDATE_DOCS=1 node dist/test/cli/documentation.test.js`.
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { commands } from '../../src/cli/table/table.js';
import { renderCommands } from '../support/cli-doc.js';
import { projectFile } from '../support/project.js';

const mark = '<!-- From here on generated from src/cli/table by test/cli/documentation.test.ts -->\n\n';

t.test('docs/CLI.md holds every command, argument and option as the table has them', (t) => {
  const path = projectFile('docs', 'CLI.md');
  const text = readFileSync(path, 'utf8');
  const [written] = text.split(mark);
  const expected = `${written ?? ''}${mark}${renderCommands()}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, expected);
  else t.equal(text, expected);
  t.end();
});

t.test('the written part says how everything answers that pipe can do', (t) => {
  const [written = ''] = readFileSync(projectFile('docs', 'CLI.md'), 'utf8').split(mark);
  for (const { name, action } of commands) {
    if (action !== undefined)
      t.ok(written.includes(`\`${name.replace(' ', '.')}\``), `${name} is in the table of pipe`);
  }
  t.end();
});

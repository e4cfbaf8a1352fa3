// The manuals show what the program shows, and both say the same. After a change of a screen, key, command or setting:
// `UPDATE_DOCS=1 node dist/test/documents/user.test.js`.
import t from 'tap';
import { blocksOf, documentText, isShell, shellLines } from '../support/documents.js';
import { simpleCommands } from '../support/shell-words.js';
import { manuals, renderedUserDoc, writeManuals } from '../support/user-doc.js';

t.test('screens, keys, commands and settings are those of the program', (t) => {
  if (process.env['UPDATE_DOCS'] === '1') writeManuals();
  for (const path of manuals) {
    const text = documentText(path);
    t.equal(text, renderedUserDoc(text), path);
    t.ok([...text.matchAll(/<!-- (screen|generated): /g)].length >= 10, path);
  }
  t.end();
});

/** A document's build: its headings' levels, and its commands with their options, without what people choose. */
function shapeOf(path: string): string[] {
  const text = documentText(path);
  const headings = [...text.matchAll(/^#+(?= )/gm)].map(([level]) => level);
  const commands = blocksOf(path)
    .filter(isShell)
    .flatMap((block) => shellLines(block).flatMap(({ command }) => simpleCommands(command)))
    .map(([program = '', word = '', ...rest]) =>
      [program, word, ...rest.filter((one) => one.startsWith('-')), `${rest.length} words`].join(' '),
    );
  return [...headings, ...commands];
}

t.test('the French manual has the chapters and commands of the English one', (t) => {
  const [english, french] = manuals;
  t.same(shapeOf(french), shapeOf(english));
  t.ok(shapeOf(english).length > 40);
  t.end();
});

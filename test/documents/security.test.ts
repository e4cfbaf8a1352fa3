// docs/SECURITY.md names the test that shows each claim; a claim whose test has gone is a claim no more.
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { documentText } from '../support/documents.js';
import { projectFile } from '../support/project.js';

interface Shown {
  readonly file: string;
  readonly sentence: string;
}

/** `file.test.ts`: _sentence_; _another of the same file_. */
function shownBy(text: string): Shown[] {
  return [...text.matchAll(/`([\w/-]+\.test\.tsx?)`((?:[:;] _[^_]+_)+)/g)].flatMap(
    ([, file = '', sentences = '']) =>
      [...sentences.matchAll(/_([^_]+)_/g)].map(([, sentence = '']) => ({ file, sentence })),
  );
}

function missingTests(text: string): string[] {
  return shownBy(text)
    .filter(({ file, sentence }) => {
      const path = projectFile('test', file);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${sentence}'`);
    })
    .map(({ file, sentence }) => `${file}: ${sentence}`);
}

t.test('every test that docs/SECURITY.md names is there', (t) => {
  const text = documentText('docs/SECURITY.md');
  t.same(missingTests(text), []);
  const named = [...text.matchAll(/`([\w/-]+\.test\.tsx?)`/g)].map(([, file = '']) => file);
  t.ok(named.every((file) => existsSync(projectFile('test', file))));
  t.ok(shownBy(text).length > 35, `${shownBy(text).length} tests`);
  t.same(missingTests('`server/server.test.ts`: _nothing ever fails_'), [
    'server/server.test.ts: nothing ever fails',
  ]);
  t.end();
});

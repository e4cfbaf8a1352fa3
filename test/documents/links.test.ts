// Documents are found and their links lead somewhere.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { anchorsOf, documents, documentText, proseOf } from '../support/documents.js';
import { projectFile } from '../support/project.js';

/** Links of a text: paths with their anchor, without those to other places. */
function linksOf(text: string): string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** What is wrong with the links of a document. */
function brokenLinks(document: string, text: string): string[] {
  return linksOf(text).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? document : join(dirname(document), path);
    if (!existsSync(projectFile(target))) return true;
    if (anchor === undefined) return false;
    return !anchorsOf(path === '' ? text : documentText(target)).has(anchor);
  });
}

t.test('every relative link and anchor of a document leads somewhere', (t) => {
  for (const document of documents) t.same(brokenLinks(document, documentText(document)), [], document);
  t.end();
});

t.test('a link to a file or heading that is not there is found', (t) => {
  const text =
    '# One & `two`\n\n## Two\n\n[a](#one--two) [b](docs/CLI.md#exit-codes) [c](#three) [d](docs/NO.md) [e](docs/CLI.md#no)\n';
  t.same(brokenLinks('README.md', text), ['#three', 'docs/NO.md', 'docs/CLI.md#no']);
  t.end();
});

/** Files of the project that a text names. */
const namedFile =
  /(?<![\w/.-])(?:bench|bin|deploy|docs|examples|scripts|src|termux|test|web)\/[\w./-]*\w\.\w+/g;

t.test('every file of the project that a document names is there', (t) => {
  for (const document of documents) {
    const named = documentText(document).match(namedFile) ?? [];
    t.same(
      named.filter((path) => !existsSync(projectFile(path))),
      [],
      document,
    );
  }
  t.same('see `test/nothing.test.ts`'.match(namedFile), ['test/nothing.test.ts']);
  t.end();
});

t.test('the README leads to every document', (t) => {
  const named = linksOf(documentText('README.md')).map((link) => link.split('#')[0]);
  t.same(
    documents.filter((document) => document !== 'README.md' && !named.includes(document)),
    [],
  );
  t.end();
});

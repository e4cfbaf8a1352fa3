// docs/TROUBLESHOOTING.md explains every error. Codes, exit codes and messages in it: `UPDATE_DOCS=1 node dist/test/documents/troubleshooting.test.js`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { en } from '../../src/cli/catalogue/en.js';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { errorTexts, isErrorCode, type ErrorCode } from '../../src/protocol/errors.js';
import { documentText } from '../support/documents.js';
import { projectFile } from '../support/project.js';

const path = 'docs/TROUBLESHOOTING.md';
const codes = Object.keys(errorTexts) as ErrorCode[];

interface Row {
  readonly code: string;
  /** Without what the program itself says. */
  readonly why: string;
  readonly remedy: string;
  readonly text: string;
}

function rowsOf(text: string): Row[] {
  const [, part = ''] = text.split(/^## (?:Every error message|Reasons)$/m);
  return [...part.matchAll(/^\| `([a-z-]+)` \| .* \| (.*) \| (.*) \|$/gm)].map(
    ([text, code = '', why = '', remedy = '']) => ({ code, why, remedy, text }),
  );
}

function rowFor(code: ErrorCode, { why, remedy }: Row): string {
  return `| \`${code}\` | ${exitCodeOf(code)} | ${errorTexts[code]} | ${why} | ${remedy} |`;
}

t.test('each error has one row, with its message and exit code as the program has them', (t) => {
  const text = documentText(path);
  const rows = rowsOf(text);
  t.same(rows.map(({ code }) => code).sort(), [...codes].sort());
  let expected = text;
  for (const row of rows)
    if (isErrorCode(row.code))
      expected = expected.replace(row.text, () => rowFor(row.code as ErrorCode, row));
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(projectFile(path), expected);
  else t.equal(text, expected);
  t.end();
});

t.test('a row says more than the message: why it comes, and what to do', (t) => {
  for (const { code, why, remedy } of rowsOf(documentText(path))) {
    t.ok(why.length > 20, `${code}: why`);
    t.ok(remedy.length > 10, `${code}: what to do`);
    if (isErrorCode(code)) t.notOk(errorTexts[code].includes(remedy), code);
  }
  t.end();
});

t.test('each reason that messages give has one row', (t) => {
  const [, , part = ''] = documentText(path).split(/^## (?:Every error message|Reasons)$/m);
  const rows = [...part.matchAll(/^\| (.+?) \| (.+) \|$/gm)].slice(2);
  const reasons = Object.entries(en).filter(([key]) => key.startsWith('reason.'));
  t.same(rows.map(([, reason]) => reason).sort(), reasons.map(([, text]) => text).sort());
  for (const [, reason = '', remedy = ''] of rows) t.ok(remedy.length > 10, reason);
  t.end();
});

t.test('every error can come: something makes it', (t) => {
  const files = readdirSync(projectFile('src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/errors|catalogue|exit-codes/.test(name),
  );
  const source = files.map((name) => readFileSync(projectFile('src', name), 'utf8')).join('\n');
  // Some are put together: `${part}-failed`.
  const endings = [...source.matchAll(/`\$\{\w+\}(-[a-z-]+)`/g)].map(([, ending = '']) => ending);
  for (const code of codes)
    t.ok(source.includes(`'${code}'`) || endings.some((ending) => code.endsWith(ending)), code);
  t.end();
});

// The project's documents as tests read them: their code blocks with the notes before these, their links, their headings.
import { readdirSync, readFileSync } from 'node:fs';
import { projectFile } from './project.js';

/** Paths of all documents, from the project's folder. */
export const documents: readonly string[] = ['.', 'docs'].flatMap((folder) =>
  readdirSync(projectFile(folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => (folder === '.' ? name : `${folder}/${name}`)),
);

export function documentText(path: string): string {
  return readFileSync(projectFile(path), 'utf8');
}

export interface Block {
  readonly document: string;
  /** Of the block's first line, from 1. */
  readonly line: number;
  /** Empty when the block names none. */
  readonly language: string;
  /** The comment right before the block, such as `not run: needs a phone`; null when there is none. */
  readonly note: string | null;
  readonly text: string;
}

/** The fenced blocks of a document. */
export function blocksOf(document: string, text: string = documentText(document)): Block[] {
  return [...text.matchAll(/^(?:<!-- (.+?) -->\n+)?```(\w*)\n([^]*?)^```$/gm)].map((match) => {
    const [whole, note = null, language = '', inside = ''] = match;
    const before = text.slice(0, match.index + whole.indexOf('```'));
    return { document, line: before.split('\n').length + 1, language, note, text: inside };
  });
}

export interface ShellLine {
  readonly line: number;
  readonly command: string;
}

/** The commands of a block of shell: lines joined at `\`; of a `console` block those behind its prompt `$`. */
export function shellLines({ language, line, text }: Block): ShellLine[] {
  const lines: ShellLine[] = [];
  let begun: ShellLine | null = null;
  for (const [index, row] of text.split('\n').entries()) {
    if (begun === null && language === 'console' && !row.startsWith('$ ')) continue;
    const words: string = begun === null && language === 'console' ? row.slice(2) : row;
    const here: ShellLine = {
      line: begun?.line ?? line + index,
      command: begun === null ? words : `${begun.command}\n${words}`,
    };
    begun = words.endsWith('\\') ? here : null;
    if (begun === null && !/^\s*(#|$)/.test(here.command)) lines.push(here);
  }
  return lines;
}

export const isShell = ({ language }: Block): boolean => ['sh', 'bash', 'console'].includes(language);

/** Text outside of code: where links and inline code are. */
export function proseOf(text: string): string {
  return text.replace(/^```[^]*?^```$/gm, '').replace(/<!--[^]*?-->/g, '');
}

/** What follows `#` in links to the headings of a text, as GitHub makes it. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

// Renders what the program itself says in docs/USER.md and docs/USER.fr.md: screens, keys, commands, settings.
import { readFileSync, writeFileSync } from 'node:fs';
import { sayIn, type Lang } from '../../src/cli/catalogue/translate.js';
import { commandRows, keyRows, signRows, type HelpRow } from '../../src/cli/chat/help.js';
import { keymapOf } from '../../src/cli/chat/keymap.js';
import { slashCommands } from '../../src/cli/chat/slash-commands.js';
import { renderSettings } from './config-doc.js';
import { documentText } from './documents.js';
import { projectFile } from './project.js';

const headings = {
  en: {
    signs: ['sign', 'what it means'],
    keys: ['key', 'what it does'],
    commands: ['command', 'what it does'],
  },
  fr: {
    signs: ['signe', 'ce qu’il veut dire'],
    keys: ['touche', 'ce qu’elle fait'],
    commands: ['commande', 'ce qu’elle fait'],
  },
} as const;

type Part = keyof (typeof headings)['en'];

function rowsOf(part: Part, lang: Lang): readonly HelpRow[] {
  const say = sayIn(lang);
  if (part === 'signs') return signRows(say);
  return part === 'keys' ? keyRows(keymapOf().keymap, say) : commandRows(slashCommands, say);
}

function table(part: Part, lang: Lang): string {
  const rows = rowsOf(part, lang).map(
    ({ left, right }) => `| \`${left.replaceAll('|', '\\|')}\` | ${right.replaceAll('|', '\\|')} |`,
  );
  return [`| ${headings[lang][part].join(' | ')} |`, '| --- | --- |', ...rows].join('\n');
}

/** The text with its screens and generated parts as the program has them now. */
export function renderedUserDoc(text: string): string {
  return text
    .replace(
      /(<!-- screen: (\S+) -->\n\n```text\n)[^]*?(?=^```$)/gm,
      (_whole, head: string, name: string) => {
        const screen = readFileSync(projectFile('test', 'fixtures', 'golden', `${name}.txt`), 'utf8');
        // Isolates keep what is around a text from being turned; outside of a terminal they are only seen as boxes.
        return `${head}${screen.replace(/[\u2066-\u2069]/g, '').replace(/\s*$/, '\n')}`;
      },
    )
    .replace(
      /(<!-- generated: (\w+) (en|fr) -->\n\n)[^]*?(?=<!-- end -->)/g,
      (_whole, head: string, part: Part | 'settings', lang: Lang) =>
        `${head}${part === 'settings' ? renderSettings(lang).trimEnd() : table(part, lang)}\n\n`,
    );
}

export const manuals = ['docs/USER.md', 'docs/USER.fr.md'] as const;

/** Brings both manuals up to date with the program. */
export function writeManuals(): void {
  for (const path of manuals) writeFileSync(projectFile(path), renderedUserDoc(documentText(path)));
}

// The files of the page of a call: fixed ones from the package, and the frame around them in the reader's language.
import { readFile } from 'node:fs/promises';
import type { Say } from '../catalogue/translate.js';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const fixed = {
  'call.js': 'text/javascript',
  'sound.js': 'text/javascript',
  'call.css': 'text/css',
} as const;

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function frame(say: Say): string {
  return `<!doctype html>
<html lang="${say.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>PyTalk</title>
<link rel="stylesheet" href="call.css">
<script type="module" src="call.js"></script>
</head>
<body data-over="${escaped(say('web.over'))}">
<header><h1 id="title">PyTalk</h1><p id="line" role="status"></p></header>
<main id="people"></main>
<footer>
<button id="mute" type="button" aria-pressed="false">${escaped(say('web.mute'))}</button>
<button id="sound" type="button">${escaped(say('web.sound-on'))}</button>
<button id="hangup" type="button">${escaped(say('web.hang-up'))}</button>
</footer>
<noscript>${escaped(say('web.no-script'))}</noscript>
</body>
</html>
`;
}

/** By name; the page itself has the empty one. */
export async function pageFiles(say: Say): Promise<Map<string, PageFile>> {
  const folder = new URL('../../../../web/', import.meta.url);
  const files = await Promise.all(
    Object.entries(fixed).map(
      async ([name, type]) => [name, { type, body: await readFile(new URL(name, folder)) }] as const,
    ),
  );
  return new Map([...files, ['', { type: 'text/html', body: Buffer.from(frame(say)) }]]);
}

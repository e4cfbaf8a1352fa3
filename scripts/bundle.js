// Puts the program's own modules, and the pure packages it starts with, into few files: dist/bundle, for the package alone.
import { readFile, rm } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** Hundreds of small files otherwise, read one by one at each start. All else is loaded from where npm has put it. */
const bundled = /^(zod|string-width|env-paths|uuidv7|ink|react|react-reconciler|yoga-layout)(\/|$)/;

/** Our modules find workers, the page of `call --web` and package.json beside themselves: they are told where they were. */
async function withItsOwnPlace({ path }) {
  const text = await readFile(path, 'utf8');
  const place = `../${relative(dist, path).replaceAll(sep, '/')}`;
  const contents = text
    .replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`)
    // As a name for the whole of it, esbuild would keep all of it, with every language.
    .replace("import { z } from 'zod'", "import * as z from 'zod'");
  return { contents, loader: 'js' };
}

/**
 * string-width's one expression for all emoji takes V8 a twentieth of a second to read and to compile, at each start. Here it is made for the
 * first text that needs it: of single characters those with an emoji's look are emoji, but for the halves of flags; sequences begin with one.
 */
async function lateEmoji(path) {
  const text = await readFile(path, 'utf8');
  const eager = String.raw`const rgiEmojiRegex = /^\p{RGI_Emoji}$/v;`;
  if (!text.includes(eager)) throw new Error(`${path}: the expression for emoji is another one now`);
  const late = String.raw`
    let rgiEmoji;
    const rgiEmojiRegex = {
      test: (text) =>
        /^(?!\p{Regional_Indicator})\p{Emoji_Presentation}$/u.test(text) ||
        (/^\p{Emoji}./su.test(text) && (rgiEmoji ??= new RegExp('^\\p{RGI_Emoji}$', 'v')).test(text)),
    };`;
  return { contents: text.replace(eager, () => late), loader: 'js' };
}

const ours = {
  name: 'ours',
  setup(bundle) {
    // Ink asks for it when DEV is set, and says that it is missing.
    bundle.onResolve({ filter: /devtools\.js$/ }, () => ({ path: 'react-devtools-core', external: true }));
    bundle.onLoad({ filter: /[\\/]dist[\\/]src[\\/].*\.js$/ }, withItsOwnPlace);
    bundle.onLoad({ filter: /[\\/]string-width[\\/]index\.js$/ }, ({ path }) =>
      path === fileURLToPath(import.meta.resolve('string-width')) ? lateEmoji(path) : undefined,
    );
    bundle.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) =>
      // What a bundled package needs comes along with it.
      kind === 'entry-point' || bundled.test(path) || importer.includes('node_modules')
        ? undefined
        : { path, external: true },
    );
  },
};

await rm(`${dist}/bundle`, { recursive: true, force: true });
await build({
  entryPoints: { main: `${dist}/src/cli/main.js` },
  outdir: `${dist}/bundle`,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  define: {
    // React's other build, for development, stays out.
    'process.env.NODE_ENV': '"production"',
    // Yoga would have Node load all of its HTTP client, to read what is in its own text.
    fetch: 'undefined',
  },
  logOverride: { 'assign-to-define': 'silent' },
  // What is CommonJS asks for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  legalComments: 'eof',
  logLevel: 'warning',
  plugins: [ours],
});

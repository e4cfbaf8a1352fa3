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
  const contents = text.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`);
  return { contents, loader: 'js' };
}

const ours = {
  name: 'ours',
  setup(bundle) {
    // Ink asks for it when DEV is set, and says that it is missing.
    bundle.onResolve({ filter: /devtools\.js$/ }, () => ({ path: 'react-devtools-core', external: true }));
    bundle.onLoad({ filter: /[\\/]dist[\\/]src[\\/].*\.js$/ }, withItsOwnPlace);
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
  // React's other build, for development, stays out.
  define: { 'process.env.NODE_ENV': '"production"' },
  logOverride: { 'assign-to-define': 'silent' },
  // What is CommonJS asks for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  // Errors name functions and classes as they are written.
  keepNames: true,
  legalComments: 'eof',
  logLevel: 'warning',
  plugins: [ours],
});

// Lint rules: type-checked TypeScript, and the direction of imports between the folders of src/.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Folders of src/ and the folders each may import from (docs/ARCHITECTURE.md). */
const arrows = {
  protocol: [],
  sqlite: ['protocol'],
  disk: ['protocol'],
  server: ['protocol', 'sqlite', 'disk'],
  client: ['protocol', 'sqlite', 'disk'],
  media: ['protocol'],
  cli: ['client', 'media', 'protocol', 'disk'],
};
const serverCommands = ['serve', 'admin', 'backup', 'restore', 'monitor', 'demo'];

const folders = Object.keys(arrows);
const serverBuiltins = ['child_process', 'node:child_process'];

/** no-restricted-imports settings that forbid every folder not in `allowed`, and the given packages. */
function restrict(folder, allowed, packages) {
  const forbidden = folders.filter((name) => name !== folder && !allowed.includes(name));
  const patterns = forbidden.map((name) => ({
    group: [`**/${name}/**`],
    message: `src/${folder} must not import src/${name}: see docs/ARCHITECTURE.md`,
  }));
  return ['error', { patterns, paths: packages.map((name) => ({ name, message: `not in src/${folder}` })) }];
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.tap', 'test/fixtures'] },
  js.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.{ts,tsx}', 'bench/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-control-regex': 'off',
      'no-console': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['test/**/*.{ts,tsx}', 'bench/**/*.ts'],
    rules: {
      'no-console': 'off',
      'max-lines': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  ...folders.map((folder) => ({
    files: [`src/${folder}/**/*.{ts,tsx}`],
    ignores: folder === 'cli' ? serverCommands.map((name) => `src/cli/commands/${name}*`) : [],
    rules: {
      'no-restricted-imports': restrict(folder, arrows[folder], [
        ...(folder === 'protocol'
          ? ['node:fs', 'node:net', 'node:tls', 'node:dgram', 'node:path', 'node:os']
          : []),
        ...(folder === 'cli' ? ['sqlite'] : ['react', 'ink']),
        ...(folder === 'media' ? [] : serverBuiltins),
      ]),
    },
  })),
  {
    files: ['src/cli/commands/doctor*', 'src/cli/platform/**'],
    rules: { 'no-restricted-imports': restrict('cli', arrows.cli, ['sqlite']) },
  },
  {
    files: serverCommands.map((name) => `src/cli/commands/${name}*`),
    rules: {
      'no-restricted-imports': restrict('cli', [...arrows.cli, 'server'], ['sqlite', ...serverBuiltins]),
    },
  },
  // The tables: one row more is no reason for another file.
  { files: ['src/protocol/messages.ts', 'src/cli/catalogue/*.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['bin/*.js', 'examples/*.mjs', 'scripts/*.js', 'termux/*.js', 'eslint.config.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'performance', 'setTimeout', 'clearTimeout'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  {
    files: ['web/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['document', 'fetch', 'setTimeout', 'Blob', 'TextDecoder', 'createImageBitmap', 'AudioContext'],
          ...['AudioWorkletNode'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);

// The package as npm makes it, unpacked into an empty folder, with what package.json says that it needs and nothing else.
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { projectFile } from './project.js';

const execute = promisify(execFile);

const packShape = z.tuple([
  z.object({
    filename: z.string(),
    size: z.number(),
    files: z.array(z.object({ path: z.string() })),
  }),
]);

const manifestShape = z.object({
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});

interface PackageTree {
  /** Of the tarball. */
  readonly bytes: number;
  /** Paths in the package. */
  readonly files: readonly string[];
  /** Where it lies, as after `npm install`. */
  readonly folder: string;
  readonly launcher: string;
}

/** Packs the project and unpacks it below `folder`. Needs npm and tar, and no network. */
export async function packageTree(folder: string): Promise<PackageTree> {
  const cwd = projectFile();
  await execute(process.execPath, [projectFile('scripts', 'bundle.js')], { cwd });
  // Its own scripts would compile all once more.
  const options = ['--ignore-scripts', '--offline', '--json', '--pack-destination', folder];
  const { stdout } = await execute('npm', ['pack', ...options], { cwd, maxBuffer: 16 * 1024 ** 2 });
  const [packed] = packShape.parse(JSON.parse(stdout));
  const modules = join(folder, 'node_modules');
  const unpacked = join(modules, 'pytalk');
  await mkdir(unpacked, { recursive: true });
  await execute('tar', ['-xzf', join(folder, packed.filename), '-C', unpacked, '--strip-components=1']);
  const manifest = manifestShape.parse(JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8')));
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const link = join(modules, name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(projectFile('node_modules', name), link, 'junction');
  }
  return {
    bytes: packed.size,
    files: packed.files.map(({ path }) => path),
    folder: unpacked,
    launcher: join(unpacked, 'bin', 'pytalk.js'),
  };
}

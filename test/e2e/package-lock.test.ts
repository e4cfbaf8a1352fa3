// Tests that the lock file names every package that `npm ci` looks for, on any platform and not only on the one it was made on.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { projectFile } from '../support/project.js';

const lockShape = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

t.test('the lock has an entry for each optional package of each platform', (t) => {
  const { packages } = lockShape.parse(JSON.parse(readFileSync(projectFile('package-lock.json'), 'utf8')));
  const paths = Object.keys(packages);
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  const missing = wanted.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)));
  t.ok(wanted.length > 0);
  t.same(missing, []);
  t.same(
    paths.filter((path) => packages[path]?.resolved !== undefined),
    [],
    'and no entry names a registry',
  );
  t.end();
});

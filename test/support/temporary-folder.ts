// A folder for one test, gone when the test is over.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of a tap test that cleaning up needs. */
export interface Teardown {
  teardown(undo: () => Promise<unknown>): unknown;
}

/** Makes a folder that the test's teardown removes. */
export async function temporaryFolder(test: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-'));
  test.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

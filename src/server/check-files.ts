// Looks whether the files that the database knows are on the disk as they were uploaded.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { systemCode } from '../disk/system-code.js';
import { because, type Because } from '../protocol/reasons.js';
import { storedFilePath } from './file-store.js';
import type { Storage } from './storage/storage.js';

const filesPerQuestion = 500;

/** What is wrong, for each file; empty when all are sound. Reads every byte. Rejects with StorageError. */
export async function checkFiles(dataDir: string, storage: Storage): Promise<Because[]> {
  const problems: Because[] = [];
  for (let last = ''; ;) {
    const files = await storage.filesAfter(last, filesPerQuestion);
    for (const { sha256 } of files) {
      const problem = await problemOf(storedFilePath(dataDir, sha256), sha256);
      if (problem !== null) problems.push(problem);
    }
    const next = files.at(-1);
    if (!next) return problems;
    last = next.sha256;
  }
}

async function problemOf(path: string, sha256: string): Promise<Because | null> {
  const hash = createHash('sha256');
  try {
    for await (const data of createReadStream(path)) hash.update(data as Buffer);
  } catch (error) {
    const code = systemCode(error);
    return code === 'ENOENT'
      ? because('file-missing', { sha256 })
      : because('file-unreadable', { sha256, code });
  }
  return hash.digest('hex') === sha256 ? null : because('file-changed', { sha256 });
}

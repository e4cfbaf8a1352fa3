// Fetches files of messages, with their progress shown beside them.
import type { ChatContext } from './context.js';

/** Fetches the file of a message into the cache, or to `out`; returns its path. */
export async function fetchWithProgress(context: ChatContext, id: string, out?: string): Promise<string> {
  const onProgress = ({ done, total }: { done: number; total: number }): void =>
    context.dispatch({ type: 'transfer', id, percent: total === 0 ? 100 : (done / total) * 100 });
  try {
    const { path } = await context.client.fetchFile(id, {
      onProgress,
      ...(out === undefined ? {} : { out }),
    });
    return path;
  } finally {
    context.dispatch({ type: 'transfer', id, percent: null });
  }
}

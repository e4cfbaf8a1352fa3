// Does what Tab does: the first time as far as all candidates agree, then one candidate after another.
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { applied, candidatesOf, commonBeginning, spotOf, type Spot } from './completion.js';
import type { ChatContext } from './context.js';
import { emojiBeginning } from './emoji.js';
import type { SlashCommand } from './slash-command.js';
import { currentComposer } from './state.js';
import { replaceRange, type TextBuffer } from './text-buffer.js';

const maxPaths = 100;

/** The paths that begin as typed; folders end with a slash. Hidden ones only when asked for. */
export async function pathsBeginning(typed: string): Promise<string[]> {
  const folder = typed.endsWith('/')
    ? typed
    : dirname(typed) === '.' && !typed.startsWith('.')
      ? ''
      : `${dirname(typed)}/`;
  const beginning = typed.endsWith('/') ? '' : typed.slice(typed.lastIndexOf('/') + 1);
  const shown = folder.replace(/^\/\/$/, '/');
  const real = shown.startsWith('~/') ? join(homedir(), shown.slice(2)) : shown === '' ? '.' : shown;
  const entries = await readdir(real, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.name.startsWith(beginning) && (beginning !== '' || !entry.name.startsWith('.')))
    .map((entry) => `${shown}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort((a, b) => a.localeCompare(b))
    .slice(0, maxPaths);
}

/** One emoji after another takes the place of its short name: what they share is no beginning of a text. */
async function completeEmoji(context: ChatContext, buffer: TextBuffer, spot: Spot): Promise<void> {
  const found = await emojiBeginning(spot.typed);
  if (found.length === 0 || currentComposer(context.state).buffer !== buffer) return;
  const first = {
    from: spot.from,
    candidates: found.map(({ emoji }) => emoji),
    labels: found.map(({ name, emoji }) => `${emoji} ${name}`),
    index: 0,
  };
  const completion = found.length === 1 ? null : first;
  context.dispatch({ type: 'completion', completion, buffer: applied(buffer, first) });
}

/** Completes the word at the cursor of the composer. */
export async function completeAt(
  context: ChatContext,
  commands: readonly SlashCommand[],
  direction: 1 | -1,
): Promise<void> {
  const { completion } = context.state;
  const { buffer } = currentComposer(context.state);
  if (completion !== null) {
    const count = completion.candidates.length;
    const next = { ...completion, index: (completion.index + direction + count) % count };
    context.dispatch({ type: 'completion', completion: next, buffer: applied(buffer, next) });
    return;
  }
  const spot = spotOf(buffer, commands);
  if (spot === null) return;
  if (spot.kind === 'emoji') {
    await completeEmoji(context, buffer, spot);
    return;
  }
  const paths = spot.kind === 'path' ? await pathsBeginning(spot.typed) : [];
  const candidates = candidatesOf(spot, context.state, commands, paths);
  if (candidates.length === 0 || currentComposer(context.state).buffer !== buffer) return;
  const first = { from: spot.from, candidates, index: 0 };
  if (candidates.length === 1) {
    context.dispatch({ type: 'completion', completion: null, buffer: applied(buffer, first) });
    return;
  }
  const shared = commonBeginning(candidates);
  const isLonger = shared.length > buffer.cursor - spot.from;
  context.dispatch({
    type: 'completion',
    completion: isLonger ? null : first,
    buffer: isLonger ? replaceRange(buffer, spot.from, buffer.cursor, shared) : applied(buffer, first),
  });
}

// The one hint above the composer: what went wrong, what can be completed, who is typing, what to do next.
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { candidatesOf, spotOf, type Spot } from './completion.js';
import { layoutOf } from './layout.js';
import { slashCommands } from './slash-commands.js';
import { span, type Line } from './spans.js';
import { currentComposer, currentConversation, sayOf, type ChatState } from './state.js';
import { widthOf } from './text-width.js';

const maxCandidates = 24;
/** Around the hint in its row, and what stands for candidates before the first that is shown. */
const ruleCells = 4;
const cut = '…  ';

/** Begins late enough that the chosen one fits into `cells`. */
function candidateLine(candidates: readonly string[], chosen: number | null, cells: number): Line {
  if (candidates.length === 0) return [];
  const texts = candidates.map((candidate) => cleanLine(candidate));
  let from = chosen ?? 0;
  let room = cells - widthOf(texts[from] ?? '') - widthOf(cut);
  while (from > 0 && (room -= widthOf(texts[from - 1] ?? '') + 2) >= 0) from--;
  const shown = texts
    .slice(from, from + maxCandidates)
    .map((text, index): Line => [
      span(index === 0 ? '' : '  '),
      span(text, from + index === chosen ? 'inverse' : 'dim'),
    ]);
  return [span(from > 0 ? cut : '', 'dim'), ...shown.flat()];
}

function cellsOf(state: ChatState): number {
  return layoutOf(state).pane - ruleCells;
}

/** While a name is typed, in a command or with `@` or `#` in a message: those it may be. */
function nameHint(state: ChatState, spot: Spot | null): Line {
  // The first letters of a command are told with what it does.
  if (spot === null || spot.kind === 'name' || spot.typed === '') return [];
  if (spot.kind === 'emoji') return [span(sayOf(state)('chat.emoji-hint', { name: spot.typed }), 'dim')];
  const candidates = candidatesOf(spot, state, slashCommands, []);
  return candidates.length === 1 && candidates[0] === spot.typed
    ? []
    : candidateLine(candidates, null, cellsOf(state));
}

/** While a command is typed: the commands it may be, or how this one is used. */
function commandHint(state: ChatState, say: Say, spot: Spot | null): Line {
  const { buffer } = currentComposer(state);
  if (spot?.kind === 'name') {
    const candidates = candidatesOf(spot, state, slashCommands, []);
    const [only] = candidates;
    if (candidates.length !== 1 || only === undefined) return candidateLine(candidates, null, cellsOf(state));
  }
  const name = /^\/(\S+)/.exec(buffer.text)?.[1];
  const command =
    slashCommands.find((one) => one.name === name) ??
    (spot?.kind === 'name' ? slashCommands.find((one) => one.name.startsWith(name ?? '')) : undefined);
  if (command === undefined) return [];
  return [
    span(say(`chat.usage.${command.name}`), 'accent'),
    span(`  ${say(`chat.help.${command.name}`)}`, 'dim'),
  ];
}

function typingHint(state: ChatState, say: Say): Line {
  const users = Object.entries(state.typing[state.current ?? 0] ?? {})
    .filter(([, until]) => until > state.nowMs)
    .map(([user]) => cleanLine(user));
  if (users.length === 0) return [];
  const key = users.length === 1 ? 'chat.typing-one' : 'chat.typing-many';
  return [span(say(key, { names: users.join(', ') }), 'dim')];
}

export function hintOf(state: ChatState, say: Say): Line {
  const { completion, notice } = state;
  if (completion !== null) {
    const { labels, candidates, index } = completion;
    return candidateLine(labels ?? candidates, index, cellsOf(state));
  }
  if (notice !== null) {
    return notice.kind === 'error' ? [span(`✗ ${notice.text}`, 'bad')] : [span(notice.text, 'accent')];
  }
  const { buffer } = currentComposer(state);
  const spot = spotOf(buffer, slashCommands);
  const names = nameHint(state, spot);
  if (names.length > 0) return names;
  if (buffer.text.startsWith('/')) return commandHint(state, say, spot);
  const typing = typingHint(state, say);
  if (typing.length > 0) return typing;
  const conversation = currentConversation(state);
  if (conversation?.kind === 'direct' && !conversation.inContacts) {
    return [span(say('chat.not-in-contacts'), 'warn')];
  }
  return [];
}

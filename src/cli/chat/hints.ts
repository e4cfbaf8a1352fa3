// The one hint above the composer: what went wrong, what can be completed, who is typing, what to do next.
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { candidatesOf, spotOf } from './completion.js';
import { slashCommands } from './slash-commands.js';
import { span, type Line } from './spans.js';
import { currentComposer, currentConversation, type ChatState } from './state.js';

const maxCandidates = 24;

function candidateLine(candidates: readonly string[], chosen: number | null): Line {
  return candidates
    .slice(0, maxCandidates)
    .flatMap((candidate, index): Line => [
      span(index === 0 ? '' : '  '),
      span(cleanLine(candidate), index === chosen ? 'inverse' : 'dim'),
    ]);
}

/** While a command is typed: the commands it may be, or how this one is used. */
function commandHint(state: ChatState, say: Say): Line {
  const { buffer } = currentComposer(state);
  const spot = spotOf(buffer, slashCommands);
  if (spot?.kind === 'name') {
    const candidates = candidatesOf(spot, state, slashCommands, []);
    const [only] = candidates;
    if (candidates.length !== 1 || only === undefined) return candidateLine(candidates, null);
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
  if (completion !== null) return candidateLine(completion.candidates, completion.index);
  if (notice !== null) {
    return notice.kind === 'error' ? [span(`✗ ${notice.text}`, 'bad')] : [span(notice.text, 'accent')];
  }
  if (currentComposer(state).buffer.text.startsWith('/')) return commandHint(state, say);
  const typing = typingHint(state, say);
  if (typing.length > 0) return typing;
  const conversation = currentConversation(state);
  if (conversation?.kind === 'direct' && !conversation.inContacts) {
    return [
      span(say('chat.not-in-contacts', { name: cleanLine(conversation.peer?.username ?? '') }), 'warn'),
    ];
  }
  return [];
}

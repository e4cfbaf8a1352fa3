// The one table of slash commands: running, completing and help derive from it.
import { similar } from '../similar.js';
import { callCommands } from './commands-calls.js';
import { fileCommands } from './commands-files.js';
import { groupCommands } from './commands-groups.js';
import { messageCommands } from './commands-messages.js';
import { peopleCommands } from './commands-people.js';
import { safetyCommands } from './commands-safety.js';
import { settingsCommands } from './commands-settings.js';
import { viewCommands } from './commands-view.js';
import { parseCommandLine } from './command-line.js';
import { usage, type ChatContext } from './context.js';
import { helpPage, helpSentences } from './help.js';
import { table } from './slash-command.js';
import type { Line } from './spans.js';

const helpCommands = table([
  {
    name: 'help',
    words: [],
    least: 0,
    run(context) {
      const { say } = context;
      const { keymap } = context.state;
      const draw = (columns: number): Line[] => helpPage(slashCommands, keymap, say, columns);
      context.page(say('chat.help-title'), draw, helpSentences(slashCommands, say));
    },
  },
]);

export const slashCommands = [
  ...helpCommands,
  ...peopleCommands,
  ...safetyCommands,
  ...groupCommands,
  ...messageCommands,
  ...fileCommands,
  ...callCommands,
  ...viewCommands,
  ...settingsCommands,
] as const;

export type CommandName = (typeof slashCommands)[number]['name'];

/** Other names for the same: what people are used to from elsewhere. */
const aliases: Readonly<Record<string, CommandName>> = {
  '?': 'help',
  exit: 'quit',
  q: 'quit',
  dm: 'msg',
  query: 'msg',
  join: 'msg',
  aide: 'help',
  settings: 'set',
  language: 'lang',
  quitter: 'quit',
};

/** The command of that name; an unambiguous beginning of a name will do. */
function findCommand(name: string): (typeof slashCommands)[number] | undefined {
  const wanted = aliases[name] ?? name;
  const exact = slashCommands.find((command) => command.name === wanted);
  if (exact !== undefined) return exact;
  const beginning = slashCommands.filter((command) => command.name.startsWith(wanted));
  return beginning.length === 1 ? beginning[0] : undefined;
}

/** Runs what was typed after a slash. Throws `usage` for what is no command or lacks words. */
export async function runCommand(context: ChatContext, text: string): Promise<void> {
  const line = parseCommandLine(text);
  const command = line === null ? undefined : findCommand(line.name);
  if (line === null || command === undefined) {
    const name = text.split(/\s/)[0] ?? text;
    const names = [...slashCommands.map((one) => one.name as string), ...Object.keys(aliases)];
    const near = similar(line?.name ?? '', names);
    throw usage(
      near === undefined
        ? context.say('chat.unknown-command', { name })
        : context.say('chat.unknown-command-near', { name, near: `/${near}` }),
    );
  }
  if (line.words.length < command.least) {
    throw usage(context.say('chat.command-usage', { usage: context.say(`chat.usage.${command.name}`) }));
  }
  await command.run(context, line, text);
}

// The one table of slash commands: running, completing and help derive from it.
import type { Say } from '../catalogue/translate.js';
import { similar } from '../similar.js';
import { callCommands } from './commands-calls.js';
import { fileCommands } from './commands-files.js';
import { groupCommands } from './commands-groups.js';
import { messageCommands } from './commands-messages.js';
import { peopleCommands } from './commands-people.js';
import { safetyCommands } from './commands-safety.js';
import { settingsCommands } from './commands-settings.js';
import { viewCommands } from './commands-view.js';
import { parseCommandLine, type CommandLine } from './command-line.js';
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
      context.page(say('chat.help-title'), draw, { sentences: helpSentences(slashCommands, say) });
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

/** The commands that a name may mean: the one of that name, else those that begin so. */
function commandsOf(name: string): readonly (typeof slashCommands)[number][] {
  const wanted = aliases[name] ?? name;
  const exact = slashCommands.find((command) => command.name === wanted);
  if (exact !== undefined) return [exact];
  return slashCommands.filter((command) => command.name.startsWith(wanted));
}

/** The command that was typed after a slash. Throws `usage` for what is no command, may be several, or lacks words. */
function findCommand(line: CommandLine, say: Say): (typeof slashCommands)[number] {
  const name = `/${line.name}`;
  const [command, ...others] = commandsOf(line.name);
  if (command === undefined) {
    const near = similar(line.name, [
      ...slashCommands.map((one) => one.name as string),
      ...Object.keys(aliases),
    ]);
    throw usage(
      near === undefined
        ? say('chat.unknown-command', { name })
        : say('chat.unknown-command-near', { name, near: `/${near}` }),
    );
  }
  if (others.length > 0) {
    const names = [command, ...others].map((one) => `/${one.name}`).join(', ');
    throw usage(say('chat.ambiguous-command', { name, names }));
  }
  if (line.words.length < command.least)
    throw usage(say('chat.command-usage', { usage: say(`chat.usage.${command.name}`) }));
  return command;
}

/** Throws `usage` for what cannot be run as it was typed: it should be typed on. */
export function checkCommand(line: CommandLine, say: Say): void {
  findCommand(line, say);
}

/** Runs what was typed after a slash. Throws `usage` for what is no command or lacks words. */
export async function runCommand(context: ChatContext, text: string): Promise<void> {
  const line = parseCommandLine(text);
  if (line === null) throw usage(context.say('chat.unknown-command', { name: text }));
  await findCommand(line, context.say).run(context, line, text);
}

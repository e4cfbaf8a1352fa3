// Renders the command table as it stands in docs/CLI.md.
import { sayIn } from '../../src/cli/catalogue/translate.js';
import {
  argText,
  optionText,
  shownArg,
  shownExample,
  shownOption,
  summaryOf,
  usageOf,
} from '../../src/cli/help.js';
import { commonOptions } from '../../src/cli/table/common-options.js';
import { commands, groups } from '../../src/cli/table/table.js';

const say = sayIn('en');
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('`', '');

/** The generated part of docs/CLI.md. */
export function renderCommands(): string {
  const lines = ['## Options of every command', '', '| option | what it does |', '| --- | --- |'];
  for (const option of commonOptions) {
    lines.push(`| \`${cell(shownOption(option, say))}\` | ${cell(optionText(null, option, say))} |`);
  }
  for (const group of groups) {
    lines.push('', `## ${say(`help.group.${group}`)}`);
    for (const command of commands.filter((one) => one.group === group)) {
      lines.push('', `### ${command.name}`, '', summaryOf(command, say), '', `    ${usageOf(command, say)}`);
      const rows = [
        ...(command.args ?? []).map((arg) => [shownArg(arg, say), argText(command, arg, say)] as const),
        ...(command.options ?? []).map(
          (one) => [shownOption(one, say), optionText(command, one, say)] as const,
        ),
      ];
      if (rows.length > 0) lines.push('', '| | |', '| --- | --- |');
      for (const [left, right] of rows) lines.push(`| \`${cell(left)}\` | ${cell(right)} |`);
      lines.push('', ...command.examples.map((example) => `    ${shownExample(example)}`));
    }
  }
  return `${lines.join('\n')}\n`;
}

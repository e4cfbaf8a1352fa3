// Slash commands that show and change the settings, at once and for good; and the first steps.
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import {
  defaultSettings,
  docOf,
  kindOf,
  settingKeyOf,
  settingKeys,
  type SettingKey,
  type Settings,
} from '../settings/settings.js';
import { usage, type ChatContext } from './context.js';
import { table } from './slash-command.js';
import { span, type Line } from './spans.js';
import { wrap } from './text-width.js';
import { addressForOthers, tourPage, tourSentences } from './tour.js';

const shown = (settings: Settings, key: SettingKey): string => kindOf(key).show(settings[key]);

/** All settings, with their values and what they are for. */
function settingsPage(settings: Settings, path: string, say: Say, columns: number): Line[] {
  const width = Math.max(10, columns - 4);
  const below = (text: string): Line[] =>
    wrap(text, width).map((row): Line => [span('    '), span(row.text, 'dim')]);
  const lines = settingKeys.flatMap((key): Line[] => {
    const value = shown(settings, key);
    const isOwn = value !== shown(defaultSettings, key);
    return [
      [span(isOwn ? ' * ' : '   ', 'accent'), span(`${key} `, 'accent'), span(cleanLine(value), 'bold')],
      ...below(say(docOf(key))),
      ...below(say('settings.values', { allowed: kindOf(key).allowed.join(', ') })),
    ];
  });
  const above = (text: string): Line[] => wrap(text, width).map((row): Line => [span(` ${row.text}`)]);
  return [...above(say('settings.how', { path })), ...above(say('settings.star')), [], ...lines];
}

async function change(context: ChatContext, key: SettingKey, text: string): Promise<void> {
  const { say } = context;
  const kind = kindOf(key);
  const value = kind.parse(text, context.state.settings[key]);
  if (value === undefined) {
    const allowed = kind.allowed.join(', ');
    throw usage(say('settings.not-allowed', { key, value: cleanLine(text), allowed }));
  }
  await context.changeSetting(key, value as Settings[typeof key]);
  context.info('settings.now', { key, value: cleanLine(kind.show(value)) });
}

export const settingsCommands = table([
  {
    name: 'tour',
    words: [],
    least: 0,
    run(context) {
      const { client, say } = context;
      const facts = {
        me: client.me?.username ?? '',
        phone: client.me?.phone ?? null,
        server: addressForOthers(client.server),
      };
      const draw = (columns: number): Line[] => tourPage(facts, say, columns);
      context.page(say('tour.title'), draw, { sentences: tourSentences(facts, say) });
    },
  },
  {
    name: 'set',
    words: ['setting', 'setting-value', 'none'],
    least: 0,
    async run(context, line) {
      const { say, state } = context;
      const [name, ...values] = line.words.map((word) => word.text);
      if (name === undefined) {
        const page = settingsPage.bind(null, state.settings, context.settingsPath, say);
        context.page(say('settings.title'), page);
        return;
      }
      const key = settingKeyOf(name);
      if (key === undefined) throw usage(say('settings.unknown', { key: cleanLine(name) }));
      if (values.length > 0) await change(context, key, values.join(' '));
      else {
        context.info('settings.one', {
          key,
          value: cleanLine(shown(state.settings, key)),
          allowed: kindOf(key).allowed.join(', '),
          about: say(docOf(key)),
        });
      }
    },
  },
  {
    name: 'theme',
    words: ['theme'],
    least: 1,
    run: (context, line) => change(context, 'theme', line.rest),
  },
  {
    name: 'lang',
    words: ['language'],
    least: 1,
    run: (context, line) => change(context, 'lang', line.rest),
  },
]);

// Renders the tables of settings of server and client as they stand in docs/CONFIG.md.
import { z } from 'zod';
import { sayIn, type Lang } from '../../src/cli/catalogue/translate.js';
import { docOf, kindOf, settingKeys } from '../../src/cli/settings/settings.js';
import { configShape } from '../../src/server/config.js';

interface Property {
  description?: string;
  default?: unknown;
  properties?: Record<string, Property>;
}

/** The generated part of docs/CONFIG.md. */
export function renderConfig(): string {
  const { properties = {} } = z.toJSONSchema(configShape, { io: 'input' }) as Property;
  const lines = ['| setting | default | what it is |', '| --- | --- | --- |'];
  const add = (name: string, property: Property): void => {
    const shown = property.properties && property.default === undefined ? '' : code(property.default);
    lines.push(`| \`${name}\` | ${shown} | ${property.description ?? ''} |`);
  };
  for (const [name, property] of Object.entries(properties)) {
    if (!property.properties) {
      add(name, property);
      continue;
    }
    add(name, { description: property.description ?? '', properties: {} });
    for (const [kind, rate] of Object.entries(property.properties)) add(`${name}.${kind}`, rate);
  }
  return `${lines.join('\n')}\n`;
}

function code(value: unknown): string {
  const json = JSON.stringify(value);
  return `\`${typeof value === 'string' ? json : json.replaceAll(',', ', ').replaceAll(':', ': ')}\``;
}

const settingHeadings = {
  en: '| setting | allowed | default | what it is |',
  fr: '| réglage | valeurs | au départ | ce que c’est |',
} as const;

/** The generated table of the client's settings in docs/CONFIG.md and the manuals. */
export function renderSettings(lang: Lang): string {
  const say = sayIn(lang);
  const lines = [settingHeadings[lang], '| --- | --- | --- | --- |'];
  for (const key of settingKeys) {
    const kind = kindOf(key);
    const isSwitch = typeof kind.default === 'boolean';
    const allowed = isSwitch ? [true, false] : key === 'keys' ? [{ 'ctrl+t': 'next-unread' }] : kind.allowed;
    lines.push(
      `| \`${key}\` | ${allowed.map((one) => code(one)).join(' ')} | ${code(kind.default)} | ${say(docOf(key))} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

// Renders the table of settings as it stands in docs/CONFIG.md.
import { z } from 'zod';
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
  return `\`${JSON.stringify(value).replaceAll(',', ', ').replaceAll(':', ': ')}\``;
}

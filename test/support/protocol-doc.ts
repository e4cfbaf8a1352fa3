// Renders the tables of messages, limits and errors as they stand in docs/PROTOCOL.md.
import { z } from 'zod';
import { errorTexts } from '../../src/protocol/errors.js';
import { limits } from '../../src/protocol/limits.js';
import { pushes, requests } from '../../src/protocol/messages.js';

interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** A schema's type in a few words; shapes that have names in shapes.ts are told by their fields. */
function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === 'object') return fieldsOf(schema);
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  return schema.type ?? 'anything';
}

function fieldsOf(schema: JsonSchema): string {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => `${name}${required.has(name) ? '' : '?'}: ${typeOf(field)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

function describe(schema: z.ZodType): string {
  const text = fieldsOf(z.toJSONSchema(schema, { unrepresentable: 'any' }) as JsonSchema);
  return text === '{  }' ? '`{}`' : `\`${text}\``;
}

/** The generated part of docs/PROTOCOL.md. */
export function renderProtocol(): string {
  const lines: string[] = ['## Requests', ''];
  for (const [type, spec] of Object.entries(requests)) {
    lines.push(`### \`${type}\``, '', `${spec.doc}${spec.login ? '' : ' (No login needed.)'}`, '');
    lines.push(`- body: ${describe(spec.body)}`, `- ok: ${describe(spec.reply)}`, '');
  }
  lines.push('## Pushes', '');
  for (const [type, spec] of Object.entries(pushes)) {
    lines.push(`### \`${type}\``, '', spec.doc, '', `- body: ${describe(spec.body)}`, '');
  }
  lines.push('## Limits', '', '| limit | value |', '| --- | --- |');
  for (const [name, value] of Object.entries(limits)) lines.push(`| ${name} | ${value} |`);
  lines.push('', '## Errors', '', '| code | sentence |', '| --- | --- |');
  for (const [code, text] of Object.entries(errorTexts)) lines.push(`| \`${code}\` | ${text} |`);
  return `${lines.join('\n')}\n`;
}

// One valid body for every request, and for every field of it values of a wrong type.
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { protocolVersion } from '../../src/protocol/limits.js';
import { requests, type RequestType } from '../../src/protocol/messages.js';

const sha256 = 'ab'.repeat(32);
const publicKey = Buffer.alloc(32).toString('base64url');

/** Valid values by the name of the field; a field whose name says different things has its request before it. */
const values: Record<string, unknown> = {
  after: 0,
  avatar: sha256,
  anew: true,
  before: 5,
  bio: 'hello',
  blocked: true,
  busy: true,
  call: uuidv7(),
  calls: 4,
  camera: true,
  class: 'update',
  clearedSeq: 1,
  client: 'test',
  code: 'ABCD-EFGH',
  conv: 1,
  delivered: 1,
  device: 'laptop',
  email: 'a@example.org',
  erase: true,
  files: [sha256],
  firstName: 'Ada',
  hidden: true,
  private: true,
  id: uuidv7(),
  identity: { publicKey, wrapped: 'abc' },
  ids: [1, 2],
  invite: 'ABCD',
  key: { publicKey, signature: 'abc' },
  lastName: 'Lovelace',
  limit: 10,
  media: 'audio',
  members: [2],
  muted: true,
  name: 'team',
  offset: 0,
  on: true,
  participant: 1,
  payload: '{}',
  phone: '0611111111',
  proof: 'abc',
  protocol: protocolVersion,
  read: 1,
  record: 'abc',
  recording: true,
  screen: true,
  request: 'abc',
  sealed: 'abc',
  session: 2,
  sha256,
  since: 0,
  size: 10,
  target: uuidv7(),
  targets: [uuidv7()],
  to: 2,
  token: 'abc',
  transfer: 1,
  user: 2,
  username: 'somebody',
  users: [3],
  wrapped: 'abc',
};

export const requestTypes = Object.keys(requests) as RequestType[];

interface FieldSchema {
  type?: string | string[];
  anyOf?: FieldSchema[];
}

function fieldsOf(type: RequestType): { fields: Record<string, FieldSchema>; required: Set<string> } {
  const schema = z.toJSONSchema(requests[type].body, { unrepresentable: 'any' }) as {
    properties?: Record<string, FieldSchema>;
    required?: string[];
  };
  return { fields: schema.properties ?? {}, required: new Set(schema.required) };
}

/** A valid body with every field there is. Throws when a field has no value here yet. */
export function sampleBody(type: RequestType): Record<string, unknown> {
  const { fields } = fieldsOf(type);
  const body = Object.fromEntries(
    Object.keys(fields).map((field) => {
      if (!Object.hasOwn(values, field)) throw new Error(`samples.ts has no value for ${type}.${field}`);
      return [field, values[field]];
    }),
  );
  const result = requests[type].body.safeParse(body);
  if (!result.success) throw new Error(`the sample of ${type} is not valid: ${result.error.message}`);
  return body;
}

const anything: Record<string, unknown> = {
  string: 'x',
  number: 7,
  fraction: 1.5,
  boolean: true,
  null: null,
  array: [[]],
  object: { a: 1 },
};

/** Which of the values above a JSON Schema type takes, as far as the type alone says. */
const taken: Record<string, string[]> = {
  string: ['string'],
  integer: ['number'],
  number: ['number', 'fraction'],
  boolean: ['boolean'],
  null: ['null'],
  array: [],
  object: [],
};

function typesOf(schema: FieldSchema): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap(typesOf);
  return schema.type === undefined ? [] : [schema.type].flat();
}

/** Bodies that are valid but for one field, with the name of that field. */
export function wrongBodies(type: RequestType): { field: string; body: Record<string, unknown> }[] {
  const { fields, required } = fieldsOf(type);
  const whole = sampleBody(type);
  return Object.entries(fields).flatMap(([field, schema]) => {
    const right = new Set(typesOf(schema).flatMap((name) => taken[name] ?? []));
    const wrong = Object.entries(anything)
      .filter(([name]) => !right.has(name))
      .map(([, value]) => ({ field, body: { ...whole, [field]: value } }));
    if (!required.has(field)) return wrong;
    const { [field]: _, ...without } = whole;
    return [...wrong, { field, body: without }];
  });
}

// Requests, answers and pushes: what is read, and how what is wrong is refused.
import fc from 'fast-check';
import t from 'tap';
import { decodeFromServer, decodeReply, decodeRequest } from '../../src/protocol/envelope.js';
import { ProtocolError, PytalkError } from '../../src/protocol/errors.js';
import { requests } from '../../src/protocol/messages.js';
import { fromWireError, toWireError } from '../../src/protocol/wire-error.js';

const id = '019a2b3c-4d5e-7f60-8123-456789abcdef';

t.test('reads a request, and drops what it does not know', async (t) => {
  const body = { conv: 3, id, payload: '{"kind":"text","text":"hi"}', colour: 'red' };
  t.same(decodeRequest({ req: 7, type: 'event.send', body }), {
    req: 7,
    type: 'event.send',
    body: { conv: 3, id, payload: body.payload },
  });
});

t.test('refuses what is no request at all', async (t) => {
  for (const value of [
    null,
    1,
    'x',
    [],
    {},
    { req: -1, type: 'ping' },
    { req: 1.5, type: 'ping' },
    { req: 1 },
  ]) {
    t.throws(() => decodeRequest(value), { code: 'bad-frame' }, JSON.stringify(value));
  }
});

t.test('refuses an unknown type, also one that every object has', async (t) => {
  for (const type of ['nope', 'toString', '__proto__', 'constructor']) {
    t.throws(() => decodeRequest({ req: 1, type, body: {} }), { code: 'unknown-type', details: { type } });
  }
});

t.test('names the field that is wrong', async (t) => {
  const send =
    (body: object): (() => unknown) =>
    () =>
      decodeRequest({ req: 1, type: 'event.send', body });
  t.throws(send({ conv: '3', id, payload: 'x' }), { code: 'invalid', details: { field: 'conv' } });
  t.throws(send({ conv: 3, id: 'x', payload: 'x' }), { code: 'invalid', details: { field: 'id' } });
  t.throws(send({ conv: 3, id, payload: '' }), { code: 'invalid', details: { field: 'payload' } });
  t.throws(send({ conv: 3, id }), { code: 'invalid', details: { field: 'payload' } });
});

t.test('a wrong name, phone number or email has its own error', async (t) => {
  const register = (fields: object) => () =>
    decodeRequest({
      req: 1,
      type: 'register.start',
      body: { username: 'alice', phone: '0612345678', request: 'abc', ...fields },
    });
  t.doesNotThrow(register({}));
  for (const username of ['a', 'a b', 'x'.repeat(33), 'bad\u001bname', '../up', '-dash', 'a\u202eb']) {
    t.throws(register({ username }), { code: 'invalid-username' }, JSON.stringify(username));
  }
  for (const phone of ['061234567', '06123456789', '06 1234567', '061234567a', '٠٦١٢٣٤٥٦٧٨']) {
    t.throws(register({ phone }), { code: 'invalid-phone' }, phone);
  }
  for (const email of ['alice', 'a@b', '@b.org', 'a b@c.org', 'a@b.org\n', 'a\u0007@b.org']) {
    t.throws(register({ email }), { code: 'invalid-email' }, JSON.stringify(email));
  }
  t.throws(register({ firstName: 'A\u0000' }), { code: 'invalid-person-name' });
});

t.test('an error crosses the wire with its details, and without its cause', async (t) => {
  const error = new PytalkError('rate-limited', {
    details: { seconds: 4 },
    retryAfterMs: 4000,
    cause: new Error('secret'),
  });
  const wire = toWireError(error);
  t.notMatch(JSON.stringify(wire), /secret/);
  const back = fromWireError(JSON.parse(JSON.stringify(wire)));
  t.same(
    { code: back.code, message: back.message, retryAfterMs: back.retryAfterMs },
    { code: 'rate-limited', message: 'too many attempts: try again in 4 s', retryAfterMs: 4000 },
  );
  const hinting = { ...wire, details: { seconds: 4, hint: 'hint.admin-user' } };
  t.same(fromWireError(hinting).details, { seconds: 4 }, 'what to do next is not the peer’s to say');
});

t.test(
  'an error code that is not known becomes internal, and what is no error a protocol error',
  async (t) => {
    t.equal(fromWireError({ code: 'from-the-future', message: 'x' }).code, 'internal');
    t.ok(fromWireError('x') instanceof ProtocolError);
  },
);

t.test('a client tells answers, errors, pushes and unknown pushes apart', async (t) => {
  t.same(decodeFromServer({ req: 4, ok: { a: 1 } }), { kind: 'ok', req: 4, body: { a: 1 } });
  t.match(decodeFromServer({ req: 4, error: { code: 'blocked', message: '' } }), { kind: 'error', req: 4 });
  t.match(decodeFromServer({ type: 'typing', body: { conv: 1, user: 2, on: true } }), {
    kind: 'push',
    push: { type: 'typing', body: { conv: 1, user: 2, on: true } },
  });
  t.same(decodeFromServer({ type: 'later', body: {} }), { kind: 'unknown', type: 'later' });
  t.throws(() => decodeFromServer({ type: 'typing', body: { conv: 1 } }), { code: 'invalid' });
  t.throws(() => decodeFromServer({}), { code: 'bad-frame' });
});

t.test('the body of an answer is checked against its request', async (t) => {
  t.same(decodeReply('event.send', { seq: 1, at: 2 }), { seq: 1, at: 2 });
  t.throws(() => decodeReply('event.send', { seq: 0, at: 2 }), {
    code: 'invalid',
    details: { field: 'seq' },
  });
});

t.test('random values make the decoders throw ProtocolError or nothing', async () => {
  const types = fc.constantFrom(...Object.keys(requests), 'event', 'typing', 'x');
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record({ req: fc.oneof(fc.nat(), fc.jsonValue()), type: types, body: fc.jsonValue() }),
    fc.record({ type: types, body: fc.jsonValue() }),
  );
  const quiet = (decode: () => unknown): boolean => {
    try {
      decode();
      return true;
    } catch (error) {
      return error instanceof ProtocolError;
    }
  };
  fc.assert(
    fc.property(value, (v) => quiet(() => decodeRequest(v)) && quiet(() => decodeFromServer(v))),
    { numRuns: 20_000 },
  );
});

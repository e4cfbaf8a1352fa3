// What the benchmark sends is what a client would send, and it reads back what it wrote.
import t from 'tap';
import { readText, SendTemplate } from '../../bench/send-template.js';
import { decodeRequest, type AnyRequest } from '../../src/protocol/envelope.js';
import { decodeJson, encodeJson, FrameDecoder } from '../../src/protocol/frame.js';
import { decodePayload } from '../../src/protocol/payload.js';

function requestsIn(frames: Buffer): AnyRequest[] {
  const found: AnyRequest[] = [];
  new FrameDecoder(4096).push(frames, ({ payload }) => found.push(decodeRequest(decodeJson(payload))));
  return found;
}

t.test('makes valid requests, each with its own number and id', async (t) => {
  const template = new SendTemplate(7, 3);
  const found = [...requestsIn(template.next(20)), ...requestsIn(template.next(1))];
  t.equal(found.length, 21);
  t.equal(new Set(found.map((request) => request.req)).size, 21);
  t.equal(new Set(found.map((request) => (request.body as { id: string }).id)).size, 21);
  const [first] = found;
  if (first?.type !== 'event.send') return t.fail('not event.send');
  t.equal(first.body.conv, 7);
  const payload = decodePayload('message', first.body.payload);
  t.match(payload, { kind: 'text', text: /^@@M03.{95}$/ });
});

t.test('renews the id of a copied frame and leaves its text alone', async (t) => {
  const template = new SendTemplate(1, 0);
  const frame = template.next(1);
  const [before] = requestsIn(Buffer.from(frame));
  template.renew(frame, 0);
  const [after] = requestsIn(frame);
  if (before?.type !== 'event.send' || after?.type !== 'event.send') return t.fail('not event.send');
  t.not(after.body.id, before.body.id);
  t.not(after.req, before.req);
  t.equal(after.body.payload, before.body.payload);
});

t.test('reads sender and number out of the push that comes back', async (t) => {
  const template = new SendTemplate(1, 42);
  template.next(5);
  const [request] = requestsIn(template.next(1));
  if (request?.type !== 'event.send') return t.fail('not event.send');
  const { id, payload } = request.body;
  const push = encodeJson({ type: 'event', body: { conv: 1, seq: 1, id, from: 2, at: 3, payload } });
  const { sender, number } = readText(push, push.length);
  t.same({ sender, number }, { sender: 42, number: 5 });
});

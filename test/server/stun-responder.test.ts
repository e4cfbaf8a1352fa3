// The UDP port: answers STUN, never with more than it got, and stays silent otherwise.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import {
  decodeStun,
  decodeXorAddress,
  encodeStun,
  stunAttribute,
  stunType,
} from '../../src/protocol/stun.js';
import { answerTo, startStunResponder } from '../../src/server/stun-responder.js';

const transactionId = Buffer.from('0123456789ab');
const request = (paddingBytes: number, type: number = stunAttribute.padding): Buffer =>
  encodeStun({
    type: stunType.bindingRequest,
    transactionId,
    attributes: [{ type, value: Buffer.alloc(paddingBytes) }],
  });

t.test('tells a client its address', async (t) => {
  const responder = await startStunResponder({ host: '127.0.0.1', port: 0 });
  const socket = createSocket('udp4');
  t.teardown(async () => {
    socket.close();
    await responder.close();
    await responder.close();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.send('hello?', responder.address.port, '127.0.0.1');
  socket.send(request(16), responder.address.port, '127.0.0.1');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  const { type, attributes, ...rest } = decodeStun(answer);
  t.equal(type, stunType.bindingSuccess);
  t.ok(rest.transactionId.equals(transactionId));
  t.same(
    decodeXorAddress(attributes[0]!.value, transactionId),
    socket.address().port ? { address: '127.0.0.1', port: socket.address().port } : null,
  );
  t.same(responder.counters, { answered: 1, ignored: 1 });
});

t.test('an answer is never longer than its request', (t) => {
  const v4 = { address: '192.0.2.1', port: 1 };
  const v6 = { address: '2001:db8::1', port: 1 };
  for (let padding = 0; padding <= 64; padding += 4) {
    const asked = request(padding);
    for (const from of [v4, v6]) {
      const answer = answerTo(asked, from);
      if (answer) t.ok(answer.length <= asked.length);
      else t.ok(padding < 24);
    }
  }
  t.end();
});

t.test('what is no request, or asks for more than this, gets no answer', (t) => {
  const from = { address: '192.0.2.1', port: 1 };
  t.equal(answerTo(Buffer.alloc(100), from), null);
  t.equal(answerTo(encodeStun({ type: stunType.bindingSuccess, transactionId, attributes: [] }), from), null);
  t.equal(answerTo(request(64, 0x0006), from), null, 'an attribute that must be understood');
  t.ok(answerTo(request(64, 0x8022), from), 'one that need not');
  t.end();
});

t.test('a port that is in use is named', async (t) => {
  const first = await startStunResponder({ host: '127.0.0.1', port: 0 });
  t.teardown(() => first.close());
  await t.rejects(startStunResponder({ host: '127.0.0.1', port: first.address.port }), { code: 'usage' });
});

// Media through chat connections: only its own participant's, only so much, only in time, and across a reconnect.
import t from 'tap';
import { limits } from '../../src/protocol/limits.js';
import { encodeDatagram } from '../../src/protocol/frame.js';
import { payloadType } from '../../src/protocol/media-streams.js';
import { encodeRtp } from '../../src/protocol/rtp.js';
import { readConfig } from '../../src/server/config.js';
import { PictureGate } from '../../src/server/calls/picture-gate.js';
import type { RelayParticipant } from '../../src/server/relay/relay-messages.js';
import { callKey, callScene, lose, startCall, talking } from '../support/call-scene.js';
import { sendText } from '../support/conversing.js';

function packet(type: number, timestamp: number, ssrc = 8): Buffer {
  const sequenceNumber = timestamp % 100;
  const fields = { payloadType: type, marker: false, sequenceNumber, timestamp, ssrc, captureTimeMs: null };
  return encodeRtp({ ...fields, payload: Buffer.alloc(300, 1) });
}

t.test('a datagram goes to the relay as its participant, and what the relay sends comes back', async (t) => {
  const scene = await callScene(t);
  const { alice, bob, conv, relay, taken, core } = scene;
  const { state, ticket } = await startCall(alice, conv, { media: 'video' });
  t.equal(ticket.tunnel, true);
  const joined = await bob.request('call.accept', { call: state.call, key: callKey(2) });
  const [first, second] = joined.state.participants.map(({ ssrc }) => ssrc);
  alice.sendDatagram(first!, Buffer.from('from alice'));
  bob.sendDatagram(second!, Buffer.from('from bob'));
  bob.sendDatagram(first!, Buffer.from('from bob as if from alice'));
  const carol = await core.join(3);
  carol.sendDatagram(first!, Buffer.from('in no call'));
  await Promise.all([alice.settled(), bob.settled(), carol.settled()]);
  t.same(
    new Set(taken.map(({ bytes, username }) => `${bytes.toString()}: ${username}`)),
    new Set([`from alice: ${ticket.username}`, `from bob: ${joined.ticket.username}`]),
  );
  t.match(core.context.calls.tunnels.counters, { stray: 2, limited: 0 });
  relay.onTunnelled(Buffer.from('to bob'), joined.ticket.username);
  relay.onTunnelled(Buffer.from('to nobody'), 'unknown');
  relay.onTunnelled(Buffer.alloc(limits.maxDatagramBytes + 1), joined.ticket.username);
  await Promise.all([alice.settled(), bob.settled(), carol.settled()]);
  t.same(bob.datagrams, [`${second} to bob`]);
  t.same([...alice.datagrams, ...carol.datagrams], []);

  await alice.request('call.leave', { call: state.call });
  taken.length = 0;
  alice.sendDatagram(first!, Buffer.from('after the end'));
  await alice.settled();
  t.same(taken, [], 'nobody in no call is heard');
  t.equal(core.context.calls.tunnels.counters.stray, 3);
});

t.test('another connection that takes the call up takes its media too', async (t) => {
  const scene = await callScene(t);
  const { core, alice, relay, taken } = scene;
  const call = await talking(scene);
  const [{ username, ssrc }] = [...scene.tickets.values()] as [RelayParticipant];
  await lose(core, alice);
  relay.onTunnelled(Buffer.from('lost'), username);
  const again = await core.join(1);
  again.sendDatagram(ssrc, Buffer.from('too early'));
  await again.request('call.resume', { call, participant: 1 });
  again.sendDatagram(ssrc, Buffer.from('here again'));
  await again.settled();
  relay.onTunnelled(Buffer.from('found'), username);
  await again.settled();
  t.same(
    taken.map(({ bytes }) => bytes.toString()),
    ['here again'],
  );
  t.same(again.datagrams, [`${ssrc} found`]);
});

t.test('more than one may send is counted and goes nowhere, and the chat goes on', async (t) => {
  const { mediaRates } = await readConfig();
  const packets = { burst: 50, perMinute: 60 };
  const scene = await callScene(t, { config: { mediaRates: { ...mediaRates, packets } } });
  const { core, alice, bob, conv, taken } = scene;
  await talking(scene);
  const [{ ssrc }] = [...scene.tickets.values()] as [RelayParticipant];
  for (let count = 0; count < 5_000; count++) alice.sendDatagram(ssrc, Buffer.alloc(1_000, 7));
  await sendText(alice, conv, 'still here');
  await bob.nextPush('event');
  t.ok(taken.length >= 50 && taken.length < 200, `${taken.length} of 5000 went on`);
  t.equal(core.context.calls.tunnels.counters.limited + taken.length, 5_000);
});

t.test('a datagram over the limit ends the connection, as every frame over its limit does', async (t) => {
  const scene = await callScene(t);
  await talking(scene);
  scene.alice.socket.write(encodeDatagram(8, Buffer.alloc(limits.maxDatagramBytes + 1)));
  t.match(await scene.alice.nextPush('closing'), { error: { code: 'frame-too-long' } });
  t.same(scene.taken, []);
});

t.test('a connection that is slow loses whole pictures first, never parts of them, and sound last', (t) => {
  const gate = new PictureGate();
  const { jpeg, red } = payloadType;
  t.ok(gate.passes(packet(jpeg, 100), 0));
  t.ok(gate.passes(packet(jpeg, 100), 200), 'a picture that has begun goes on');
  t.notOk(gate.passes(packet(jpeg, 200), 150), 'the next one does not begin');
  t.notOk(gate.passes(packet(jpeg, 200), 0), 'and does not begin in its middle');
  t.ok(gate.passes(packet(red, 200, 9), 250), 'sound goes on');
  t.ok(gate.passes(packet(jpeg, 300), 0));
  t.notOk(gate.passes(packet(jpeg, 300), 400), 'too slow even for that');
  t.notOk(gate.passes(packet(jpeg, 300), 0), 'and its rest is of no use');
  t.notOk(gate.passes(packet(red, 300, 9), 400));
  t.ok(gate.passes(packet(jpeg, 400), 50));
  t.end();
});

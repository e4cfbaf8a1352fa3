// Tests of what both ends' counts tell: a silent direction, and what only looks like one.
import t from 'tap';
import { OneWay } from '../../../src/media/session/one-way.js';
import { decodeTraffic, encodeTraffic } from '../../../src/protocol/binding-traffic.js';

const none = { all: 0, long: 0 };

function send(oneWay: OneWay, count: number, bytes = 1_000): void {
  for (let sent = 0; sent < count; sent++) oneWay.sent(bytes);
}

t.test('what both ends count is told in 16 bytes', (t) => {
  const traffic = { up: { all: 1, long: 2 }, down: { all: 0xffff_ffff, long: 4 } };
  const bytes = Buffer.from('0000000100000002ffffffff00000004', 'hex');
  t.same(encodeTraffic(traffic), bytes);
  t.same(decodeTraffic(bytes), traffic);
  for (let length = 0; length < 16; length++) {
    t.throws(() => decodeTraffic(bytes.subarray(0, length)), { code: 'bad-frame' });
  }
  t.throws(() => decodeTraffic(Buffer.alloc(17)), { code: 'bad-frame' });
  t.end();
});

t.test('a direction in which nothing arrives for a second is silent', (t) => {
  const up = new OneWay();
  t.notOk(up.isSilent({ up: none, down: none }, 0));
  send(up, 30);
  t.notOk(up.isSilent({ up: none, down: none }, 600), 'it may still be on its way');
  t.ok(up.isSilent({ up: none, down: none }, 1_200));
  const down = new OneWay();
  t.notOk(down.isSilent({ up: none, down: none }, 0));
  t.notOk(down.isSilent({ up: none, down: { all: 10, long: 0 } }, 1_200), 'too few to tell');
  t.ok(down.isSilent({ up: none, down: { all: 30, long: 0 } }, 1_800));
  t.end();
});

t.test('long datagrams that never arrive are noticed though short ones do', (t) => {
  const oneWay = new OneWay();
  oneWay.isSilent({ up: none, down: none }, 0);
  send(oneWay, 30, 1_000);
  send(oneWay, 30, 100);
  t.ok(oneWay.isSilent({ up: { all: 30, long: 0 }, down: none }, 1_200));
  t.end();
});

t.test('any that arrives, a pause, and a relay that counts anew are no silence', (t) => {
  const oneWay = new OneWay();
  oneWay.isSilent({ up: none, down: none }, 0);
  for (let second = 1; second < 20; second++) {
    send(oneWay, 100);
    t.notOk(
      oneWay.isSilent({ up: { all: second, long: second }, down: none }, 1_000 * second),
      'one of a hundred',
    );
  }
  t.notOk(oneWay.isSilent({ up: { all: 19, long: 19 }, down: none }, 60_000), 'nothing was sent');
  send(oneWay, 100);
  t.notOk(oneWay.isSilent({ up: none, down: none }, 61_000), 'the relay began anew');
  oneWay.isSilent({ up: none, down: { all: 500, long: 500 } }, 62_000);
  t.notOk(oneWay.isSilent({ up: { all: 1, long: 1 }, down: none }, 64_000), 'and again');
  t.end();
});

// The log as a person at a terminal reads it.
import t from 'tap';
import { readableLine } from '../../src/server/log.js';

t.test(
  'a line has the time, the level when it is not information, what happened, and the details',
  async (t) => {
    const line = JSON.stringify({
      level: 40,
      time: 0,
      event: 'login-refused',
      user: null,
      address: '::1',
      msg: 'login-refused',
    });
    t.match(readableLine(line), /^\d\d:\d\d:\d\d warning: login-refused address=::1$/);
    t.match(
      readableLine('{"level":30,"time":0,"msg":"started","udp":{"port":9}}'),
      /^\S+ started udp=\{"port":9\}$/,
    );
  },
);

t.test('no control character of others reaches the terminal', async (t) => {
  const line = JSON.stringify({ level: 30, time: 0, msg: 'x', detail: 'a\u001b[2J\u009b\u202e\n' });
  t.equal(readableLine(line).split(' x ')[1], 'detail="a\\u001b[2J\\u009b\\u202e\\n"');
});

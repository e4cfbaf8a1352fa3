import t from 'tap';
import { PytalkError } from '../../../src/protocol/errors.js';
import { FakeClient } from '../../support/fake-client.js';
import { startChat } from '../../support/chat-app.js';

t.test('logs in from inside, and says why when it is refused', async (t) => {
  const client = new FakeClient(null);
  const chat = await startChat(t, { client });
  await chat.shows('Log in to your PyTalk server.');
  await chat.shows(/Server +127\.0\.0\.1:5000/);
  await chat.type('alice\r', '› Password');
  await chat.type('\r', 'Password: please fill this in');
  await chat.type('wrong\r', '✗ wrong username or password');
  t.notMatch(chat.terminal.text, 'wrong1', 'the password is never shown');
  await chat.type('secret123\r', 'Welcome, alice!');
  t.same(client.calls.slice(0, 2), ['login alice', 'login alice']);
});

t.test('registers from inside, keeping what was typed into the other form', async (t) => {
  const client = new FakeClient(null);
  const chat = await startChat(t, { client });
  await chat.shows('Log in');
  await chat.type('erin', 'erin');
  await chat.type('\u0012', 'Make an account');
  await chat.shows(/Username +erin/);
  await chat.type('secret123\rother\r06 12 34 56 78\r', '06 12 34 56 78');
  await chat.type('\r\r\r\r', '✗ the two passwords differ');
  await chat.type('\u0015secret123\r\r\r\r\r\r', 'phone number 0612345678');
  t.match(client.calls, ['register erin 0612345678']);
  await chat.type('\u001b', 'Welcome, erin!');
  await chat.type('/tour\r', 'First steps');
});

t.test('a refusal leads to the field it is about, so that nothing is typed into another one', async (t) => {
  const client = new FakeClient(null);
  client.register = () => Promise.reject(new PytalkError('invalid-phone'));
  const chat = await startChat(t, { client });
  await chat.shows('Log in');
  await chat.type('\u0012erin\rsecret123\rsecret123\r12\r\r\r\r\r', '✗ a phone number has exactly 10 digits');
  await chat.shows(/› Phone/);
});

t.test('a server that does not answer is told in the form, and another one can be named', async (t) => {
  const client = new FakeClient(null);
  const asked: string[] = [];
  let tries = 0;
  const chat = await startChat(t, {
    open: () => {
      tries++;
      if (tries > 1) return Promise.resolve(client);
      return Promise.reject(
        new PytalkError('unreachable', { details: { server: '127.0.0.1:5000', reason: 'refused' } }),
      );
    },
  });
  await chat.shows('nothing answers at 127.0.0.1:5000');
  client.server = 'chat.example.org:5000';
  await chat.type('chat.example.org:5000\r', 'The server chat.example.org:5000 answers.');
  await chat.type('\u0012alice\rsecret123\r', 'Welcome, alice!');
  t.same(asked, []);
  t.match(chat.terminal.text, 'alice @ chat.example.org:5000');
});

t.test('/logout and a session that was ended lead back to the form', async (t) => {
  const client = new FakeClient();
  const chat = await startChat(t, { client });
  await chat.shows('Welcome, alice!');
  await chat.type('/logout\r', 'Log in to your PyTalk server.');
  t.ok(client.isClosed);
  client.isClosed = false;
  await chat.type('alice\rsecret123\r', 'Welcome, alice!');
  client.emit('session-ended', { error: new PytalkError('session-ended') });
  await chat.shows('this device was logged out: log in again');
  t.equal(await chat.quit(), 0);
  t.ok(client.isClosed);
});

t.test('a small screen shows the field that is being filled in', async (t) => {
  const chat = await startChat(t, { client: new FakeClient(null), columns: 40, rows: 8 });
  await chat.shows('Username');
  await chat.type('\u0012', 'Make an account');
  for (let field = 0; field < 8; field++) await chat.type('\t');
  await chat.shows('› Server');
  await chat.type('\u001b[Z', '› Invitation code');
});

t.test(
  'without any server Enter starts one on this machine, and says where it is and how it stops',
  async (t) => {
    const client = new FakeClient(null);
    client.server = '127.0.0.1:5123';
    const details = { server: '127.0.0.1:5000', reason: 'refused' };
    let isUp = false;
    let starts = 0;
    const chat = await startChat(t, {
      columns: 100,
      open: () =>
        isUp ? Promise.resolve(client) : Promise.reject(new PytalkError('unreachable', { details })),
      startServer: () => {
        starts++;
        if (starts === 1)
          return Promise.reject(
            new PytalkError('server-not-started', { details: { path: '/h/log', reason: 'port taken' } }),
          );
        isUp = true;
        return Promise.resolve({
          address: '127.0.0.1:5123',
          pid: 4242,
          dataDir: '/h/server',
          logFile: '/h/server/server.log',
        });
      },
    });
    await chat.shows('start one here');
    await chat.type('\r', '✗ the server did not start: port taken. Its log: /h/log');
    await chat.type('\r', 'Your server runs (process 4242)');
    await chat.shows('/h/server/server.log');
    await chat.shows('kill 4242');
    await chat.shows(/Server +127\.0\.0\.1:5123/);
    await chat.type('erin\rsecret123\rsecret123\r0612345678\r\r\r\r\r', 'your name erin');
  },
);

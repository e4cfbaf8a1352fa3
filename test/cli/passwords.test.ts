// Passwords come from a prompt, from stdin or from the environment; never shown, the terminal given back.
import t from 'tap';
import { run } from '../../src/cli/run.js';
import { runCli, session } from '../support/cli-run.js';
import { FakeClient } from '../support/fake-client.js';

t.test('the prompt shows nothing of what is typed and gives the terminal back', async (t) => {
  const client = new FakeClient(null);
  const { io, stdin, stderr, stdout } = session({ client, tty: true });
  const ended = run(['login', 'alice'], io);
  await stderr.has('Password: ');
  t.equal(stdin.isRaw, true);
  stdin.write('secrex');
  stdin.write('\x7ft1\x1b[A23');
  stdin.write('\r');
  t.equal(await ended, 0);
  t.equal(stdin.isRaw, false);
  t.notMatch(stderr.text + stdout.text, /secre|t123/);
  t.match(stdout.text, /Logged in as alice/);
});

t.test('Ctrl-C at the prompt ends with 130 and gives the terminal back', async (t) => {
  const { io, stdin, stderr } = session({ client: new FakeClient(null), tty: true });
  const ended = run(['login', 'alice'], io);
  await stderr.has('Password: ');
  stdin.write('abc\x03');
  t.equal(await ended, 130);
  t.equal(stdin.isRaw, false);
});

t.test('a signal at the prompt gives the terminal back', async (t) => {
  const { io, stdin, stderr, controller } = session({ client: new FakeClient(null), tty: true });
  const ended = run(['login', 'alice'], io);
  await stderr.has('Password: ');
  controller.abort('SIGTERM');
  t.equal(await ended, 130);
  t.equal(stdin.isRaw, false);
});

t.test('register asks for what is missing, the password twice, also when all is typed ahead', async (t) => {
  const client = new FakeClient(null);
  const accounts: unknown[] = [];
  const original = client.register.bind(client);
  client.register = (account) => {
    accounts.push(account);
    return original(account);
  };
  const { io, stdin } = session({ client, tty: true });
  const ended = run(['register', 'alice'], io);
  stdin.write('06 12 34 56 78\rAlice\r\ralice@example.org\rlong enough\rlong enough\r');
  t.equal(await ended, 0);
  t.same(accounts, [
    {
      username: 'alice',
      phone: '06 12 34 56 78',
      firstName: 'Alice',
      email: 'alice@example.org',
      password: 'long enough',
    },
  ]);
});

t.test('two different new passwords are refused', async (t) => {
  const { io, stdin, stderr } = session({ client: new FakeClient(null), tty: true });
  const ended = run(['register', 'alice', '--phone', '0612345678'], io);
  stdin.write('password one\rpassword two\r');
  t.equal(await ended, 2);
  t.match(stderr.text, /not the same/);
});

t.test('--password-stdin takes a line each', async (t) => {
  const client = new FakeClient('alice');
  const changes: string[][] = [];
  Object.assign(client, {
    changePassword: async (...passwords: string[]) => void changes.push(passwords),
  });
  const argv = ['password', '--password-stdin'];
  t.equal((await runCli(argv, { client, input: 'old one\r\nnew one\n' })).exitCode, 0);
  t.same(changes, [['old one', 'new one']]);
  const short = await runCli(argv, { client, input: 'old one\n' });
  t.equal(short.exitCode, 2);
  t.match(short.stderr, /found no password/);
});

t.test('the environment serves where there is no terminal; without it, it says what to use', async (t) => {
  const env = { PYTALK_PASSWORD: 'secret123' };
  t.equal((await runCli(['login', 'alice'], { client: new FakeClient(null), env })).exitCode, 0);
  const lost = await runCli(['login', 'alice'], { client: new FakeClient(null) });
  t.equal(lost.exitCode, 2);
  t.match(lost.stderr, /--password-stdin or PYTALK_PASSWORD/);
});

t.test('account delete asks first', async (t) => {
  const client = new FakeClient('alice');
  const env = { PYTALK_PASSWORD: 'secret123' };
  t.equal((await runCli(['account', 'delete'], { client, env })).exitCode, 2);
  const no = session({ client, env, tty: true });
  no.stdin.write('n\r');
  t.equal(await run(['account', 'delete'], no.io), 130);
  t.same(client.calls, []);
  const yes = session({ client, env: { ...env, PYTALK_LANG: 'fr' }, tty: true });
  yes.stdin.write('oui\r');
  t.equal(await run(['account', 'delete'], yes.io), 0);
  t.same(client.calls, ['deleteAccount']);
});

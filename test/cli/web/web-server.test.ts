// The page's server: open to whoever knows the address, closed to everybody else on this machine and on the web.
import { request } from 'node:http';
import t, { type Test } from 'tap';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { Board } from '../../../src/cli/web/board.js';
import { pageFiles } from '../../../src/cli/web/page-files.js';
import { WebServer } from '../../../src/cli/web/web-server.js';
import { readAnswer } from '../../support/web-answer.js';

async function scene(test: Test) {
  const board = new Board();
  const orders: unknown[] = [];
  const state = { isOpen: true };
  const server = await WebServer.open({
    port: 0,
    board,
    files: await pageFiles(sayIn('fr')),
    isOpen: () => state.isOpen,
    order: (value) => {
      orders.push(value);
      return value !== null;
    },
  });
  test.teardown(() => server.close());
  return { board, orders, state, server, url: new URL(server.url) };
}

interface Asked {
  status: number;
  headers: Record<string, unknown>;
  body: Buffer;
}

/** Asks with exactly these headers, which `fetch` would not let one choose. */
function ask(
  url: URL,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: url.hostname, port: url.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

t.test('the page is in the language of its reader, and may load nothing from elsewhere', async (t) => {
  const { url, server } = await scene(t);
  t.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/, '192 bits');
  const page = await ask(url, url.pathname);
  t.equal(page.status, 200);
  t.match(page.body.toString(), /<html lang="fr">[^]*Raccrocher/);
  const { headers } = page;
  t.match(
    headers['content-security-policy'],
    /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/,
  );
  t.match(headers, {
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  t.notMatch(page.body.toString(), /https?:\/\//);
  for (const file of ['call.js', 'sound.js', 'call.css'])
    t.equal((await ask(url, url.pathname + file)).status, 200);
});

t.test('a wrong token, a name that was pointed here, or another origin gets nothing', async (t) => {
  const { url, board } = await scene(t);
  board.state({ secret: true });
  const wrong = `/${'A'.repeat(32)}/`;
  for (const path of [
    '/',
    '/next',
    wrong,
    `${wrong}next`,
    url.pathname.slice(0, -2),
    `${url.pathname}a/b`,
    `${url.pathname}other.js`,
    '//',
  ]) {
    const { status, body } = await ask(url, path);
    t.equal(status, 404, path);
    t.equal(body.length, 0);
  }
  const next = `${url.pathname}next?after=0`;
  for (const headers of [
    { host: 'evil.example' },
    { host: `evil.example:${url.port}` },
    { host: '127.0.0.1' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ]) {
    t.equal((await ask(url, next, { headers })).status, 404, JSON.stringify(headers));
  }
  t.equal((await ask(url, next)).status, 200);
});

t.test('orders are taken as JSON alone, and small', async (t) => {
  const { url, orders } = await scene(t);
  const json = { 'content-type': 'application/json' };
  const send = (body: string, headers: Record<string, string> = json): Promise<Asked> =>
    ask(url, `${url.pathname}do`, { method: 'POST', headers, body });
  t.equal((await send('{"do":"mute"}')).status, 204);
  t.equal((await send('nonsense')).status, 400);
  t.equal((await send('{"do":"mute"}', { 'content-type': 'text/plain' })).status, 415);
  t.equal((await send(JSON.stringify({ do: 'x'.repeat(500) }))).status, 413);
  t.equal((await ask(url, `${url.pathname}do`)).status, 404, 'asking changes nothing');
  t.equal((await ask(url, url.pathname, { method: 'PUT' })).status, 405);
  t.same(orders, [{ do: 'mute' }, null]);
});

t.test('a question waits for news; when the call is over there are none', async (t) => {
  const { url, board, state, server } = await scene(t);
  board.state({ line: 1 });
  const first = readAnswer((await ask(url, `${url.pathname}next?after=0`)).body);
  const waits = ask(url, `${url.pathname}next?after=${first.version}`);
  setTimeout(() => board.picture(2, Buffer.of(9)), 50);
  t.same(readAnswer((await waits).body).pictures, new Map([[2, Buffer.of(9)]]));
  state.isOpen = false;
  for (const path of [url.pathname, `${url.pathname}next?after=0`])
    t.equal((await ask(url, path)).status, 410);
  await server.close();
  await t.rejects(ask(url, url.pathname));
});

t.test('a port that is taken is said, and where', async (t) => {
  const { url, board } = await scene(t);
  const port = Number(url.port);
  const options = { port, board, files: new Map(), isOpen: () => true, order: () => false };
  await t.rejects(WebServer.open(options), { code: 'web-failed', details: { port } });
});

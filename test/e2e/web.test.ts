// `call --web` on a real call: pictures, sound and buttons, for a plain HTTP client and in a headless Chromium.
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import { findChromium, openPage } from '../support/chromium.js';
import type { Program } from '../support/cli-program.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { readAnswer } from '../support/web-answer.js';

t.setTimeout(180_000);

const camera = ['--camera', 'http://127.0.0.1:9/none', '--mic', 'test', '--speaker', 'none', '--headless'];

async function called(test: Test): Promise<{ caller: Program; agent: Program; url: string }> {
  const server = await testServer(test);
  const { alice, bob } = await twoFriends(test, server);
  const agent = await startAgent(test, bob, ...withoutDevices, '--once');
  const caller = startCall(test, alice, 'bob', '--web', ...withoutDevices);
  const { url } = await caller.until(({ type }) => type === 'web');
  await caller.until(({ type }) => type === 'connected');
  return { caller, agent, url: url as string };
}

t.test('the page shows and plays the call, mutes and hangs up, and is gone after it', async (t) => {
  const { caller, agent, url } = await called(t);
  t.match(await (await fetch(url)).text(), /Hang up/);
  let version = 0;
  const pictures = new Map<number, number>();
  let sounds = 0;
  let text = '';
  const giveUpAt = Date.now() + 30_000;
  while (
    Date.now() < giveUpAt &&
    ((pictures.get(2) ?? 0) < 20 || (pictures.get(0) ?? 0) < 20 || sounds < 50)
  ) {
    const response = await fetch(new URL(`next?after=${version}`, url));
    if (response.status === 204) continue;
    const answer = readAnswer(Buffer.from(await response.arrayBuffer()));
    version = answer.version;
    for (const [id, jpeg] of answer.pictures) {
      if (jpeg.readUInt16BE(0) === 0xffd8) pictures.set(id, (pictures.get(id) ?? 0) + 1);
    }
    sounds += answer.sounds.filter(({ length }) => length === 1920).length;
    if (answer.state) text = JSON.stringify(answer.state);
  }
  t.ok(pictures.get(2)! >= 20, `${pictures.get(2)} pictures of bob`);
  t.ok(pictures.get(0)! >= 20, `${pictures.get(0)} of oneself`);
  t.ok(sounds >= 50, `${sounds} blocks of sound`);
  t.match(text, /bob/);
  const order = (what: string): Promise<Response> =>
    fetch(new URL('do', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ do: what }),
    });
  t.equal((await order('mute')).status, 204);
  t.match(await caller.until(({ type }) => type === 'muted'), { muted: true });
  await agent.until(({ type, muted }) => type === 'participant' && muted === true);
  t.equal((await order('nonsense')).status, 400);
  t.equal((await order('hangup')).status, 204);
  t.match(await caller.until(({ type }) => type === 'ended'), { reason: 'hangup' });
  t.equal(await caller.ended, 0);
  await t.rejects(fetch(url), 'nobody is there any more');
});

t.test('a port that is taken is refused before anybody is called', async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  const { createServer } = await import('node:http');
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const caller = startCall(t, alice, 'bob', '--web', String(port), ...camera);
  t.equal(await caller.ended, 1);
  t.match(JSON.parse(caller.stderr), { type: 'error', code: 'web-failed' });
  t.same(await alice.does('history', 'bob'), []);
});

const chromium = findChromium();
t.test(
  'Chromium draws both pictures, plays the sound, and its buttons work',
  { skip: chromium === null ? 'chromium is not installed' : false },
  async (t) => {
    const { caller, url } = await called(t);
    const page = await openPage(t, chromium!, join(await temporaryFolder(t), 'profile'), url);
    await page.until(
      `[...document.querySelectorAll('canvas')].filter(({ dataset }) => dataset.frames > 20).length === 2`,
    );
    t.match(await page.evaluate('document.body.innerText'), /bob[^]*you/);
    const isPainted = `(() => {
      const canvas = document.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(data).size > 50;
    })()`;
    t.equal(await page.evaluate(isPainted), true, 'it is a picture, not one colour');
    await page.evaluate(`document.getElementById('sound').click()`);
    await page.until(`Number(document.getElementById('sound').dataset.played) > 24000`);
    await page.evaluate(`document.getElementById('mute').click()`);
    t.match(await caller.until(({ type }) => type === 'muted'), { muted: true });
    await page.until(`document.getElementById('mute').getAttribute('aria-pressed') === 'true'`);
    await page.evaluate(`document.getElementById('hangup').click()`);
    t.match(await caller.until(({ type }) => type === 'ended'), { reason: 'hangup' });
    t.equal(await caller.ended, 0);
    await page.until(`document.getElementById('hangup').disabled`);
    const blocked = page.complaints.filter((text) => /Content Security Policy|Uncaught/.test(text));
    t.same(blocked, [], 'nothing that its policy forbids');
  },
);

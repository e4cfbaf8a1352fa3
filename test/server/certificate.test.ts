// The server's own certificate, and those that an administrator names.
import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { certificateKeyName, certificateName, loadCertificate } from '../../src/server/certificate.js';
import { parseAddress } from '../../src/client/address.js';
import { dial } from '../../src/client/dial.js';
import { systemTimers } from '../../src/client/timers.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

t.test('is made on first start, kept for its owner alone, and the same ever after', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await loadCertificate(dataDir, 'own');
  const again = await loadCertificate(dataDir, 'own');
  t.same(again, first);
  const parsed = new X509Certificate(first.cert);
  t.equal(parsed.fingerprint256.replaceAll(':', '').toLowerCase(), first.fingerprint);
  t.equal(parsed.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  const years = (Date.parse(parsed.validTo) - Date.now()) / (365.25 * 24 * 3600 * 1000);
  t.ok(years > 19.9 && years < 20.1);
  for (const name of [certificateName, certificateKeyName]) {
    t.equal((await stat(join(dataDir, name))).mode & 0o777, 0o600);
  }
});

t.test('serves TLS 1.3, and the client sees the fingerprint', async (t) => {
  const { cert, key, fingerprint } = await loadCertificate(await temporaryFolder(t), 'own');
  const server = createServer({ cert, key, minVersion: 'TLSv1.3' }, (socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  t.equal(socket.getProtocol(), 'TLSv1.3');
  t.equal(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase(), fingerprint);
  socket.destroy();
});

t.test('one that is named is used, and files that do not belong together are refused', async (t) => {
  const [one, two] = await Promise.all([temporaryFolder(t), temporaryFolder(t)]);
  const first = await loadCertificate(one, 'own');
  await loadCertificate(two, 'own');
  const cert = join(one, certificateName);
  const key = join(one, certificateKeyName);
  t.same(await loadCertificate(two, { cert, key }), first);
  const mixed = { cert, key: join(two, certificateKeyName) };
  await t.rejects(loadCertificate(two, mixed), { code: 'usage' });
  await t.rejects(loadCertificate(two, { cert: key, key: cert }), { code: 'usage' });
  await t.rejects(loadCertificate(two, { cert, key: join(one, 'none') }), { code: 'file-unreadable' });
});

t.test('a start that broke off between the two files is mended by the next', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, certificateKeyName), 'half a ke');
  const { key } = await loadCertificate(dataDir, 'own');
  t.equal(await readFile(join(dataDir, certificateKeyName), 'utf8'), key);
});

t.test(
  'a certificate that was renewed is used without a restart, and half a renewal does no harm',
  async (t) => {
    const [one, two] = await Promise.all([temporaryFolder(t), temporaryFolder(t)]);
    const old = await loadCertificate(one, 'own');
    const renewed = await loadCertificate(two, 'own');
    const source = { cert: join(one, certificateName), key: join(one, certificateKeyName) };
    const server = await testServer(t, { tls: source, certificateCheckMs: 20 });
    const presented = async (): Promise<string> => {
      const { socket, fingerprint } = await dial(parseAddress(`127.0.0.1:${server.tcp.port}`), {
        tls: true,
        timeoutMs: 10_000,
        timers: systemTimers,
      });
      socket.destroy();
      return fingerprint ?? '';
    };
    t.equal(await presented(), old.fingerprint);
    await writeFile(source.key, renewed.key);
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.equal(await presented(), old.fingerprint, 'key and certificate do not belong together yet');
    await writeFile(source.cert, renewed.cert);
    const giveUpAt = Date.now() + 10_000;
    let seen = await presented();
    while (seen !== renewed.fingerprint && Date.now() < giveUpAt) seen = await presented();
    t.equal(seen, renewed.fingerprint);
  },
);

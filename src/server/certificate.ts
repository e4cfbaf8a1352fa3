// The server's certificate: one of its own, made on first start and kept, or one that the administrator names.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PytalkError } from '../protocol/errors.js';

/** Names in the data folder; backups hold them too. */
export const certificateName = 'certificate.pem';
export const certificateKeyName = 'certificate-key.pem';

const validYears = 20;
const renewalCheckMs = 60_000;

/** Paths of PEM files. */
export interface CertificateSource {
  cert: string;
  key: string;
}

export interface Certificate {
  /** PEM; the certificate may be followed by its chain. */
  cert: string;
  key: string;
  /** SHA-256 of the certificate's DER, lower-case hexadecimal. */
  fingerprint: string;
}

/** Rejects with `file-unreadable`, or `usage` when the two files do not belong together. */
export async function loadCertificate(
  dataDir: string,
  source: CertificateSource | 'own',
): Promise<Certificate> {
  const paths =
    source === 'own'
      ? { cert: join(dataDir, certificateName), key: join(dataDir, certificateKeyName) }
      : source;
  if (source === 'own' && !(await exists(paths.cert))) await make(paths);
  const [cert, key] = await Promise.all([readPem(paths.cert), readPem(paths.key)]);
  return { cert, key, fingerprint: fingerprintOf(paths, cert, key) };
}

/**
 * Calls `renewed` when the files of a named certificate hold another one, as after a renewal. Files that are missing or do
 * not belong together are told to `problem`, and read again the next time. Returns the undo.
 */
export function watchCertificate(
  source: CertificateSource,
  current: string,
  renewed: (certificate: Certificate) => void,
  problem: (error: unknown) => void,
  everyMs = renewalCheckMs,
): () => void {
  let fingerprint = current;
  const timer = setInterval(() => {
    loadCertificate('', source).then((certificate) => {
      if (certificate.fingerprint === fingerprint) return;
      fingerprint = certificate.fingerprint;
      renewed(certificate);
    }, problem);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

function fingerprintOf(paths: CertificateSource, cert: string, key: string): string {
  let fits: boolean;
  let der: Buffer;
  try {
    const parsed = new X509Certificate(cert);
    der = parsed.raw;
    fits = parsed.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    const reason = `${paths.cert} and ${paths.key} are not a certificate and its key in PEM`;
    throw new PytalkError('usage', { details: { reason }, cause });
  }
  if (!fits) {
    throw new PytalkError('usage', { details: { reason: `${paths.key} is not the key of ${paths.cert}` } });
  }
  return createHash('sha256').update(der).digest('hex');
}

/** ECDSA P-256. The key goes to the disk first: a certificate that is there always has its key. */
async function make(paths: CertificateSource): Promise<void> {
  const { generate } = await import('selfsigned');
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + validYears);
  const made = await generate([{ name: 'commonName', value: 'PyTalk server' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  await writeFile(paths.key, made.private, { mode: 0o600, flush: true });
  await writeFile(paths.cert, made.cert, { mode: 0o600, flush: true });
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PytalkError('file-unreadable', { details: { path, reason }, cause });
  }
}

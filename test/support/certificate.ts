// A certificate for 127.0.0.1 that no CA stands behind, by openssl: not one that the hub made itself.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Key and certificate as PEM, in `directory`, too; null after saying so where there is no openssl. */
export function selfSigned(directory: string): { key: string; cert: string } | null {
  const key = join(directory, 'key.pem');
  const cert = join(directory, 'cert.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const name = ['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...name], {
    encoding: 'utf8',
  });
  if (made.error) {
    console.log(`# skipped: TLS needs openssl (${made.error.message})`);
    return null;
  }
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

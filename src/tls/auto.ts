// `--tls auto`: a CA of the hub's own, made at the first start and kept 0600 in its store directory, and a certificate signed by it
// for every name and address of this machine, made anew when those change. Who joins pins the CA by its hash, which travels with
// the token (src/tls/pin.ts).
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { issueAuthority, issueServer, type Authority } from './certificate.ts';
import { pinOf } from './pin.ts';
import { replaceFile } from '../store/replace-file.ts';

interface AutoTls {
  cert: string;
  key: string;
  /** What a token carries so that its holder knows this hub. */ pin: string;
}

const authorityDays = 7300;
const serverDays = 3650;
const renewDays = 365;

function readIf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const commonName = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? 'stathub';

/** The CA: a certificate and its key in one file, so that there are never two halves of different ones. */
function authority(directory: string): Authority & { certificate: string } {
  const path = join(directory, 'ca.pem');
  let text = readIf(path);
  if (text === null) {
    const made = issueAuthority(`stathub of ${hostname()}`.slice(0, 60), authorityDays);
    text = `${made.certificate}${made.key.export({ type: 'pkcs8', format: 'pem' }) as string}`;
    replaceFile(path, text);
  }
  try {
    const certificate = new X509Certificate(text);
    const key = createPrivateKey(text);
    if (!certificate.checkPrivateKey(key)) throw new Error('its key is of another certificate');
    return {
      certificate: certificate.toString(),
      name: commonName(certificate.subject),
      key,
      publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }),
    };
  } catch (error) {
    throw new Error(
      `${path} is damaged: ${(error as Error).message}. Restore it, or remove it: then a new CA is made, and ` +
        'every node needs a new join token.',
      { cause: error },
    );
  }
}

/** Names and addresses of this machine. */
const ownHosts = (): string[] => [
  ...new Set([
    'localhost',
    hostname(),
    ...Object.values(networkInterfaces()).flatMap(
      (all) => all?.map(({ address }) => address.replace(/%.*$/, '')) ?? [],
    ),
    '127.0.0.1',
    '::1',
  ]),
];

function servesStill(text: string, hosts: readonly string[], ca: Authority & { certificate: string }): boolean {
  try {
    const certificate = new X509Certificate(text);
    const covers = (host: string): boolean =>
      (/^[\d.]+$|:/.test(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
    return (
      certificate.verify(createPublicKey(ca.key)) &&
      hosts.every(covers) &&
      Date.parse(certificate.validTo) > Date.now() + renewDays * 86_400_000 &&
      certificate.checkPrivateKey(createPrivateKey(text))
    );
  } catch {
    return false;
  } // damaged: made anew
}

/**
 * @param storeDirectory of the hub; the files lie in `tls/` below it
 * @param more names and addresses under which it is reached beside this machine's own
 * @throws Error when the CA is damaged: a new one would lock every node out
 */
export function autoTls(storeDirectory: string, more: readonly string[]): AutoTls {
  const directory = join(storeDirectory, 'tls');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ca = authority(directory);
  const hosts = [...new Set([...ownHosts(), ...more])];
  const path = join(directory, 'server.pem');
  let text = readIf(path);
  if (text === null || !servesStill(text, hosts, ca)) {
    const made = issueServer(hosts, ca, serverDays);
    text = `${made.certificate}${made.key.export({ type: 'pkcs8', format: 'pem' }) as string}`;
    replaceFile(path, text);
  }
  // The CA goes along, so that who pins it can see it.
  return {
    cert: `${new X509Certificate(text).toString()}${ca.certificate}`,
    key: createPrivateKey(text).export({ type: 'pkcs8', format: 'pem' }) as string,
    pin: pinOf(new X509Certificate(ca.certificate).raw),
  };
}

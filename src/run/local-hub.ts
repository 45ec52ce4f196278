// The hub of this machine, for commands that are told of no other.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinOf } from '../tls/pin.ts';
import { home } from './settings/setting.ts';
import { readUp } from './up/folder.ts';

/** Where `up` runs a master on this machine, else the default address. */
export function localHub(): string {
  const master = readUp()?.members.find((member) => member.role === 'master');
  return master?.address ?? 'http://127.0.0.1:51026';
}

/** Pin of the CA that this machine's own master made (`--tls auto`); null: it has none, or not for our eyes. */
export function localPin(): string | null {
  try {
    return pinOf(new X509Certificate(readFileSync(join(home(), 'master', 'tls', 'ca.pem'))).raw);
  } catch {
    return null;
  }
}

// The settings that begin with `elastic`, as the adapter takes them.
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ElasticOptions } from '../../store/elasticsearch/requests/connect.ts';
import { value } from '../daemon.ts';
import { SettingError } from '../settings/setting.ts';
import type { InForce } from '../settings/settings.ts';

function contents(inForce: InForce, name: string): string | null {
  const path = value<string | null>(inForce, name);
  if (path === null) return null;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SettingError(`--${name}`, `${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Without this look a CA that is none would be told as a server that cannot be trusted. */
function authority(inForce: InForce): string | null {
  const pem = contents(inForce, 'elastic-ca');
  try {
    if (pem !== null) void new X509Certificate(pem);
  } catch {
    throw new SettingError('--elastic-ca', `${value(inForce, 'elastic-ca')} holds no certificate (PEM)`);
  }
  return pem;
}

/** null: the embedded store. @throws SettingError when a file cannot be read, or is no certificate where one is asked for */
export function elasticOptions(inForce: InForce): ElasticOptions | null {
  const urls = value<string[]>(inForce, 'elastic');
  if (urls.length === 0) return null;
  const user = value<string | null>(inForce, 'elastic-user');
  const password = contents(inForce, 'elastic-password-file');
  if (user !== null && password === null) throw new SettingError('--elastic-user', 'needs --elastic-password-file');
  return {
    urls,
    user,
    password,
    prefix: value(inForce, 'elastic-prefix'),
    apiKey: contents(inForce, 'elastic-api-key-file'),
    ca: authority(inForce),
    requestMs: value(inForce, 'elastic-timeout'),
  };
}

/**
 * The name under which a master of this directory holds the lease: the same over restarts, so that one that was killed need not wait
 * for its own lease to lapse. The directory's lock keeps it from being used twice.
 */
export function holderName(directory: string): string {
  const path = join(directory, 'master-name');
  try {
    writeFileSync(path, `master-${randomBytes(10).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

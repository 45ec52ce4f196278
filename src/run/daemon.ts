// What master and agent have in common as processes: their directory's lock, their port, their signals, their end in order.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTokens, readTokens, type FirstTokens, type Tokens } from '../api/access/tokens.ts';
import { isLoopback } from '../api/access/auth.ts';
import { CliError, exitCode } from '../cli/exit.ts';
import { acquireLock, type Lock } from '../store/lock.ts';
import type { Logger } from './log.ts';
import type { InForce } from './settings/settings.ts';
import { packageRoot } from './version.ts';

/** The built dashboard. */
export const uiDirectory = join(packageRoot, 'dist/dashboard');

/** Steps to undo, run last first; each is given its time, and one that fails does not keep the others from running. */
export class Ending {
  readonly #steps: { name: string; end: () => unknown }[] = [];
  readonly #log: Logger;
  constructor(log: Logger) {
    this.#log = log;
  }
  add(name: string, end: () => unknown): void {
    this.#steps.push({ name, end });
  }
  async run(): Promise<void> {
    for (const { name, end } of this.#steps.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        this.#log.error({ err: error }, `ending ${name} failed`);
      }
    }
  }
}

export const value = <T>(inForce: InForce, name: string): T => inForce[name]!.value as T;

/** Why a directory cannot be made. */
const notMade: Record<string, string> = {
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'there is a file of that name',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
};

/** Makes a store directory, and holds it. @throws CliError where it cannot be made; LockHeldError */
export async function takeDirectory(directory: string, role: 'master' | 'agent'): Promise<Lock> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CliError(
      exitCode.failed,
      `the store directory ${directory} cannot be made: ${notMade[code] ?? message}`,
      `give another: stathub ${role} --store-directory DIR, or STATHUB_HOME`,
    );
  }
  return acquireLock(directory, { role });
}

/** Tokens of a store directory; an admin token from `token-file` where given. */
export function tokensOf(
  directory: string,
  tokenFile: string | null,
  makesFirst = true,
): { tokens: Tokens; made: FirstTokens | null } {
  const { tokens, made } = makesFirst ? openTokens(directory) : { ...readTokens(directory), made: null };
  if (tokenFile) tokens.know('token file', 'admin', readFileSync(tokenFile, 'utf8').trim());
  return { tokens, made };
}

/** What the port is opened with; undefined: http. The pin of a CA of our own goes along with every token. */
export async function tlsOf(
  inForce: InForce,
  directory: string,
  tokens: Tokens,
): Promise<{ cert: string | Buffer; key: string | Buffer } | undefined> {
  const cert = value<string | null>(inForce, 'tls-cert');
  const key = value<string | null>(inForce, 'tls-key');
  const auto = inForce['tls']?.value === 'auto';
  if (auto && (cert || key))
    throw new Error('--tls auto makes a certificate of its own: leave --tls-cert and --tls-key out');
  if (auto) {
    const { autoTls } = await import('../tls/auto.ts');
    const bind = value<string>(inForce, 'bind');
    const address = value<string | null>(inForce, 'address');
    const made = autoTls(directory, [
      ...(bind === '0.0.0.0' || bind === '::' ? [] : [bind]),
      ...(address ? [new URL(address).hostname.replace(/^\[(.*)\]$/, '$1')] : []),
    ]);
    tokens.pin = made.pin;
    return { cert: made.cert, key: made.key };
  }
  if (cert && key) return { cert: readFileSync(cert), key: readFileSync(key) };
  if (cert || key) throw new Error('--tls-cert and --tls-key go together');
  return undefined;
}

export const needsToken = (bind: string): boolean => !isLoopback(bind);

/** Resolves with the first signal that asks for an end. */
export function endSignal(signals: NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}

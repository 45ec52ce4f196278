// What `up` started: kept beside the stores, so that a second `up` attaches and `down` finds everything.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock, holderOf, LockHeldError, type Lock } from '../../store/lock.ts';
import { home } from '../settings/setting.ts';

export interface Member {
  role: 'master' | 'agent';
  name: string;
  directory: string;
  port: number;
  args: string[];
  /** null: not running when written */ pid: number | null;
  address: string | null;
}
interface UpRecord {
  /** The program's entry file; absent in records of before. */ main?: string;
  members: Member[];
  /** `down --all` is at work: the processes end, too. */ endsAll?: boolean;
}

const path = () => join(home(), 'up.json');

/** What the last `up` wrote; null where there is none or it cannot be read. */
export function readUp(): UpRecord | null {
  try {
    const record = JSON.parse(readFileSync(path(), 'utf8')) as UpRecord;
    return Array.isArray(record.members) ? record : null;
  } catch {
    return null;
  }
}

/** The home is open to pass through: a program of another user works below an agent's directory. */
const makeHome = (): void => {
  mkdirSync(home(), { recursive: true, mode: 0o711 });
};

/** Makes this process the one that guards the home's hub. @returns the pid of the one that does already; null: it did not say */
export async function becomeGuard(): Promise<Lock | { pid: number | null }> {
  makeHome();
  try {
    return await acquireLock(home(), { role: 'up' });
  } catch (error) {
    if (error instanceof LockHeldError) return error.holder;
    throw error;
  }
}

/** The `up` that guards now. By its lock, not by a pid in a file: after a crash that may be anybody's. */
export async function guardPid(): Promise<number | null> {
  return (await holderOf(home()))?.pid ?? null;
}

export function writeUp(record: UpRecord): void {
  makeHome();
  writeFileSync(`${path()}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path()}.new`, path());
}

export const removeUp = (): void => rmSync(path(), { force: true });

export function alive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

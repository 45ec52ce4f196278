// What `up` started: kept beside the stores, so that a second `up` attaches and `down` finds everything.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home } from './settings.ts';

export interface Member { role: 'master' | 'agent'; name: string; directory: string; port: number; args: string[]; /** null: not running when written */ pid: number | null; address: string | null }
export interface UpRecord { /** Of the `up` process. */ pid: number; /** The program's entry file; absent in records of before. */ main?: string; members: Member[] }

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

export function writeUp(record: UpRecord): void {
  mkdirSync(home(), { recursive: true, mode: 0o711 });
  writeFileSync(`${path()}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path()}.new`, path());
}

export const removeUp = (): void => rmSync(path(), { force: true });

export function alive(pid: number | null): boolean {
  if (pid === null) return false;
  try { process.kill(pid, 0); return true; } catch (error) { return (error as NodeJS.ErrnoException).code === 'EPERM'; }
}

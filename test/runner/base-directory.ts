// The directory of one run of the suite. Its name says whose it is, `stathub-test-<machine>-<pid>-<start>-<chance>`, so that a
// later run can tell what a killed one left behind from what belongs to one that is at work.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers, removeCgroups } from './leftovers.ts';
import { startOf } from './process-start.ts';

const pattern = /^stathub-test-([0-9a-f]{8})-(\d+)-(\d+)-\w{6}$/;

/** Pids mean something only within one boot of one machine, and within one namespace (two containers may share a /tmp). */
function machine(): string {
  const parts = process.platform === 'linux' ? [readlinkSync('/proc/self/ns/pid'), readBoot()] : [process.platform];
  return createHash('sha256').update(parts.join()).digest('hex').slice(0, 8);
}
const readBoot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

/** Nothing that this run starts is older. */
export const ownStart = startOf(process.pid)!;

export function makeBaseDirectory(): string {
  const name = `stathub-test-${machine()}-${process.pid}-${ownStart}-`;
  return mkdtempSync(join(tmpdir(), name));
}

/**
 * Ends what belongs to a directory, also what that starts meanwhile, and removes it.
 * @param since nothing that belongs to it began earlier (process-start.ts)
 * @returns what was left in it, a line each
 */
export function clear(directory: string, since: number): string[] {
  const left = new Set<string>();
  for (let round = 0; round < 10; round++) {
    const found = endLeftovers(directory, since);
    if (found.length === 0) break;
    for (const line of found) left.add(line);
    pause(20); // the kernel ends what is killed in its own time
  }
  removeCgroups(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  return [...left];
}
const pause = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Clears the directories of runs whose runner was killed. @returns one line a directory */
export function sweepDead(): string[] {
  const here = machine();
  return readdirSync(tmpdir()).flatMap((name) => {
    const [, there, pid, start] = pattern.exec(name) ?? [];
    if (there !== here || startOf(Number(pid)) === Number(start)) return [];
    try {
      const left = clear(join(tmpdir(), name), Number(start));
      return [`swept ${name}, whose runner was killed, and ended ${left.length} processes of it`];
    } catch (error) {
      return [`cannot sweep ${name}: ${(error as Error).message}`]; // another user's, perhaps
    }
  });
}

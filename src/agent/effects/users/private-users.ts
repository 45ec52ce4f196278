// `user: "auto"`: unprivileged users that exist only as numbers, one an instance. Several agents of a machine share a range: each
// number in use has a file in /run, which names the instance that has it. A number is given again only when no process has it.
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numbersInUse } from './accounts.ts';

export interface UserRange {
  first: number;
  last: number;
}

/** Real, effective and saved number of a process; empty when it is gone. */
export function usersOf(pid: number | string): number[] {
  try {
    return (
      /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m
        .exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
        ?.slice(1)
        .map(Number) ?? []
    );
  } catch {
    return [];
  }
}

/** Numbers that live processes have (as one of theirs). In slices, so that the loop is never held long. */
export async function numbersAlive(): Promise<Set<number>> {
  const alive = new Set<number>();
  let sliceEnd = performance.now() + 5;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d/.test(pid)) continue;
    for (const uid of usersOf(pid)) alive.add(uid);
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sliceEnd = performance.now() + 5;
  }
  return alive;
}

const scanMs = 1000;

export class PrivateUsers {
  readonly #range: UserRange;
  readonly #directory: string;
  /** By instance. */
  readonly #held = new Map<string, number>();
  #next: number;
  #scan: { at: number; alive: Promise<Set<number>> } | null = null;

  /** @param directory shared by all agents of the machine, gone with a reboot */
  constructor(range: UserRange, nodeId: string, directory = '/run/stathub/users') {
    this.#range = range;
    this.#directory = directory;
    // Two agents begin at different places.
    this.#next =
      range.first +
      [...nodeId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % (range.last - range.first + 1), 7);
  }

  /**
   * A number for an instance, the one it has if it has one.
   * @param instance its directory: whoever finds the file of a number sees whether it is still in use
   * @throws Error when all are in use
   */
  async take(instance: string): Promise<number> {
    const alive = await this.#alive();
    const has = this.#held.get(instance);
    if (has !== undefined) return has;
    const { first, last } = this.#range;
    const known = numbersInUse();
    const taken = new Set(this.#held.values());
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    // The longest unused first: what one has left in /tmp is not soon another's.
    for (let n = 0; n <= last - first; n++) {
      const uid = this.#next;
      this.#next = uid >= last ? first : uid + 1;
      if (taken.has(uid) || known.has(uid) || existsSync(`/run/systemd/dynamic-uid/${uid}`) || alive.has(uid)) continue;
      if (!this.#lock(uid, instance)) continue;
      this.#held.set(instance, uid);
      return uid;
    }
    throw new Error(
      `all users from ${first} to ${last} are in use; --users gives programs of user "auto" a larger range`,
    );
  }

  /** It has this number from an earlier agent. */
  restore(instance: string, uid: number): void {
    this.#held.set(instance, uid);
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    writeFileSync(join(this.#directory, String(uid)), `${instance}\n`);
  }

  /** Gives it back. Whoever still runs as it keeps it from being given again. */
  release(instance: string): void {
    const uid = this.#held.get(instance);
    if (uid === undefined) return;
    this.#held.delete(instance);
    this.#scan = null;
    try {
      unlinkSync(join(this.#directory, String(uid)));
    } catch {
      /* somebody tidied /run */
    }
  }

  #alive(): Promise<Set<number>> {
    const now = performance.now();
    if (!this.#scan || now - this.#scan.at > scanMs) this.#scan = { at: now, alive: numbersAlive() };
    return this.#scan.alive;
  }

  #lock(uid: number, instance: string): boolean {
    const path = join(this.#directory, String(uid));
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        writeFileSync(path, `${instance}\n`, { flag: 'wx', mode: 0o644 });
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      // Left behind by an agent whose store is gone, or by one that was killed before it had released it.
      try {
        const owner = readFileSync(path, 'utf8').trimEnd();
        if (owner !== instance && statSync(owner).isDirectory()) return false;
      } catch {
        /* the owner is gone */
      }
      try {
        unlinkSync(path);
      } catch {
        /* another agent was faster */
      }
    }
    return false;
  }
}

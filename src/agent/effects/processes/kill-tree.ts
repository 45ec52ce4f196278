// Signals to a program and the end of all that came from it. What only looks at a tree is in tree.ts.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMembers, subgroups } from '../cgroups/cgroup.ts';
import { isAlive, readStat } from './boot.ts';
import { hasLeftItsGroup, isEmpty, isMember, sessionMembers, treeMembers, whenEmpty, type Tree } from './tree.ts';

/** A process that SIGKILL did not end yet. */
export interface Stuck {
  pid: number;
  state: string;
  command: string;
  /** Its signals are refused: it runs with rights that the agent has not. */
  refuses: boolean;
}

/** Sends a signal to one process; false when it is gone. */
function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** @returns whether the signal found anybody; whoever it has ended meanwhile need not be woken */
function sendAndWake(pid: number, signal: NodeJS.Signals | number, wake: boolean): boolean {
  if (!send(pid, signal)) return false;
  if (wake) send(pid, 'SIGCONT');
  return true;
}

/**
 * Sends a signal to the program's group (`killMode: group`) or to the program alone. Never reaches another process that has its pid.
 * @param wake what is stopped is to go on, since it cannot heed a signal otherwise
 * @returns whether anybody was there to get it
 */
export function signalProgram(
  tree: Tree,
  signal: NodeJS.Signals | number,
  mode: 'group' | 'process' = 'group',
  wake = false,
): boolean {
  const { membership, program } = tree;
  if (program && isAlive(program.pid, program.startTime)) {
    // no group yet: just before setsid
    return (mode === 'group' && sendAndWake(-program.pid, signal, wake)) || sendAndWake(program.pid, signal, wake);
  }
  if (mode === 'process' || program === null) return false;
  // The leader is gone, its number may be another's: only members that are still in that group.
  const members = membership.kind === 'session' ? sessionMembers(program) : (cgroupMembers(membership.path) ?? []);
  return members
    .filter((pid) => readStat(pid)?.group === program.pid)
    .map((pid) => sendAndWake(pid, signal, wake))
    .some(Boolean);
}

function refuses(pid: number): boolean {
  try {
    send(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** One attempt. The first looks, then kills; where that was not enough (`again`), it stops everyone as it finds them. */
async function killOnce(tree: Tree, again: boolean): Promise<number[]> {
  const { membership } = tree;
  if (membership.kind === 'v1' && !hasLeftItsGroup(tree)) return killFrozen(membership.path);
  if (membership.kind === 'v2') {
    try {
      writeFileSync(join(membership.path, 'cgroup.kill'), '1');
    } catch {
      /* gone, or older than 5.14: one by one below */
    }
  }
  const members = membership.kind === 'session' && again ? stopAll(tree) : await treeMembers(tree);
  killEach(members);
  return members;
}

/** SIGKILL to each. */
function killEach(pids: readonly number[]): void {
  for (const pid of pids) sendAnyhow(pid, 'SIGKILL');
}

/**
 * As `send`, but what refuses it (a program of sudo has rights that the agent has not) saves nobody else: it may yet end by itself, or
 * is told as stuck.
 */
function sendAnyhow(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return send(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true;
    throw error;
  }
}

/**
 * Without a cgroup nothing freezes a tree at once: stop each one in the moment it is found, until nobody new is, since what is
 * stopped cannot fork.
 */
function stopAll(tree: Tree): number[] {
  const stopped = new Set<number>();
  for (let round = 0, found = 1; found > 0 && round < 10; round++) {
    found = 0;
    for (const name of readdirSync('/proc').reverse()) {
      // the youngest first: they may be about to pass themselves on
      const pid = Number(name);
      if (!Number.isInteger(pid) || stopped.has(pid) || !isMember(tree, pid) || !sendAnyhow(pid, 'SIGSTOP')) continue;
      stopped.add(pid);
      found++;
    }
  }
  return [...stopped];
}

/** Freezer: what is frozen cannot fork, so one pass gets all. SIGKILL is delivered when it is thawed. */
function killFrozen(path: string): number[] {
  const freeze = (state: string) => {
    try {
      writeFileSync(join(path, 'freezer.state'), state);
    } catch {
      /* gone */
    }
  };
  freeze('FROZEN');
  try {
    const members = cgroupMembers(path) ?? [];
    killEach(members);
    return members;
  } finally {
    freeze('THAWED');
    for (const below of subgroups(path))
      try {
        writeFileSync(join(below, 'freezer.state'), 'THAWED');
      } catch {
        /* gone */
      }
  }
}

/**
 * SIGKILL to everyone in the tree, again and again until nobody is left; double-forked children too.
 * @param onStuck told once after 2 s with the processes that still live and their state (D: uninterruptible, waiting for a device)
 * @returns when the tree is empty
 */
export async function killTree(tree: Tree, onStuck?: (left: Stuck[]) => void, signal?: AbortSignal): Promise<void> {
  const started = performance.now();
  let told = false;
  let quiet = 0;
  let rounds = 0;
  for (let pause = 2; !signal?.aborted; pause = Math.min(pause * 2, 1000)) {
    const left = await killOnce(tree, rounds > 0);
    quiet = left.length === 0 && isEmpty(tree) ? quiet + 1 : 0;
    // A scan may miss one that is passing itself on, so a tree that took several attempts must be found empty several times.
    if (quiet > 0 && (tree.membership.kind !== 'session' || quiet >= Math.min(rounds, 4))) return;
    rounds++;
    await emptyWithin(tree, pause, signal);
    if (told || performance.now() - started <= 2000) continue;
    const stuck = await treeMembers(tree);
    if (stuck.length === 0) continue; // it only has to be seen once more
    told = true;
    onStuck?.(
      stuck.map((pid) => {
        const { state = '?', comm = '?' } = readStat(pid) ?? {};
        return { pid, state, command: comm, refuses: refuses(pid) };
      }),
    );
  }
}

/** Waits until the tree is empty, at most `ms`. */
async function emptyWithin(tree: Tree, ms: number, signal?: AbortSignal): Promise<void> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ms);
  try {
    await whenEmpty(tree, signal ? AbortSignal.any([signal, limit.signal]) : limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

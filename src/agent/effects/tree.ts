// A program and all that came from it: who is in, signal, kill, tell when empty.
import { readFileSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMembers, subgroups, type Membership } from './cgroup.ts';
import { hasEnded, isAlive, readStat } from './boot.ts';
import { scanMarked } from './strays.ts';

/** What identifies the tree of one launch. */
export interface Tree {
  membership: Membership;
  /** The program, which leads its own session and group; null when it never got that far. */
  program: { pid: number; startTime: number } | null;
  node: string;
  instance: string;
  /** STAT_EPOCH of the launch. */
  epoch: string;
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

/**
 * Whether nobody is left, told without a scan: the cgroup's `populated`, else whether the program's group still exists.
 * Cheap enough for the path of a restart.
 */
export function isEmpty(tree: Tree): boolean {
  const { membership, program } = tree;
  if (membership.kind === 'v2') {
    try {
      return /^populated 0$/m.test(readFileSync(join(membership.path, 'cgroup.events'), 'latin1'));
    } catch {
      return true; // the directory is gone: only an empty one can be removed
    }
  }
  if (membership.kind === 'v1') return (cgroupMembers(membership.path) ?? []).every((pid) => hasEnded(readStat(pid)?.state ?? 'X'));
  return program === null || !groupExists(program.pid);
}

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  // A zombie leader keeps its group: only one of its members that lives counts.
  const leader = readStat(group);
  if (leader === null || !hasEnded(leader.state)) return true;
  return readdirSync('/proc').some((name) => {
    const stat = /^\d/.test(name) ? readStat(Number(name)) : null;
    return stat !== null && stat.group === group && !hasEnded(stat.state);
  });
}

/** Everyone in the tree: members of the cgroup; without one the group and session of the program and all with its marker (one shared scan). */
export async function treeMembers(tree: Tree): Promise<number[]> {
  const { membership, program } = tree;
  if (membership.kind !== 'session') return (cgroupMembers(membership.path) ?? []).filter((pid) => !hasEnded(readStat(pid)?.state ?? 'X'));
  const marked = (await scanMarked(tree.node)).filter((one) => one.instance === tree.instance && (one.epoch === null || one.epoch === tree.epoch));
  const pids = new Set(marked.map((one) => one.pid));
  if (program) for (const pid of sessionMembers(program)) pids.add(pid);
  return [...pids];
}

/** The processes of the program's session (its number is the program's pid), as long as they can be its: none older than it. */
function sessionMembers(program: { pid: number; startTime: number }): number[] {
  const leader = readStat(program.pid);
  if (leader && leader.startTime !== program.startTime) return []; // the pid is another's now, so the session is gone
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const stat = /^\d/.test(name) ? readStat(Number(name)) : null;
    if (stat && stat.session === program.pid && stat.startTime >= program.startTime && !hasEnded(stat.state)) pids.push(stat.pid);
  }
  return pids;
}

/**
 * Sends a signal to the program's group (`killMode: group`) or to the program alone. Never reaches another process that has its pid.
 * @returns whether anybody was there to get it
 */
export function signalProgram(tree: Tree, signal: NodeJS.Signals | number, mode: 'group' | 'process' = 'group'): boolean {
  const { membership, program } = tree;
  if (program && isAlive(program.pid, program.startTime)) return send(mode === 'group' ? -program.pid : program.pid, signal);
  if (mode === 'process' || program === null) return false;
  // The leader is gone, its number may be another's: only members that are still in that group.
  const members = membership.kind === 'session' ? sessionMembers(program) : (cgroupMembers(membership.path) ?? []);
  return members.filter((pid) => readStat(pid)?.group === program.pid).map((pid) => send(pid, signal)).some(Boolean);
}

async function killOnce(tree: Tree): Promise<number[]> {
  const { membership } = tree;
  if (membership.kind === 'v2') {
    try { writeFileSync(join(membership.path, 'cgroup.kill'), '1'); } catch { /* gone, or older than 5.14: one by one below */ }
  }
  if (membership.kind === 'v1') return killFrozen(membership.path);
  const members = await treeMembers(tree);
  for (const pid of members) send(pid, 'SIGKILL');
  return members;
}

/** Freezer: what is frozen cannot fork, so one pass gets all. SIGKILL is delivered when it is thawed. */
function killFrozen(path: string): number[] {
  const freeze = (state: string) => { try { writeFileSync(join(path, 'freezer.state'), state); } catch { /* gone */ } };
  freeze('FROZEN');
  try {
    const members = cgroupMembers(path) ?? [];
    for (const pid of members) send(pid, 'SIGKILL');
    return members;
  } finally {
    freeze('THAWED');
    for (const below of subgroups(path)) try { writeFileSync(join(below, 'freezer.state'), 'THAWED'); } catch { /* gone */ }
  }
}

/**
 * SIGKILL to everyone in the tree, again and again until nobody is left; double-forked children too.
 * @param onStuck told once after 2 s with the processes that still live and their state (D: uninterruptible, waiting for a device)
 * @returns when the tree is empty
 */
export async function killTree(tree: Tree, onStuck?: (left: { pid: number; state: string; command: string }[]) => void, signal?: AbortSignal): Promise<void> {
  const started = performance.now();
  let told = false;
  for (let pause = 2; !signal?.aborted; pause = Math.min(pause * 2, 1000)) {
    const left = await killOnce(tree);
    if (left.length === 0 && isEmpty(tree)) return;
    await emptyWithin(tree, pause, signal);
    if (!told && performance.now() - started > 2000) {
      told = true;
      onStuck?.((await treeMembers(tree)).map((pid) => ({ pid, state: readStat(pid)?.state ?? '?', command: readStat(pid)?.comm ?? '?' })));
    }
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

/** Resolves when nobody is left in the tree, or when `signal` is aborted. At once by `cgroup.events` (v2), else within 20-500 ms. */
export async function whenEmpty(tree: Tree, signal?: AbortSignal): Promise<void> {
  if (isEmpty(tree) || signal?.aborted) return;
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout;
    let watcher: { close(): void } | null = null;
    const finish = () => {
      clearTimeout(timer);
      watcher?.close();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const check = () => { if (isEmpty(tree)) finish(); };
    if (tree.membership.kind === 'v2') {
      try {
        watcher = watch(join(tree.membership.path, 'cgroup.events'), { persistent: false }, check).on('error', () => {});
      } catch { /* no watches left: the timer does it */ }
    }
    let pause = watcher ? 1000 : 10;
    const tick = () => {
      check();
      pause = Math.min(pause * 1.5, watcher ? 1000 : 500);
      timer = setTimeout(tick, pause);
    };
    timer = setTimeout(tick, pause);
    signal?.addEventListener('abort', finish, { once: true });
    check();
  });
}

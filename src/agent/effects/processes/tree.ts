// A program and all that came from it: who is in, and when nobody is left (ending them: kill-tree.ts).
import { readFileSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { cgroupMembers, type Membership } from '../cgroups/cgroup.ts';
import { hasEnded, isAlive, readStat } from './boot.ts';
import { usersOf } from '../users/private-users.ts';
import { readMarker, scanMarked, type Marked } from './strays.ts';

/** What identifies the tree of one launch. */
export interface Tree {
  membership: Membership;
  /** The program, which leads its own session and group; null when it never got that far. */
  program: { pid: number; startTime: number } | null;
  node: string;
  instance: string;
  /** STAT_EPOCH of the launch. */
  epoch: string;
  /** Whoever runs as this user is in it: it has one of its own. */
  uid?: number;
}

/**
 * Whether nobody is left, told without a scan: the cgroup's `populated`, else whether the program's group still exists.
 * Cheap enough for the path of a restart.
 */
export function isEmpty(tree: Tree): boolean {
  const { membership, program } = tree;
  if (membership.kind !== 'session' && hasLeftItsGroup(tree)) return false;
  if (membership.kind === 'v2') {
    try {
      return /^populated 0$/m.test(readFileSync(join(membership.path, 'cgroup.events'), 'utf8'));
    } catch {
      return true; // the directory is gone: only an empty one can be removed
    }
  }
  if (membership.kind === 'v1')
    return (cgroupMembers(membership.path) ?? []).every((pid) => hasEnded(readStat(pid)?.state ?? 'X'));
  // Between its pid and setsid a program is not yet in the group of its own.
  return (
    program === null ||
    (!isAlive(program.pid, program.startTime) && (isForeignSession(program) || !groupExists(program.pid)))
  );
}

/**
 * Whether nobody is left, told for certain: without a cgroup everyone's session and marker are looked at, too (a shared scan), since a
 * child with a session of its own is in no group of the program. Not for the path of a restart.
 */
export async function isDeserted(tree: Tree): Promise<boolean> {
  return isEmpty(tree) && (tree.membership.kind !== 'session' || (await treeMembers(tree)).length === 0);
}

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const leader = readStat(group);
  if (leader !== null && !hasEnded(leader.state)) return true;
  // The leader has ended and the group is still there: by its zombies, or by somebody who lives? Seldom, so this may look at everyone.
  return readdirSync('/proc').some((name) => {
    const stat = /^\d/.test(name) ? readStat(Number(name)) : null;
    return stat !== null && stat.group === group && !hasEnded(stat.state);
  });
}

/** Whether the program lives outside of its cgroup: one that runs as root may write itself into another. */
export function hasLeftItsGroup({ membership, program }: Tree): boolean {
  if (membership.kind === 'session' || program === null || !isAlive(program.pid, program.startTime)) return false;
  return !(cgroupMembers(membership.path) ?? []).includes(program.pid) && isAlive(program.pid, program.startTime);
}

/**
 * Everyone in the tree: members of the cgroup; without one, or where the program has left it, the session of the program and all with
 * its marker (one shared scan), too.
 */
export async function treeMembers(tree: Tree): Promise<number[]> {
  const { membership, program } = tree;
  const inside = membership.kind === 'session' ? [] : (cgroupMembers(membership.path) ?? []);
  const living = inside.filter((pid) => !hasEnded(readStat(pid)?.state ?? 'X'));
  if (membership.kind !== 'session' && !hasLeftItsGroup(tree)) return living;
  const pids = new Set(living);
  for (const one of await scanMarked(tree.node)) if (carriesMarker(tree, one)) pids.add(one.pid);
  if (program) for (const pid of sessionMembers(program)) pids.add(pid);
  if (tree.uid !== undefined)
    for (const name of readdirSync('/proc'))
      if (/^\d/.test(name) && runsAs(Number(name), tree.uid)) pids.add(Number(name));
  if (program && isAlive(program.pid, program.startTime)) pids.add(program.pid);
  return [...pids];
}

/** The processes of the program's session (its number is the program's pid), as long as they can be its: none older than it. */
export function sessionMembers(program: { pid: number; startTime: number }): number[] {
  if (isForeignSession(program)) return [];
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const stat = /^\d/.test(name) ? readStat(Number(name)) : null;
    if (stat && stat.session === program.pid && stat.startTime >= program.startTime && !hasEnded(stat.state))
      pids.push(stat.pid);
  }
  return pids;
}

/** Whether the program's pid is another's now: the kernel gives a number again only when its session is gone. */
function isForeignSession(program: { pid: number; startTime: number }): boolean {
  const leader = readStat(program.pid);
  return leader !== null && leader.startTime !== program.startTime;
}

/** Whether a process that has not ended runs as a user. */
function runsAs(pid: number, uid: number): boolean {
  return usersOf(pid).includes(uid) && !hasEnded(readStat(pid)?.state ?? 'X');
}

/** Whether a process is in the tree by its user, its session or its marker. */
export function isMember(tree: Tree, pid: number): boolean {
  const { program } = tree;
  if (tree.uid !== undefined && runsAs(pid, tree.uid)) return true;
  const marked = readMarker(pid, tree.node);
  if (marked) return carriesMarker(tree, marked);
  const stat = program && readStat(pid);
  if (!stat || hasEnded(stat.state) || stat.startTime < program.startTime) return false;
  return (stat.session === program.pid || pid === program.pid) && !isForeignSession(program);
}

function carriesMarker(tree: Tree, marked: Marked): boolean {
  return marked.instance === tree.instance && (marked.epoch === null || marked.epoch === tree.epoch);
}

/**
 * Resolves when nobody is left in the tree, or when `signal` is aborted. At once by `cgroup.events` (v2), else within 20-500 ms.
 * @throws what /proc or a cgroup cannot be read for
 */
export async function whenEmpty(tree: Tree, signal?: AbortSignal): Promise<void> {
  let wake = (): void => undefined;
  let changed = false;
  const look = (): void => {
    changed = true;
    wake();
  };
  let watcher: { close(): void } | null = null;
  if (tree.membership.kind === 'v2') {
    try {
      watcher = watch(join(tree.membership.path, 'cgroup.events'), { persistent: false }, look).on('error', () => {
        /* the timer does it */
      });
    } catch {
      /* gone, or no watches left: the timer does it */
    }
  }
  signal?.addEventListener('abort', look, { once: true });
  try {
    for (let pause = watcher ? 1000 : 15; !signal?.aborted; pause = Math.min(pause * 1.5, watcher ? 1000 : 500)) {
      changed = false;
      if (await isDeserted(tree)) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, changed ? 0 : pause);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    watcher?.close();
    signal?.removeEventListener('abort', look);
  }
}

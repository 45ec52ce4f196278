// Where a launch's processes belong together: a cgroup directory `<tree>/stathub/<node id>/<instance id>.<n>`, used for
// membership only (who is in, kill all, tell when empty). Limits are another concern.
//   v2: also the empty v2 tree of a hybrid host. `cgroup.kill` ends all at once, `cgroup.events` tells `populated`.
//   v1: the freezer. Frozen, its processes cannot fork away from a kill.
//   session: no cgroup can be made; the tree is then its group, its session and its marker (tree.ts).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Kept in launch.json as `cgroup`. */
export type Membership = { kind: 'v2' | 'v1'; path: string } | { kind: 'session' };

/** Where this agent makes its cgroups. */
export type MembershipRoot = Membership;

interface Mount { kind: 'v2' | 'v1'; path: string }

function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The cgroup trees that can hold members, best first (proc(5), mountinfo). */
function mounts(): Mount[] {
  const found: Mount[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'latin1').split('\n')) {
    const [left, right] = line.split(' - ');
    const path = unescape(left?.split(' ')[4] ?? '');
    const [type, , options] = right?.split(' ') ?? [];
    if (type === 'cgroup2') found.push({ kind: 'v2', path });
    else if (type === 'cgroup' && options?.split(',').includes('freezer')) found.push({ kind: 'v1', path });
  }
  return found.sort((a, b) => b.kind.localeCompare(a.kind));
}

/** Where /proc/<pid>/cgroup says that a process is in a tree; null when it is not in that tree. */
function placeOf(mount: Mount, cgroups: string): string | null {
  for (const line of cgroups.split('\n')) {
    const [id, controllers, ...rest] = line.split(':');
    const match = mount.kind === 'v2' ? id === '0' : controllers?.split(',').includes('freezer');
    if (match) return join(mount.path, rest.join(':'));
  }
  return null;
}

/** Whether a process of ours can join a directory below `path` and be ended there (tried with a real one, once at the start). */
function works(mount: Mount, path: string): boolean {
  const probe = join(path, `.probe.${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    mkdirSync(probe);
    const joined = spawnSync('/bin/sh', ['-c', 'echo 0 >"$1"', 'sh', join(probe, 'cgroup.procs')], { env: {}, stdio: 'ignore' });
    if (joined.status !== 0) return false;
    if (mount.kind === 'v2') writeFileSync(join(probe, 'cgroup.kill'), '1'); // absent before Linux 5.14
    return true;
  } catch {
    return false;
  } finally {
    try { rmdirSync(probe); } catch { /* never made */ }
  }
}

/**
 * Finds the best kind of membership this host allows and makes `stathub/<nodeId>` there.
 * @param kinds narrows the choice (tests, `--cgroup`); default all
 */
export function findMembershipRoot(nodeId: string, kinds: readonly Membership['kind'][] = ['v2', 'v1', 'session']): MembershipRoot {
  for (const mount of mounts()) {
    if (!kinds.includes(mount.kind)) continue;
    // An agent that is not root may make directories only at its own place, where that was delegated to it.
    for (const tree of new Set([mount.path, placeOf(mount, readFileSync('/proc/self/cgroup', 'latin1'))])) {
      if (tree === null) continue;
      const path = join(tree, 'stathub', nodeId);
      if (works(mount, path)) return { kind: mount.kind, path };
    }
  }
  return { kind: 'session' };
}

/** Makes the cgroup of one launch; where that fails (ENOSPC, cgroup.max.descendants) the launch runs without one. */
export function createMembership(root: MembershipRoot, instance: string, launch: number): Membership {
  if (root.kind === 'session') return root;
  const path = join(root.path, `${instance}.${launch}`);
  try {
    mkdirSync(path, { recursive: true }); // somebody may have tidied the root away while it was empty
  } catch {
    return { kind: 'session' };
  }
  return { kind: root.kind, path };
}

/** The file to which a process writes 0 to become a member. */
export function joinFile(membership: Membership): string | null {
  // v1 `tasks` with 0 moves only the writing thread, for which the kernel takes no global lock: 0.03 ms against 8 ms (measured, cold).
  if (membership.kind === 'session') return null;
  return join(membership.path, membership.kind === 'v1' ? 'tasks' : 'cgroup.procs');
}

/** The pids that are in it now, those of sub-groups which the program made too; null when the directory is gone. */
export function cgroupMembers(path: string): number[] | null {
  let own: string;
  try {
    own = readFileSync(join(path, 'cgroup.procs'), 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return null;
    throw error;
  }
  const pids = own.split('\n').filter(Boolean).map(Number);
  for (const below of subgroups(path)) pids.push(...(cgroupMembers(below) ?? []));
  return pids;
}

export function subgroups(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
  } catch {
    return [];
  }
}

/** Removes the directory of an empty tree. @returns false while somebody is still in it */
export function removeMembership(membership: Membership): boolean {
  if (membership.kind === 'session') return true;
  return removeGroup(membership.path);
}

function removeGroup(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
  }
  const below = subgroups(path);
  if (below.length === 0 || !below.every(removeGroup)) return false;
  try { rmdirSync(path); return true; } catch { return false; }
}

/** Removes the agent's own directory when nothing is left below it (tests, and an agent that was emptied). */
export function removeMembershipRoot(root: MembershipRoot): void {
  if (root.kind === 'session') return;
  for (const path of [root.path, join(root.path, '..')]) {
    try { rmdirSync(path); } catch { return; } // still in use by others
  }
}

/**
 * Removes the groups of earlier runs in which nobody is (recovery: after every launch on disk is known).
 * @param keep paths of memberships that are in use
 */
export function sweepMemberships(root: MembershipRoot, keep: ReadonlySet<string>): void {
  if (root.kind === 'session') return;
  const ownSeats = join(root.path, `${seatName()}.`);
  for (const path of subgroups(root.path)) if (!keep.has(path) && !path.startsWith(ownSeats)) removeGroup(path);
}

/** What the groups of this agent's spare launchers are called, before their number. */
export function seatName(): string {
  return `seat.${process.pid}`;
}

/** The membership in which a process is found; session where it is in none of this agent's groups. */
export function membershipOf(pid: number, root: MembershipRoot): Membership {
  if (root.kind === 'session') return root;
  try {
    for (const mount of mounts()) {
      const path = mount.kind === root.kind ? placeOf(mount, readFileSync(`/proc/${pid}/cgroup`, 'latin1')) : null;
      if (!path?.startsWith(`${root.path}/`)) continue;
      return { kind: root.kind, path: join(root.path, path.slice(root.path.length + 1).split('/')[0]!) };
    }
  } catch { /* gone */ }
  return { kind: 'session' };
}

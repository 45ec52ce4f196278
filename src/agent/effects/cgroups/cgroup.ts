// Where a launch's processes belong together: a cgroup directory `<tree>/stathub/<node id>/<instance id>.<n>`, used for
// membership only (who is in, kill all, tell when empty). Limits are another concern.
//   v2: also the empty v2 tree of a hybrid host. `cgroup.kill` ends all at once, `cgroup.events` tells `populated`.
//   v1: the freezer. Frozen, its processes cannot fork away from a kill.
//   session: no cgroup can be made; the tree is then its group, its session and its marker (processes/tree.ts).
import { mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { basesIn, cgroupMounts, control, placeOf, tryJoin, worksAt, type Mount } from './cgroup-places.ts';

/** Kept in launch.json as `cgroup`. */
export type Membership = { kind: 'v2' | 'v1'; path: string } | { kind: 'session' };

/** Where this agent makes its cgroups. */
export type MembershipRoot = Membership;

/** The trees that can hold members, best first. */
function memberTrees(): Mount[] {
  return cgroupMounts()
    .filter(({ kind, controllers }) => kind === 'v2' || controllers.includes('freezer'))
    .sort((a, b) => b.kind.localeCompare(a.kind));
}

/**
 * Finds the best kind of membership this host allows and makes `stathub/<nodeId>` there.
 * @param kinds narrows the choice (tests, `--cgroup`); default all
 */
export function findMembershipRoot(
  nodeId: string,
  kinds: readonly Membership['kind'][] = ['v2', 'v1', 'session'],
): MembershipRoot {
  const cgroups = readFileSync('/proc/self/cgroup', 'latin1');
  for (const mount of memberTrees()) {
    if (!kinds.includes(mount.kind)) continue;
    for (const base of basesIn(mount, cgroups)) {
      const path = join(base, 'stathub', nodeId);
      const holds = worksAt(path, (probe) => {
        tryJoin([join(probe, 'cgroup.procs')]);
        if (mount.kind === 'v2') control(join(probe, 'cgroup.kill'), 1); // absent before Linux 5.14
      });
      if (holds) return { kind: mount.kind, path };
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
    own = readFileSync(join(path, 'cgroup.procs'), 'utf8');
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
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name));
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
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Removes the agent's own directory when nothing is left below it (tests, and an agent that was emptied). */
export function removeMembershipRoot(root: MembershipRoot): void {
  if (root.kind === 'session') return;
  for (const path of [root.path, join(root.path, '..')]) {
    try {
      rmdirSync(path);
    } catch {
      return;
    } // still in use by others
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
    for (const mount of memberTrees()) {
      const path = mount.kind === root.kind ? placeOf(mount, readFileSync(`/proc/${pid}/cgroup`, 'latin1')) : null;
      if (!path?.startsWith(`${root.path}/`)) continue;
      return { kind: root.kind, path: join(root.path, path.slice(root.path.length + 1).split('/')[0]!) };
    }
  } catch {
    /* gone */
  }
  return { kind: 'session' };
}

// cgroup v2 lets a group hand controllers down only when no process sits in it (cgroups(7), "no internal processes").
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { control } from './cgroup-places.ts';

/**
 * Empties a group that is the agent's own: its processes go into the leaf `agent` of it. Only where the whole tree is ours (a
 * container's, whose top looks like the root but is none, as it has a type): elsewhere it would move what belongs to others.
 * @returns whether the group is empty now
 */
export function makeRoom(path: string, cgroups = readFileSync('/proc/self/cgroup', 'latin1')): boolean {
  if (!/^0::\/$/m.test(cgroups) || !existsSync(join(path, 'cgroup.type'))) return false;
  try {
    const leaf = join(path, 'agent');
    mkdirSync(leaf, { recursive: true });
    for (let round = 0; round < 5; round++) {
      // what forks meanwhile is found by the next round
      const pids = readFileSync(join(path, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean);
      if (pids.length === 0) return true;
      for (const pid of pids)
        try {
          control(join(leaf, 'cgroup.procs'), pid);
        } catch {
          /* it has ended */
        }
    }
  } catch {
    /* not allowed */
  }
  return false;
}

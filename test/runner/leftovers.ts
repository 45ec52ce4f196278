// Finds and ends what belongs to a directory: processes whose working directory, open file, argument or environment lies
// under it, and the cgroups of the agents that kept their store there.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { removeMembership } from '../../src/agent/effects/cgroups/cgroup.ts';
import { basesIn, cgroupMounts } from '../../src/agent/effects/cgroups/cgroup-places.ts';
import { statOf } from './process-start.ts';

/** The text of a /proc file, or '' when the process is gone or not ours to read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function belongs(pid: string, directory: string): boolean {
  const proc = `/proc/${pid}`;
  if (link(`${proc}/cwd`).startsWith(directory)) return true;
  if (read(`${proc}/cmdline`).includes(directory) || read(`${proc}/environ`).includes(directory)) return true;
  return namesIn(`${proc}/fd`).some((fd) => link(`${proc}/fd/${fd}`).startsWith(directory));
}

/**
 * Ends every process that belongs to `directory` (SIGKILL) and names each. No other directory's path may begin with it.
 * @param since those that began earlier are not looked at (process-start.ts): there may be thousands
 * @returns one line a leftover; empty where nothing was left, or where there is no /proc (macOS).
 */
export function endLeftovers(directory: string, since: number): string[] {
  const lines: string[] = [];
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const stat = statOf(pid);
    if (stat === null || Number(stat[19]) < since || /[ZX]/.test(stat[0]!) || !belongs(pid, directory)) continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120);
    lines.push(`left a process behind: ${pid} ${command}`);
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      lines.push(`  and it could not be ended`);
    }
  }
  return lines;
}

/**
 * Removes the cgroups `stathub/<node>` of every agent that kept its identity below `directory`. An agent that is asked to end
 * its processes does that itself; one that a test kills cannot. To be called when no process is left, before the directory goes.
 */
export function removeCgroups(directory: string): void {
  const nodes = nodesBelow(directory, 5);
  if (nodes.length === 0) return;
  const own = readFileSync('/proc/self/cgroup', 'latin1');
  for (const mount of cgroupMounts())
    for (const base of basesIn(mount, own))
      for (const node of nodes) removeMembership({ kind: mount.kind, path: join(base, 'stathub', node) });
}

/** The ids of the agents whose store lies at most `depth` directories below. */
function nodesBelow(directory: string, depth: number): string[] {
  if (depth < 0) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return nodesBelow(path, depth - 1);
    if (!/^identity\.\d+\.json$/.test(entry.name)) return [];
    const node = /"node":"([\w-]+)"/.exec(read(path))?.[1];
    return node ? [node] : [];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

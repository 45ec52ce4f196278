// Where the kernel counts for a whole tree: the cgroups that are the launch's own. Which controllers those have differs by machine;
// what no cgroup counts is summed over processes instead (processes.ts).
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { AppliedLimits } from '../effects/cgroups/limit-groups.ts';
import type { Tree } from '../effects/processes/tree.ts';
import { SmallFile } from './small-file.ts';
import { totalCounter, type TotalCounter } from './total-counter.ts';

export interface Sources {
  /** Pids of the tree, one a line; null: it has no cgroup. */
  members: SmallFile | null;
  /** `microseconds`: the line usage_usec of cpu.stat (v2). `nanoseconds`: cpuacct.usage (v1). `all`: of the group above, with its own. */
  cpu: { file: SmallFile; unit: 'microseconds' | 'nanoseconds'; all: TotalCounter } | null;
  memory: MemorySources | null;
  /** Threads, as the kernel counts against pids.max. */
  tasks: SmallFile | null;
}
interface MemorySources {
  used: SmallFile;
  stat: SmallFile;
  /** What is page cache that can be dropped. */ inactive: Buffer;
  limit: string;
}

/** Finds what there is for a launch; nothing is read yet. @param limits its own groups of v1, or its membership on v2 */
export function sourcesOf({ membership, instance }: Tree, limits: AppliedLimits | null | undefined): Sources {
  const v2 = membership.kind === 'v2' ? membership.path : null;
  // What it shares with others does not count it alone. Groups of v1 are its instance's: they count on over its launches.
  const own = (limits?.join ?? []).map((file) => dirname(file)).filter((path) => basename(path) === instance);
  const found = (name: string): string | undefined =>
    own.map((path) => join(path, name)).find((path) => existsSync(path));
  const unified = (name: string): string | undefined =>
    v2 !== null && existsSync(join(v2, name)) ? join(v2, name) : undefined;
  const microseconds = unified('cpu.stat');
  const counter = microseconds ?? found('cpuacct.usage');
  const tasks = unified('pids.current') ?? found('pids.current');
  return {
    members: membership.kind === 'session' ? null : new SmallFile(join(membership.path, 'cgroup.procs')),
    cpu:
      counter === undefined
        ? null
        : {
            file: new SmallFile(counter),
            unit: microseconds ? 'microseconds' : 'nanoseconds',
            all: totalCounter(join(dirname(counter), '..', basename(counter))),
          },
    memory: memoryOf(v2, limits?.memory?.kind === 'v1' ? limits.memory.path : null),
    tasks: tasks === undefined ? null : new SmallFile(tasks),
  };
}

function memoryOf(v2: string | null, v1: string | null): MemorySources | null {
  if (v2 && existsSync(join(v2, 'memory.current'))) {
    return {
      used: new SmallFile(join(v2, 'memory.current')),
      stat: new SmallFile(join(v2, 'memory.stat')),
      inactive: Buffer.from('inactive_file'),
      limit: join(v2, 'memory.max'),
    };
  }
  if (v1 && existsSync(join(v1, 'memory.usage_in_bytes'))) {
    return {
      used: new SmallFile(join(v1, 'memory.usage_in_bytes')),
      stat: new SmallFile(join(v1, 'memory.stat')),
      inactive: Buffer.from('total_inactive_file'),
      limit: join(v1, 'memory.limit_in_bytes'),
    };
  }
  return null;
}

/** Whether the kernel holds a launch below this many bytes of memory: then nobody has to look. */
export function enforces(sources: Sources, limit: number): boolean {
  if (!sources.memory) return false;
  try {
    const set = Number(readFileSync(sources.memory.limit, 'latin1')); // 'max' is NaN
    return set > 0 && set <= limit + 4096;
  } catch {
    return false;
  }
}

export function closeSources({ members, cpu, memory, tasks }: Sources): void {
  for (const file of [members, cpu?.file, memory?.used, memory?.stat, tasks]) file?.close();
}

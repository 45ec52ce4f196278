// The kernel's limits of one instance: memory with swap, weight and quota of cpu, processes. On v1 an instance has one group in
// each tree it needs, made at its first launch and kept over its restarts, so that a restart makes none. On v2 the membership of
// each launch carries them. The launcher's child joins (launch/run-script.ts); what is left is read here when the program has ended.
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { subgroups, type Membership } from './cgroup.ts';
import { control } from './cgroup-places.ts';
import type { ControllerRoot, Controllers } from './controllers.ts';

/** What an app asks for; null: no such limit. */
interface KernelLimits {
  /** bytes, swap included */ memory: number | null;
  /** reserved cores: the weight */ cpus: number | null;
  /** cores at most */ cpuQuota: number | null;
  processes: number | null;
}

/** Kept in launch.json as `limits`. */
export interface AppliedLimits {
  /** Files to which a process writes 0 to come under them, besides its membership. */
  join: string[];
  /** The group that counts memory; null: nothing does. `oomKills`: its count before this launch. */
  memory: { kind: 'v2' | 'v1'; path: string; /** bytes */ limit: number | null; oomKills: number } | null;
  /** The kernel counts processes: no rlimit beside it. */
  processes: boolean;
  /** The group that counts them, where there is a limit. `hits`: its count before this launch. */
  pids?: { path: string; limit: number; hits: number } | null;
}

/** What the kernel says of a launch's memory. */
export interface MemoryEvidence {
  /** Processes of it that the kernel ended for want of memory, in this launch. */ oomKills: number;
  /** bytes */ peak: number | null;
  /** bytes */ limit: number | null;
}

/** Limits that could not be set: the program is not started without them. */
export class LimitError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LimitError';
  }
}

const periodUs = 100_000;
/** Where those run that reserve no cpus: together they weigh as much as one core. */
const sharedGroup = 'shared';

export class LimitGroups {
  readonly #roots: Controllers['roots'];
  readonly #countsSwap: boolean;
  /** What was last set, by instance: the same is not set again. */
  readonly #set = new Map<string, string>();

  constructor({ roots, countsSwap }: Controllers) {
    this.#roots = roots;
    this.#countsSwap = countsSwap;
  }

  /**
   * Sets the limits of the launch that comes. Nothing of the instance may run.
   * @throws LimitError
   */
  apply(instance: string, membership: Membership, wanted: KernelLimits): AppliedLimits {
    const join_: string[] = [];
    const { memory, cpu, pids } = this.#roots;
    const v1 = (root: ControllerRoot, name: string): string => {
      const path = join(root.path, name);
      join_.push(join(path, 'tasks')); // with 0 only the writing thread moves: no lock, 0.03 ms
      return path;
    };
    try {
      const own = membership.kind === 'v2' ? membership.path : null;
      const groups = {
        memory: memory?.kind === 'v2' ? own : memory && wanted.memory !== null ? v1(memory, instance) : null,
        cpu:
          cpu?.kind === 'v2'
            ? own
            : cpu
              ? v1(cpu, wanted.cpus === null && wanted.cpuQuota === null ? sharedGroup : instance)
              : null,
        pids: pids?.kind === 'v2' ? own : pids && wanted.processes !== null ? v1(pids, instance) : null,
      };
      if (own === null && Object.values(this.#roots).some(({ kind }) => kind === 'v2'))
        throw new Error('no cgroup could be made for it');
      const key = JSON.stringify([wanted, groups]);
      if (this.#set.get(instance) !== key || !join_.every((file) => existsSync(file))) {
        // somebody may have tidied them away
        if (groups.memory !== null) this.#limitMemory(memory!.kind, groups.memory, wanted.memory);
        if (groups.cpu !== null) limitCpu(cpu!.kind, groups.cpu, wanted);
        if (groups.pids !== null && (pids!.kind === 'v1' || wanted.processes !== null)) {
          mkdirSync(groups.pids, { recursive: true });
          control(join(groups.pids, 'pids.max'), wanted.processes ?? 'max');
        }
        if (join_.length > 0 && own === null) this.#set.set(instance, key); // on v2 each launch has another group
      }
      const path = groups.memory;
      if (path !== null && memory!.kind === 'v1') {
        control(join(path, 'memory.max_usage_in_bytes'), 0);
        if (this.#countsSwap) control(join(path, 'memory.memsw.max_usage_in_bytes'), 0);
      }
      return {
        join: join_,
        memory:
          path === null
            ? null
            : { kind: memory!.kind, path, limit: wanted.memory, oomKills: oomKillsOf(memory!.kind, path) },
        processes: groups.pids !== null,
        pids:
          groups.pids !== null && wanted.processes !== null
            ? { path: groups.pids, limit: wanted.processes, hits: hitsOf(groups.pids) }
            : null,
      };
    } catch (error) {
      this.#set.delete(instance);
      throw new LimitError(`its limits could not be set: ${(error as Error).message}`, { cause: error });
    }
  }

  #limitMemory(kind: 'v2' | 'v1', path: string, bytes: number | null): void {
    if (kind === 'v2') {
      if (bytes === null) return;
      control(join(path, 'memory.max'), bytes);
      optional(join(path, 'memory.swap.max'), 0); // absent where the kernel has no swap
      optional(join(path, 'memory.oom.group'), 1); // Linux 4.19: all of it is ended at once
      return;
    }
    mkdirSync(path, { recursive: true });
    const memory = join(path, 'memory.limit_in_bytes');
    const both = join(path, 'memory.memsw.limit_in_bytes');
    // Memory with swap is never below memory alone: which goes first depends on whether it grows.
    try {
      control(memory, bytes ?? -1);
    } catch {
      if (this.#countsSwap) control(both, bytes ?? -1);
      control(memory, bytes ?? -1);
    }
    if (this.#countsSwap) control(both, bytes ?? -1);
  }

  /** Removes what an instance had. Nobody may be in it any more. */
  remove(instance: string): void {
    this.#set.delete(instance);
    for (const root of this.#v1Roots()) removeEmpty(join(root.path, instance));
  }

  /** Removes the groups of instances that are no more (recovery). @param keep ids */
  sweep(keep: ReadonlySet<string>): void {
    for (const root of this.#v1Roots())
      for (const path of subgroups(root.path)) if (!keep.has(path.slice(root.path.length + 1))) removeEmpty(path);
  }

  /**
   * Removes the agent's own directories where nothing is below them any more. A group of an instance stays: it may have to
   * tell of its end.
   */
  close(): void {
    for (const root of this.#v1Roots())
      for (const path of [join(root.path, sharedGroup), root.path, dirname(root.path)])
        try {
          rmdirSync(path);
        } catch {
          /* in use, or never made */
        }
  }

  #v1Roots(): ControllerRoot[] {
    return Object.values(this.#roots).filter(({ kind }) => kind === 'v1');
  }
}

function limitCpu(kind: 'v2' | 'v1', path: string, { cpus, cpuQuota }: KernelLimits): void {
  const quota = cpuQuota === null ? null : Math.max(1000, Math.round(cpuQuota * periodUs));
  if (kind === 'v2') {
    if (cpus !== null) control(join(path, 'cpu.weight'), Math.min(10_000, Math.max(1, Math.round(cpus * 100))));
    if (quota !== null) control(join(path, 'cpu.max'), `${quota} ${periodUs}`);
    return;
  }
  mkdirSync(path, { recursive: true });
  if (path.endsWith(`/${sharedGroup}`)) return; // 1024 is the default
  control(join(path, 'cpu.shares'), cpus === null ? 1024 : Math.min(262_144, Math.max(2, Math.round(cpus * 1024))));
  control(join(path, 'cpu.cfs_quota_us'), quota ?? -1);
}

function optional(path: string, word: number): void {
  try {
    control(path, word);
  } catch {
    /* an older kernel */
  }
}

function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
  }
  const below = subgroups(path); // of the program's own making
  if (below.length === 0 || !below.every(removeEmpty)) return false;
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

function figure(path: string, pattern = /(\d+)/): number | null {
  try {
    const found = pattern.exec(readFileSync(path, 'latin1'));
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}

function oomKillsOf(kind: 'v2' | 'v1', path: string): number {
  return figure(join(path, kind === 'v2' ? 'memory.events' : 'memory.oom_control'), /^oom_kill (\d+)/m) ?? 0;
}

/** How often a group could not have one more process. */
const hitsOf = (path: string): number => figure(join(path, 'pids.events'), /^max (\d+)/m) ?? 0;

/** How often a program of a launch could not make a process for its limit; null where nothing counts. */
export function processHits(applied: AppliedLimits | null | undefined): { hits: number; limit: number } | null {
  return applied?.pids
    ? { hits: Math.max(0, hitsOf(applied.pids.path) - applied.pids.hits), limit: applied.pids.limit }
    : null;
}

/** What the kernel counted since the launch began; null where nothing counts. Read it before the groups are removed. */
export function memoryEvidence(applied: AppliedLimits | null | undefined): MemoryEvidence | null {
  if (!applied?.memory) return null;
  const { kind, path, limit, oomKills } = applied.memory;
  const peak =
    kind === 'v2'
      ? figure(join(path, 'memory.peak'))
      : (figure(join(path, 'memory.memsw.max_usage_in_bytes')) ?? figure(join(path, 'memory.max_usage_in_bytes')));
  return { oomKills: Math.max(0, oomKillsOf(kind, path) - oomKills), peak, limit };
}

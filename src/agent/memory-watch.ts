// Where the kernel ends single processes for want of memory (cgroup v1), the agent ends what is left of their program. Whether it
// did so anywhere is one number of /proc/vmstat, so that a thousand groups need not be read each second.
import { readFileSync } from 'node:fs';
import type { LimitGroups } from './effects/limit-groups.ts';
import type { Instances } from './instances.ts';

const paceMs = 1000;

export class MemoryWatch {
  readonly #instances: Instances;
  readonly #limits: LimitGroups;
  #timer: NodeJS.Timeout | null = null;
  /** null: nothing was read yet, so that what happened while no agent was here is found by the first look. */
  #kills: string | null = null;

  constructor(instances: Instances, limits: LimitGroups) {
    this.#instances = instances;
    this.#limits = limits;
  }

  start(): void {
    if (this.#limits.endsSingly) this.#timer ??= setInterval(() => this.#look(), paceMs).unref();
  }

  stop(): void { if (this.#timer) clearInterval(this.#timer); this.#timer = null; }

  #look(): void {
    const limited = [...this.#instances.entries.values()].filter(({ program }) => program.phase === 'running' && program.run?.limits?.memory);
    if (limited.length === 0) return;
    const kills = oomKills();
    if (kills !== null && kills === this.#kills) return;
    this.#kills = kills;
    for (const { program } of limited) program.checkMemory();
  }
}

/** How many processes the kernel has ended on this machine for want of memory; null where it does not tell (before Linux 4.13). */
function oomKills(): string | null {
  try { return /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1] ?? null; } catch { return null; }
}

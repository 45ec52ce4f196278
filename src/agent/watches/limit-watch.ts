// What the kernel did to programs for their limits. Where it ends single processes for want of memory (cgroup v1), the agent ends
// what is left of their program: whether it did so anywhere is one number of /proc/vmstat, so that a thousand groups need not be
// read each second. Who cannot make a process for its limit is told, as few programs say it.
import { readFileSync } from 'node:fs';
import type { AgentContext } from '../context.ts';
import { processHits } from '../effects/cgroups/limit-groups.ts';
import { everySecond } from '../effects/every-second.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import type { Resting } from '../usage/resting.ts';

/** Processes are looked at every so many looks, where anything runs. */
const processLooks = 5;

export class LimitWatch {
  readonly #context: AgentContext;
  readonly #instances: Instances;
  readonly #resting: Resting;
  #endLooks: (() => void) | null = null;
  #looks = 0;
  /** null: nothing was read yet, so that what happened while no agent was here is found by the first look. */
  #kills: string | null = null;
  /** The launch of which it was told. */
  readonly #told = new WeakMap<Entry, number>();

  constructor(context: AgentContext, instances: Instances, resting: Resting) {
    this.#context = context;
    this.#instances = instances;
    this.#resting = resting;
  }

  start(): void {
    this.#endLooks ??= everySecond(() => this.#look());
  }

  stop(): void {
    this.#endLooks?.();
    this.#endLooks = null;
  }

  #look(): void {
    const alsoProcesses = this.#looks++ % processLooks === 0;
    let kills: string | null | undefined; // asked where somebody is limited
    // By forEach: what an iterator gives would be garbage, a thousand times a second.
    this.#instances.entries.forEach((entry) => {
      const limits = entry.program.phase === 'running' ? entry.program.run?.limits : null;
      if (limits?.memory?.kind === 'v1') {
        if (kills === undefined) kills = oomKills();
        if (kills === null || kills !== this.#kills) entry.program.checkMemory();
      }
      if (alsoProcesses && limits?.pids && this.#resting.of(entry) === null) this.#lookAtProcesses(entry);
    });
    if (kills !== undefined) this.#kills = kills;
  }

  #lookAtProcesses(entry: Entry): void {
    const run = entry.program.run;
    if (!run || this.#told.get(entry) === run.launch) return;
    const found = processHits(run.limits);
    if (!found || found.hits === 0) return;
    this.#told.set(entry, run.launch);
    const { app, slot } = entry.record.assignment;
    this.#context.tell({
      at: Date.now(),
      kind: 'instance.processesFull',
      subject: { app, instance: entry.id, slot, node: this.#context.node },
      loudness: 'attention',
      message:
        `${app}.${slot} could not make a process or thread ${found.hits === 1 ? 'once' : `${found.hits} times`}: ` +
        `limits.processes allows ${found.limit}. Raise it, or find out what does not end`,
      detail: found,
    });
  }
}

/** How many processes the kernel has ended on this machine for want of memory; null where it does not tell (before Linux 4.13). */
function oomKills(): string | null {
  try {
    return /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1] ?? null;
  } catch {
    return null;
  }
}

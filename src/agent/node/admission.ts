// What of this node is given away: memory, disk and cpus, to the byte. The master places by the same figures; here they are looked
// at again when a program is to begin, since a local app or another master may have been faster.
import { showSize } from '../../model/sizes.ts';

/** `allocatable` of a node: cores, bytes. */
export interface Capacity {
  cpus: number;
  mem: number;
  disk: number;
}

// Fractions of a core do not add up exactly; whole billionths do.
const billion = 1e9;
type What = 'cpus' | 'mem' | 'disk';
const whats: readonly What[] = ['cpus', 'mem', 'disk'];
const whole = (what: What, amount: number): number => (what === 'cpus' ? Math.round(amount * billion) : amount);
const names = { cpus: 'cpus', mem: 'memory', disk: 'disk' } as const;
const shown = (what: What, amount: number): string =>
  what === 'cpus' ? String(amount / billion) : `${showSize(amount)} (${amount} bytes)`;

export class Admission {
  readonly #capacity: Capacity;
  readonly #held = new Map<string, Record<What, number>>();
  readonly #sum: Record<What, number> = { cpus: 0, mem: 0, disk: 0 };

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  /** What is given away now. */
  get reserved(): Capacity {
    return { ...this.#sum, cpus: this.#sum.cpus / billion };
  }

  has(instance: string): boolean {
    return this.#held.has(instance);
  }

  /**
   * Reserves what an instance needs, once for its life. What is not asked for is not looked at.
   * @returns null, or a sentence with the numbers: then nothing is reserved
   */
  reserve(instance: string, demand: Capacity): string | null {
    if (this.#held.has(instance)) return null;
    const lack = this.lack(demand);
    if (lack === null) this.restore(instance, demand);
    return lack;
  }

  /**
   * What there is too little of for a demand, as a sentence with the numbers; null: it fits.
   * @param besides what else is about to be reserved
   */
  lack(demand: Capacity, besides: readonly Capacity[] = []): string | null {
    for (const what of whats) {
      const wants = whole(what, demand[what]);
      const all = whole(what, this.#capacity[what]);
      const promised = besides.reduce((sum, one) => sum + whole(what, one[what]), 0);
      const free = all - this.#sum[what] - promised;
      if (wants > 0 && wants > free)
        return (
          `${names[what]} does not suffice on this node: it needs ${shown(what, wants)}, free are ` +
          `${shown(what, Math.max(0, free))} of ${shown(what, all)}`
        );
    }
    return null;
  }

  /** Counts what an earlier agent gave it: it runs, so it has it. */
  restore(instance: string, demand: Capacity): void {
    this.release(instance);
    const held = { cpus: whole('cpus', demand.cpus), mem: demand.mem, disk: demand.disk };
    this.#held.set(instance, held);
    for (const what of whats) this.#sum[what] += held[what];
  }

  /** Gives back what it had. Its tree is empty. */
  release(instance: string): void {
    const held = this.#held.get(instance);
    if (!held) return;
    this.#held.delete(instance);
    for (const what of whats) this.#sum[what] -= held[what];
  }
}

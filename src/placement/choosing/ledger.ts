// Running totals of each node: what may be given away, what is. Everything in a place of a slot counts, leaving or not, until
// its tree is empty; an instance that did its work and ended, or was given up, holds nothing.
import type { Demand } from './demand.ts';
import type { NodeTable } from './node-table.ts';
import type { OtherUse } from '../snapshot.ts';

/** Sums of fractions of a core are not exact: this much more than there is still fits. */
const cpuSlack = 1e-9;

export class Ledger {
  readonly freeCpus: Float64Array;
  readonly freeMem: Float64Array;
  readonly freeDisk: Float64Array;
  /** Instances, of the hub and others' apps alike. */
  readonly count: Int32Array;
  /** Grows with every change. */
  generation = 0;
  readonly #table: NodeTable;
  readonly #ports: (Map<number, number> | undefined)[];

  constructor(table: NodeTable, otherUse: ReadonlyMap<string, OtherUse>) {
    this.#table = table;
    const { nodes } = table;
    this.freeCpus = Float64Array.from(nodes, (node) => node.allocatable.cpus - (otherUse.get(node.id)?.cpus ?? 0));
    this.freeMem = Float64Array.from(nodes, (node) => node.allocatable.mem - (otherUse.get(node.id)?.mem ?? 0));
    this.freeDisk = Float64Array.from(nodes, (node) => node.allocatable.disk - (otherUse.get(node.id)?.disk ?? 0));
    this.count = new Int32Array(nodes.length);
    this.#ports = nodes.map((node) => {
      const taken = otherUse.get(node.id)?.ports ?? [];
      return taken.length > 0 ? new Map(taken.map((port) => [port, 1])) : undefined;
    });
  }

  take(node: number, demand: Demand): void {
    this.#add(node, demand, 1);
  }
  give(node: number, demand: Demand): void {
    this.#add(node, demand, -1);
  }

  #add(node: number, demand: Demand, sign: 1 | -1): void {
    this.freeCpus[node]! -= sign * demand.cpus;
    this.freeMem[node]! -= sign * demand.mem;
    this.freeDisk[node]! -= sign * demand.disk;
    this.count[node]! += sign;
    this.generation += 1;
    for (const port of demand.ports) {
      const held = (this.#ports[node] ??= new Map());
      held.set(port, (held.get(port) ?? 0) + sign);
    }
  }

  portTaken(node: number, port: number): boolean {
    return (this.#ports[node]?.get(port) ?? 0) > 0;
  }

  fits(node: number, demand: Demand): boolean {
    // What is not asked for is not looked at: a node that is over-committed in memory still takes what reserves none.
    if (demand.cpus > 0 && demand.cpus > this.freeCpus[node]! + cpuSlack) return false;
    if (demand.mem > 0 && demand.mem > this.freeMem[node]!) return false;
    if (demand.disk > 0 && demand.disk > this.freeDisk[node]!) return false;
    for (let i = 0; i < demand.ports.length; i += 1) if (this.portTaken(node, demand.ports[i]!)) return false;
    return true;
  }

  /** 0..1: the fuller of cores and memory, with one more of `demand`. */
  fullness(node: number, demand: Demand): number {
    const { cpus, mem } = this.#table.nodes[node]!.allocatable;
    const cpu = cpus > 0 ? 1 - (this.freeCpus[node]! - demand.cpus) / cpus : 0;
    const memory = mem > 0 ? 1 - (this.freeMem[node]! - demand.mem) / mem : 0;
    return Math.max(0, Math.min(1, Math.max(cpu, memory)));
  }
}

// The nodes of a hub, and which of them are agents of one machine.
import type { NodeEntry } from '../entries.ts';

/** Images are cloned with their machine id, so the name has to be the same, too. */
const machineOf = ({ record: { doc } }: NodeEntry): string => `${doc.machineId} ${doc.facts.hostname}`;

export class NodeEntries extends Map<string, NodeEntry> {
  /** Those of a machine, by how it was named when they were added: a name that changes is taken up when they are asked for. */
  readonly #onMachine = new Map<string, Set<string>>();
  readonly #machineOf = new Map<string, string>();

  override set(id: string, entry: NodeEntry): this {
    this.#forget(id);
    const machine = machineOf(entry);
    this.#machineOf.set(id, machine);
    const here = this.#onMachine.get(machine) ?? new Set();
    this.#onMachine.set(machine, here.add(id));
    return super.set(id, entry);
  }

  override delete(id: string): boolean {
    this.#forget(id);
    return super.delete(id);
  }

  override clear(): void {
    this.#onMachine.clear();
    this.#machineOf.clear();
    super.clear();
  }

  #forget(id: string): void {
    const machine = this.#machineOf.get(id);
    if (machine === undefined) return;
    this.#machineOf.delete(id);
    const here = this.#onMachine.get(machine)!;
    here.delete(id);
    if (here.size === 0) this.#onMachine.delete(machine);
  }

  /** All agents of the machine that this node is on, itself among them. */
  besides(entry: NodeEntry): NodeEntry[] {
    const here = this.#onMachine.get(machineOf(entry));
    return here === undefined || here.size < 2 ? [entry] : [...here].map((id) => this.get(id)!);
  }
}

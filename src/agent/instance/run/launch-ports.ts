// The ports of one instance: leased once, kept over its launches, given up when another turns out to listen there.
import type { PortPool } from '../../effects/ports.ts';
import { canBind } from '../../effects/ports.ts';
import { findPortHolder } from '../../effects/port-holder.ts';
import type { InstanceRecord, LaunchRecord } from '../records.ts';

export interface PortSet {
  ports: number[];
  debugPort: number | null;
  consolePort: number | null;
}

export class LaunchPorts {
  readonly #pool: PortPool;
  readonly #record: () => InstanceRecord;
  #current: PortSet | null = null;

  constructor(pool: PortPool, record: () => InstanceRecord) {
    this.#pool = pool;
    this.#record = record;
  }

  get #owner(): string {
    return this.#record().assignment.id;
  }
  get #fixed(): number[] {
    return this.#record().spec.ports.flatMap(({ port }) => (port === 0 ? [] : [port]));
  }

  /** Nothing is to be waited for: ports are leased (or none are wanted), and none is fixed. */
  get ready(): boolean {
    const { spec } = this.#record();
    if (spec.ports.length === 0 && !spec.debugPort && !spec.consolePort)
      this.#current ??= { ports: [], debugPort: null, consolePort: null };
    return this.#current !== null && this.#fixed.length === 0;
  }

  /** The ports of the next launch. */
  get current(): PortSet {
    return this.#current ?? { ports: [], debugPort: null, consolePort: null };
  }

  /**
   * Leases what is missing.
   * @returns null, or a sentence that names who holds a fixed port
   * @throws NoPortError when the range is used up
   */
  async acquire(): Promise<string | null> {
    const { spec } = this.#record();
    for (const port of this.#fixed) {
      const owner = this.#pool.ownerOf(port);
      if (owner !== null && owner !== this.#owner) return `port ${port} belongs to ${owner}`;
      if (!(await canBind(port))) return holderText(port);
      this.#pool.restore(this.#owner, [port]);
    }
    if (this.#current) return null;
    const picked = spec.ports.filter(({ port }) => port === 0).length;
    const leased = await this.#pool.lease(this.#owner, picked + (spec.debugPort ? 1 : 0) + (spec.consolePort ? 1 : 0));
    const next = (): number => leased.shift()!;
    this.#current = {
      ports: spec.ports.map(({ port }) => (port === 0 ? next() : port)),
      debugPort: spec.debugPort ? next() : null,
      consolePort: spec.consolePort ? next() : null,
    };
    return null;
  }

  /** Ports of a launch that an earlier agent made. */
  restore(launch: LaunchRecord): void {
    const all = [...launch.ports, ...[launch.debugPort, launch.consolePort].filter((port) => port !== null)];
    const taken = this.#pool.restore(this.#owner, all);
    this.#current =
      taken.length > 0 ? null : { ports: launch.ports, debugPort: launch.debugPort, consolePort: launch.consolePort };
  }

  /**
   * After a program failed early: whether one of its ports is another's. Picked ports are then given up, the next launch gets others.
   * @returns a sentence, or null
   */
  async takenByOthers(launch: LaunchRecord): Promise<string | null> {
    for (const port of launch.ports) {
      if (await canBind(port)) continue;
      this.#pool.release(this.#owner);
      this.#current = null;
      return holderText(port);
    }
    return null;
  }

  release(): void {
    this.#pool.release(this.#owner);
    this.#current = null;
  }
}

function holderText(port: number): string {
  const holder = findPortHolder(port);
  if (!holder) return `port ${port} is taken by another process`;
  return `port ${port} is taken by ${holder.command.split(' ')[0] || 'a process'} (pid ${holder.pid})`;
}

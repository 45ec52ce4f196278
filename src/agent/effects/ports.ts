// The ports a node gives to its instances.
import { createServer } from 'node:net';
import { latePart } from './late-parts.ts';

/** Seldom needed. */
const portHolder = latePart(() => import('./port-holder.ts'));

/** First and last, inclusive. */
export interface PortRange {
  first: number;
  last: number;
}

export interface PortHolder {
  pid: number;
  command: string;
}

/** A fixed port that cannot be had. */
interface TakenPort {
  port: number;
  /** The instance of this node that leases it; null when it is none of ours. */
  owner: string | null;
  /** Who listens on it; null when that cannot be told (nobody listens yet, or another user's process). */
  holder: PortHolder | null;
}

/** FNV-1a, so that nodes of one machine begin their search in different places and keep to it after a restart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** Whether something could listen on the port right now, tried on 0.0.0.0. The test socket never accepts and is closed at once. */
export function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true, backlog: 1 }, () => server.close(() => resolve(true)));
  });
}

/** No port of the range is free. */
export class NoPortError extends Error {
  readonly code = 'no-port';
  constructor(range: PortRange) {
    super(`every port from ${range.first} to ${range.last} is in use: widen --ports`);
    this.name = 'NoPortError';
  }
}

export class PortPool {
  readonly #range: PortRange;
  readonly #owners = new Map<number, string>();
  #next: number;

  constructor(range: PortRange, nodeId: string) {
    this.#range = range;
    this.#next = range.first + (hash(nodeId) % (range.last - range.first + 1));
  }

  /**
   * Leases `count` free ports to an instance. A port stays leased until `release`, whoever listens: call that when the tree is empty.
   * @throws NoPortError; nothing is leased then
   */
  async lease(owner: string, count: number): Promise<number[]> {
    const size = this.#range.last - this.#range.first + 1;
    const ports: number[] = [];
    for (let tried = 0; tried < size && ports.length < count; tried++) {
      const port = this.#next;
      this.#next = port === this.#range.last ? this.#range.first : port + 1;
      if (this.#owners.has(port)) continue;
      this.#owners.set(port, owner); // before the trial: another lease runs meanwhile
      if (await canBind(port)) ports.push(port);
      else this.#owners.delete(port);
    }
    if (ports.length === count) return ports;
    for (const port of ports) this.#owners.delete(port);
    throw new NoPortError(this.#range);
  }

  /**
   * Leases ports that the app fixed. All or none.
   * @returns those that are taken, with who has them; empty when all are leased
   */
  async leaseFixed(owner: string, ports: readonly number[]): Promise<TakenPort[]> {
    const mine = ports.filter((port) => !this.#owners.has(port));
    const taken: TakenPort[] = [];
    for (const port of mine) this.#owners.set(port, owner); // before the trials: another lease runs meanwhile
    for (const port of ports) {
      const other = mine.includes(port) ? null : this.#owners.get(port)!;
      if (other === owner) continue;
      if (other === null && (await canBind(port))) continue;
      const { findPortHolder } = await portHolder();
      taken.push({ port, owner: other, holder: findPortHolder(port) });
    }
    if (taken.length > 0) for (const port of mine) this.#owners.delete(port);
    return taken;
  }

  /** Takes ports for an owner that has them already, from its record after the agent's restart. @returns those another owner holds */
  restore(owner: string, ports: readonly number[]): number[] {
    const taken = ports.filter((port) => (this.#owners.get(port) ?? owner) !== owner);
    for (const port of ports) if (!taken.includes(port)) this.#owners.set(port, owner);
    return taken;
  }

  release(owner: string, ports?: readonly number[]): void {
    for (const [port, holder] of this.#owners)
      if (holder === owner && (!ports || ports.includes(port))) this.#owners.delete(port);
  }

  /** The instance that leases this port; null when none does. */
  ownerOf(port: number): string | null {
    return this.#owners.get(port) ?? null;
  }
}

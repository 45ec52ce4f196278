// Who watches the cluster hears what changed, gathered over at most 50 ms. Nobody watching costs nothing.
import type { ClusterChange } from '../api/cluster.ts';

/** Longest that a change waits for others, ms. */
const gatherMs = 50;

const none = (): ClusterChange => ({
  apps: new Set(),
  nodes: new Set(),
  instances: new Set(),
  usage: new Set(),
  events: false,
});

export class Changes {
  readonly #listeners = new Set<(change: ClusterChange) => void>();
  #gathered = none();
  #timer: NodeJS.Timeout | null = null;
  readonly #failed: (error: unknown) => void;

  /** @param failed hears of a listener that threw; the others are still called */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  mark(kind: 'apps' | 'nodes' | 'instances' | 'usage', id: string): void {
    if (this.#listeners.size === 0) return;
    this.#gathered[kind].add(id);
    this.#schedule();
  }

  markEvents(): void {
    if (this.#listeners.size === 0) return;
    this.#gathered.events = true;
    this.#schedule();
  }

  /** The hub's status, of which the records say nothing. */
  markStatus(): void {
    if (this.#listeners.size === 0) return;
    this.#gathered.status = true;
    this.#schedule();
  }

  /** @returns the way to stop */
  subscribe(listener: (change: ClusterChange) => void): () => void {
    const own = (change: ClusterChange): void => listener(change);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
      this.#gathered = none();
    };
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#flush(), gatherMs);
  }

  #flush(): void {
    this.#timer = null;
    const change = this.#gathered;
    this.#gathered = none();
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}

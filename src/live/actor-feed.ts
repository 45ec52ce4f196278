// The tree of actors for the inspector. Actors do not announce themselves (that would cost each of them), so while somebody
// looks at the tree it is asked for again, less often where asking takes long.
import type { Cluster } from '../api/cluster.ts';
import type { ActorView } from '../protocol/live.ts';
import type { Feed, Watch } from './client.ts';

const leastMs = 1000;
const mostMs = 15_000;

export class ActorFeed implements Feed {
  readonly #cluster: Cluster;
  readonly #now: () => number;
  readonly #failed: (watch: Watch | null, error: unknown) => void;
  readonly #watches = new Set<Watch>();
  #known: Map<string, string> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running = false;

  constructor(cluster: Cluster, now: () => number, failed: (watch: Watch | null, error: unknown) => void) {
    this.#cluster = cluster;
    this.#now = now;
    this.#failed = failed;
  }

  get idle(): boolean {
    return this.#timer === null && this.#watches.size === 0;
  }

  add(watch: Watch): void {
    watch.stale = true;
    this.#watches.add(watch);
    void this.#look();
  }

  remove(watch: Watch): void {
    this.#watches.delete(watch);
    if (this.#watches.size > 0) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#known = null;
  }

  async #look(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const began = performance.now();
    let answered = false;
    try {
      const actors = await this.#cluster.actors();
      const change = this.#differences(actors);
      const at = this.#now();
      answered = true;
      for (const watch of this.#watches) {
        if (watch.client.lagging) watch.stale = true;
        else if (watch.stale) {
          watch.stale = false;
          watch.trouble = null;
          watch.client.answer({ type: 'snapshot', topic: watch.name, at, actors });
        } else if (Object.keys(change).length)
          watch.client.answer({ type: 'change', topic: watch.name, at, actors: change });
      }
    } catch (error) {
      for (const watch of this.#watches) {
        watch.stale = true;
        this.#failed(watch, error);
      }
    }
    this.#running = false;
    if (this.#watches.size === 0) return;
    const took = performance.now() - began;
    // Who came while it was being read has had no snapshot yet.
    const soon =
      answered &&
      [...this.#watches].some((watch) => watch.stale && !watch.client.lagging && !watch.over.signal.aborted);
    this.#timer = setTimeout(() => void this.#look(), soon ? 100 : Math.min(mostMs, Math.max(leastMs, took * 20)));
  }

  #differences(actors: ActorView[]): Record<string, ActorView | null> {
    const now = new Map(actors.map((actor) => [actor.id, JSON.stringify(actor)]));
    const change: Record<string, ActorView | null> = {};
    for (const actor of actors) if (this.#known?.get(actor.id) !== now.get(actor.id)) change[actor.id] = actor;
    for (const id of this.#known?.keys() ?? []) if (!now.has(id)) change[id] = null;
    this.#known = now;
    return change;
  }
}

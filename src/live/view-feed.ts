// Topics made of the cluster's views: one subscription to the cluster for all who watch, what changed read once and written
// as text once. Snapshots and changes are made one after another, so that no change falls between a snapshot and what follows.
import type { Cluster, ClusterChange } from '../api/cluster.ts';
import type { ClusterEvent } from '../model/event.ts';
import { maskSecrets } from '../model/secrets.ts';
import type { ServerFrame } from '../protocol/live.ts';
import type { Feed, Watch } from './client.ts';
import { changeOf, readChanges, reduceAbove, snapshotOf, usageOf, type Changes, type Topic } from './topics.ts';

/** Least time between two frames of changes. */
const paceMs = 100;
/** How soon a reader that was slow is looked at again, and how soon a cluster that did not answer is asked again. */
const againMs = 250;
const retryMs = 1000;

/** Events read for one frame. */
const mostAtOnce = 5000;

const nothing = (): ClusterChange => ({
  apps: new Set(),
  nodes: new Set(),
  instances: new Set(),
  usage: new Set(),
  events: false,
});

export class ViewFeed implements Feed {
  readonly #cluster: Cluster;
  readonly #now: () => number;
  readonly #failed: (watch: Watch | null, error: unknown) => void;
  readonly #watches = new Map<string, Set<Watch>>();
  /** By topic: ends the watching of its instances' usage. */
  readonly #unwatch = new Map<string, () => void>();
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #dirty = nothing();
  #lastTick = 0;
  #lastEvent: number | null = null;
  #lastStatus = '';
  /** The overview is in its reduced form. */
  #many = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, now: () => number, failed: (watch: Watch | null, error: unknown) => void) {
    this.#cluster = cluster;
    this.#now = now;
    this.#failed = failed;
  }

  get idle(): boolean {
    return !this.#unsubscribe && !this.#timer;
  }

  add(watch: Watch): void {
    const same = this.#watches.get(watch.name) ?? new Set();
    this.#watches.set(watch.name, same.add(watch));
    const of = usageOf(watch.topic);
    if (of && !this.#unwatch.has(watch.name)) this.#unwatch.set(watch.name, this.#cluster.watchUsage(of));
    this.#unsubscribe ??= this.#cluster.subscribe((change) => this.#changed(change));
    this.#enqueue(() => this.#snapshot(watch));
  }

  remove(watch: Watch): void {
    const same = this.#watches.get(watch.name);
    same?.delete(watch);
    if (same?.size === 0) {
      this.#watches.delete(watch.name);
      this.#unwatch.get(watch.name)?.();
      this.#unwatch.delete(watch.name);
    }
    if (this.#watches.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#dirty = nothing();
    this.#lastEvent = null;
    this.#lastStatus = '';
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => this.#failed(null, error));
  }

  async #snapshot(watch: Watch): Promise<void> {
    if (watch.over.signal.aborted) return;
    try {
      this.#lastEvent ??= (await this.#cluster.events({ query: '', after: 0, limit: 1, newestFirst: true })).newest;
      const frame = await snapshotOf(this.#cluster, watch.name, watch.topic, watch.after, this.#now());
      if (watch.over.signal.aborted) return;
      if (watch.topic.kind === 'cluster') this.#many = (frame.instances?.length ?? 0) > reduceAbove;
      // Events that were replayed up to here are not replayed again when the reader falls behind later.
      if (watch.topic.kind === 'events')
        watch.after = (frame.events ?? []).reduce(
          (most, event) => Math.max(most, event.seq),
          watch.after ?? this.#lastEvent,
        );
      watch.stale = false;
      watch.trouble = null;
      watch.client.answer(frame);
    } catch (error) {
      watch.stale = true;
      this.#failed(watch, error);
      this.#schedule(retryMs);
    }
  }

  #changed(change: ClusterChange): void {
    for (const key of ['apps', 'nodes', 'instances', 'usage'] as const)
      for (const id of change[key]) this.#dirty[key].add(id);
    this.#dirty.events ||= change.events;
    if (change.status) this.#dirty.status = true;
    this.#schedule(0);
  }

  #schedule(leastMs: number): void {
    if (this.#timer || !this.#unsubscribe) return;
    this.#timer = setTimeout(
      () => this.#enqueue(() => this.#tick()),
      Math.max(leastMs, this.#lastTick + paceMs - this.#now(), 0),
    );
  }

  async #tick(): Promise<void> {
    this.#timer = null;
    this.#lastTick = this.#now();
    const change = this.#dirty;
    this.#dirty = nothing();
    const watches = [...this.#watches.values()].map((same) => [...same]);
    if (watches.length === 0) return;
    let changes: Changes;
    try {
      changes = await readChanges(
        this.#cluster,
        change,
        watches.map(([first]) => first!.topic),
        change.events ? await this.#newEvents() : [],
      );
    } catch (error) {
      // What changed is not known any more: everyone gets the whole, once it can be read.
      for (const watch of watches.flat()) {
        watch.stale = true;
        this.#failed(watch, error);
      }
      this.#schedule(retryMs);
      return;
    }
    const status = changes.status === null ? null : JSON.stringify(changes.status);
    if (status === this.#lastStatus) changes.status = null;
    else if (status !== null) this.#lastStatus = status;
    let behind = false;
    for (const same of watches) {
      const { name, topic } = same[0]!;
      behind = (await this.#write(same, changeOf(name, topic, changes, this.#many, this.#now()), topic)) || behind;
    }
    if (behind) this.#schedule(againMs);
  }

  /** Gives a change to all who watch a topic; @returns whether one of them could not take it. */
  async #write(watches: Watch[], frame: ServerFrame | null, topic: Topic): Promise<boolean> {
    let plain: string | null = null;
    let masked: string | null = null;
    let behind = false;
    for (const watch of watches) {
      const { client, over } = watch;
      if (over.signal.aborted) continue;
      if (frame && client.lagging) watch.stale = true;
      if (watch.stale) {
        if (client.lagging) behind = true;
        else await this.#snapshot(watch);
      } else if (frame) {
        client.sendText(
          client.masked ? (masked ??= JSON.stringify(maskSecrets(frame))) : (plain ??= JSON.stringify(frame)),
        );
        if (topic.kind === 'events' && this.#lastEvent !== null) watch.after = this.#lastEvent;
      }
    }
    return behind;
  }

  async #newEvents(): Promise<ClusterEvent[]> {
    const found: ClusterEvent[] = [];
    for (let after = this.#lastEvent ?? 0; ;) {
      const { items } = await this.#cluster.events({ query: '', after, limit: 500, newestFirst: false });
      found.push(...items);
      after = items.at(-1)?.seq ?? after;
      this.#lastEvent = after;
      if (items.length < 500) return found;
      if (found.length < mostAtOnce) continue;
      this.#dirty.events = true; // the rest comes with the next frame, whether or not anything else happens
      this.#schedule(0);
      return found;
    }
  }
}

// Whether the store takes writes: the last failure of each part that is written, until a write there succeeds again.
import { StoreError } from './store.ts';
import { PassingStore } from './passing-store.ts';
import type { LogEntry, SeriesPoint, Store, Write, WriteResult } from './store.ts';

/** `since`: the first failure in a row, epoch ms. */
export interface Trouble {
  code: StoreError['code'];
  message: string;
  hint: string;
  since: number;
}

/** A part that is hardly ever written is not held against the store for longer than this after its failure, once others are written, ms. */
const forgetMs = 300_000;

export class StoreTrouble {
  readonly #parts = new Map<string, Trouble & { last: number }>();
  readonly #now: () => number;
  /** Told when trouble begins, ends or is another. */
  changed: () => void = () => undefined;
  /** By how much this process's clock is ahead of that of the store, ms, where it is much; else 0. */
  clockAheadMs = 0;
  /** Why it is not known any more whether this process still leads; null: it does. */
  lapsed: () => StoreError | null = () => null;

  /** @param now epoch ms */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param part a collection, or `events`, `points`, `counters`, `lease` */
  failed(part: string, error: unknown): void {
    // What is refused was asked wrongly: the store is well.
    if (!(error instanceof StoreError) || error.code === 'store-refused') return;
    const at = this.#now();
    const { code, message, hint } = error;
    const known = this.#parts.get(part);
    this.#parts.set(part, { code, message, hint, since: known?.since ?? at, last: at });
    if (known?.message !== message) this.changed();
  }

  succeeded(part: string): void {
    if (this.#parts.size === 0) return;
    const at = this.#now();
    const before = this.#parts.size;
    for (const [name, { last }] of this.#parts) if (name === part || at - last > forgetMs) this.#parts.delete(name);
    if (this.#parts.size < before) this.changed();
  }

  clock(aheadMs: number): void {
    const told = this.clockAheadMs !== 0;
    this.clockAheadMs = aheadMs;
    if (told !== (aheadMs !== 0)) this.changed();
  }

  /** What was in the way of any part was mended: what else is will be met by the next write. */
  mended(): void {
    if (this.#parts.size === 0) return;
    this.#parts.clear();
    this.changed();
  }

  /** The one that lasts longest; null: what was last written was written. */
  get current(): Trouble | null {
    let oldest: Trouble | null = null;
    for (const { code, message, hint, since } of this.#parts.values())
      if (!oldest || since < oldest.since) oldest = { code, message, hint, since };
    return oldest;
  }
}

/** A store whose writes are noted in a `StoreTrouble`. */
export class WatchedStore extends PassingStore {
  readonly #trouble: StoreTrouble;

  constructor(store: Store, trouble: StoreTrouble) {
    super(store);
    this.#trouble = trouble;
  }

  async #noted<T>(parts: Iterable<string>, work: Promise<T>): Promise<T> {
    try {
      const done = await work;
      for (const part of parts) this.#trouble.succeeded(part);
      return done;
    } catch (error) {
      for (const part of parts) this.#trouble.failed(part, error);
      throw error;
    }
  }

  override write(write: Write): Promise<WriteResult> {
    return this.#noted([write.collection], super.write(write));
  }
  override writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    return this.#noted(new Set([first.collection, second.collection]), super.writeBoth(first, second));
  }
  override bulk(writes: Write[]): Promise<WriteResult[]> {
    return this.#noted(new Set(writes.map(({ collection }) => collection)), super.bulk(writes));
  }
  override draw(counter: string, count: number, atLeast?: number): Promise<number> {
    return this.#noted(['counters'], super.draw(counter, count, atLeast));
  }
  override append(entries: Omit<LogEntry, 'seq'>[], term?: number): Promise<number[]> {
    return this.#noted(['events'], super.append(entries, term));
  }
  override addPoints(subject: string, points: SeriesPoint[]): Promise<void> {
    return this.#noted(['points'], super.addPoints(subject, points));
  }
}

// Whether the store takes writes: the last failure of each part that is written, until a write there succeeds again.
import { StoreError } from './store.ts';
import type {
  CollectionSize,
  Doc,
  LogEntry,
  QueryOptions,
  QueryResult,
  ReadLogOptions,
  ScanOptions,
  SeriesPoint,
  Store,
  Stored,
  SubjectPoint,
  Write,
  WriteResult,
} from './store.ts';

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
export class WatchedStore implements Store {
  readonly #store: Store;
  readonly #trouble: StoreTrouble;

  constructor(store: Store, trouble: StoreTrouble) {
    this.#store = store;
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

  write(write: Write): Promise<WriteResult> {
    return this.#noted([write.collection], this.#store.write(write));
  }
  writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    return this.#noted(new Set([first.collection, second.collection]), this.#store.writeBoth(first, second));
  }
  bulk(writes: Write[]): Promise<WriteResult[]> {
    return this.#noted(new Set(writes.map(({ collection }) => collection)), this.#store.bulk(writes));
  }
  draw(counter: string, count: number, atLeast?: number): Promise<number> {
    return this.#noted(['counters'], this.#store.draw(counter, count, atLeast));
  }
  append(entries: Omit<LogEntry, 'seq'>[], term?: number): Promise<number[]> {
    return this.#noted(['events'], this.#store.append(entries, term));
  }
  addPoints(subject: string, points: SeriesPoint[]): Promise<void> {
    return this.#noted(['points'], this.#store.addPoints(subject, points));
  }

  get<T = Doc>(collection: string, key: string): Promise<Stored<T> | null> {
    return this.#store.get<T>(collection, key);
  }
  scan<T = Doc>(collection: string, options?: ScanOptions): Promise<{ items: Stored<T>[]; next: string | null }> {
    return this.#store.scan<T>(collection, options);
  }
  query<T = Doc>(collection: string, query: string, options?: QueryOptions): Promise<QueryResult<T>> {
    return this.#store.query<T>(collection, query, options);
  }
  readLog(options?: ReadLogOptions): Promise<{ items: LogEntry[]; oldest: number; newest: number }> {
    return this.#store.readLog(options);
  }
  readPoints(subject: string, fromMinute: number, toMinute: number): Promise<SeriesPoint[]> {
    return this.#store.readPoints(subject, fromMinute, toMinute);
  }
  expire(before: number, maxEvents: number): Promise<number> {
    return this.#store.expire(before, maxEvents);
  }
  collections(): Promise<CollectionSize[]> {
    return this.#store.collections();
  }
  history(): Promise<CollectionSize[]> {
    return this.#store.history();
  }
  scanPoints(
    after: string | null,
    limit: number,
    newestFirst?: boolean,
  ): Promise<{ items: SubjectPoint[]; next: string | null }> {
    return this.#store.scanPoints(after, limit, newestFirst);
  }
  close(): Promise<void> {
    return this.#store.close();
  }
}

// The store as a leader uses it: what it writes is acknowledged only when it still led afterwards. A leader that was paused in the
// middle of a request and overtaken so never acknowledges what its successor has not seen.
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
} from '../store.ts';
import type { Lease } from './lease.ts';

export class LeasedStore implements Store {
  readonly #store: Store;
  readonly #lease: Lease;
  constructor(store: Store, lease: Lease) {
    this.#store = store;
    this.#lease = lease;
  }

  async #led<T>(work: Promise<T>): Promise<T> {
    const done = await work;
    await this.#lease.confirm();
    return done;
  }

  write(write: Write): Promise<WriteResult> {
    return this.#led(this.#store.write(write));
  }
  writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    return this.#led(this.#store.writeBoth(first, second));
  }
  bulk(writes: Write[]): Promise<WriteResult[]> {
    return this.#led(this.#store.bulk(writes));
  }
  draw(counter: string, count: number, atLeast?: number): Promise<number> {
    return this.#led(this.#store.draw(counter, count, atLeast));
  }
  append(entries: Omit<LogEntry, 'seq'>[], term?: number): Promise<number[]> {
    return this.#led(this.#store.append(entries, term));
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
  addPoints(subject: string, points: SeriesPoint[]): Promise<void> {
    return this.#store.addPoints(subject, points);
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
  /** The store is the opener's. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

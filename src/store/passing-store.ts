// A store that passes all it is asked on to another: what stands before a store overrides what it changes.
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

export class PassingStore implements Store {
  readonly #store: Store;
  constructor(store: Store) {
    this.#store = store;
  }

  write(write: Write): Promise<WriteResult> {
    return this.#store.write(write);
  }
  writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    return this.#store.writeBoth(first, second);
  }
  bulk(writes: Write[]): Promise<WriteResult[]> {
    return this.#store.bulk(writes);
  }
  draw(counter: string, count: number, atLeast?: number): Promise<number> {
    return this.#store.draw(counter, count, atLeast);
  }
  append(entries: Omit<LogEntry, 'seq'>[], term?: number): Promise<number[]> {
    return this.#store.append(entries, term);
  }
  addPoints(subject: string, points: SeriesPoint[]): Promise<void> {
    return this.#store.addPoints(subject, points);
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

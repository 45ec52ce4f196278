// The store port: what the master (and a standalone agent) keeps. Two adapters: embedded (lmdb) and Elasticsearch.
//
// Made to fit both: every call is asynchronous; the only atomic step is the compare-and-swap of ONE record; there is no
// transaction across records and no lock. Decisions read by key (`get`, `scan`), never by `query`, which may lag.

/** Compare-and-swap token of a record: opaque, changes with every write. */
export type Version = string;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Doc = { [key: string]: Json | undefined };

export interface Stored<T = Doc> {
  key: string;
  version: Version;
  doc: T;
}

export interface Write<T = Doc> {
  collection: string;
  key: string;
  /** null deletes. */
  doc: T | null;
  /** The version last read; 'absent' creates; 'any' overwrites whatever is there. */
  expect: Version | 'absent' | 'any';
  /** Fence: refused with `conflict: 'term'` when the stored record was written under a higher term. Absent: 0. */
  term?: number;
}

export type WriteResult = { ok: true; version: Version } | { ok: false; conflict: 'version' | 'term' };

/** Keys: 1 to 512 bytes of UTF-8, in the order of code points. Collections: `[a-z][a-z0-9_-]{0,62}`. Else `store-refused`. */
export interface ScanOptions {
  /** Only keys that begin with this. */
  prefix?: string;
  /** Only keys after this one: the paging cursor. */
  after?: string;
  /** Records a page, default 1000, at most 10,000. */
  limit?: number;
}

export interface QueryOptions {
  /** Default 0. */
  from?: number;
  /** Default 100, at most 10,000. */
  size?: number;
  /** Fields by comma, `-` for descending: `status,-memory.total`. Without the field: last. Equal ones, and without `sort` all, by key. */
  sort?: string;
}
export interface QueryResult<T = Doc> {
  items: Stored<T>[];
  total: number;
  /** There may be more than `total`: not all was looked at. */
  about?: boolean;
}

/** One line of the event log. `seq` is given by the log; `at` is epoch ms. */
export interface LogEntry {
  seq: number;
  at: number;
  [key: string]: Json | undefined;
}

export interface ReadLogOptions {
  /** Entries with a higher number than this. Default 0: from the oldest kept. */
  after?: number;
  /** Default 100. */
  limit?: number;
  /** A query of our language over the entries. */
  query?: string;
  /** Newest first. Default false. */
  newestFirst?: boolean;
  /** Only entries below this number (paging back). */
  before?: number;
}

/** Per-minute roll-up: minute = epoch minute; values by name, each [min, average, max]. */
export interface SeriesPoint {
  minute: number;
  values: { [name: string]: [number, number, number] };
}

export interface CollectionSize {
  name: string;
  count: number;
  bytes: number | null;
  /** `bytes` is an estimate. */
  about?: boolean;
}

/** Every method rejects with a `StoreError` when the store itself fails; a lost compare-and-swap is a result, not an error. */
export interface Store {
  /** The record, or null. Always the latest acknowledged write. */
  get<T = Doc>(collection: string, key: string): Promise<Stored<T> | null>;
  /** Records in key order. `next` is the cursor for `after`, null at the end. */
  scan<T = Doc>(collection: string, options?: ScanOptions): Promise<{ items: Stored<T>[]; next: string | null }>;
  /** Compare-and-swap of one record; durable when it resolves. */
  write(write: Write): Promise<WriteResult>;
  /**
   * Two of them in order: the second is tried only where the first was stored (else null), and is never there without it. One commit
   * where the store can, so that it costs what one costs. Durable when it resolves.
   */
  writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]>;
  /** Many single-record compare-and-swaps in one trip; each succeeds or fails alone, results in order. Durable when it resolves. */
  bulk(writes: Write[]): Promise<WriteResult[]>;
  /** Documents of a collection that match a query of our language ('' and '*': all). May lag behind writes by about a second. */
  query<T = Doc>(collection: string, query: string, options?: QueryOptions): Promise<QueryResult<T>>;

  /** Reserves `count` numbers of a named counter, which begins at 1: gives the first. Never gives a number twice, nor below `atLeast`. */
  draw(counter: string, count: number, atLeast?: number): Promise<number>;

  /**
   * Appends to the event log in order; gives the number of each. Readers see no number before all lower ones of the same
   * term are there or given up.
   */
  append(entries: Omit<LogEntry, 'seq'>[], term?: number): Promise<number[]>;
  /** `newest`: the highest number ever given, 0 before the first. `oldest`: the lowest kept; `newest + 1` where nothing is kept. */
  readLog(options?: ReadLogOptions): Promise<{ items: LogEntry[]; oldest: number; newest: number }>;

  /** Adds per-minute points of one subject ('node/<id>', 'instance/<id>'). The same minute again replaces it. */
  addPoints(subject: string, points: SeriesPoint[]): Promise<void>;
  readPoints(subject: string, fromMinute: number, toMinute: number): Promise<SeriesPoint[]>;

  /** Drops events and points older than `before` (epoch ms) and all but the newest `maxEvents`; gives how many were dropped. */
  expire(before: number, maxEvents: number): Promise<number>;

  /** Points of all subjects, by minute and subject. `next` is the cursor for `after`, null at the end. */
  scanPoints(
    after: string | null,
    limit: number,
    newestFirst?: boolean,
  ): Promise<{ items: SubjectPoint[]; next: string | null }>;

  /** Collections of records. */
  collections(): Promise<CollectionSize[]>;
  /** What is kept beside records, at no cost: `events` and `metrics`. */
  history(): Promise<CollectionSize[]>;
  close(): Promise<void>;
}

/** A point with whose it is. */
export interface SubjectPoint extends SeriesPoint {
  subject: string;
}

/** What moving a hub needs beyond the port: all there is, under the numbers it has. Doing any of it twice is doing it once. */
export interface MovableStore extends Store {
  /** Every counter, with a number from which on it has given none. Whatever was acknowledged before is seen by later scans and searches. */
  counters(): Promise<{ name: string; next: number }[]>;
  /** Stores entries under their own numbers; later ones go on above them and above `newest`. */
  putLog(entries: LogEntry[], newest: number): Promise<void>;
  /** Closes it and removes all that is in it: of a move that is given up. */
  destroy(): Promise<void>;
}

/** Why a store failed. `code` is stable; `hint` says what to do next. */
export class StoreError extends Error {
  readonly code: 'store-unavailable' | 'store-corrupt' | 'store-full' | 'store-refused';
  readonly hint: string;
  constructor(code: StoreError['code'], message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
    this.hint = hint;
  }
}

/** Another leads the hub since: whatever a process that is overtaken still writes is refused. */
export class OutrankedError extends StoreError {
  constructor() {
    super(
      'store-unavailable',
      'Another master leads this hub now',
      'Ask again: this master stands by and names the other.',
    );
  }
}

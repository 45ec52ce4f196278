// The embedded store: lmdb in one file, for one process. Every acknowledged write is on the disk (group commit, one sync a
// group); reads come from the memory map and cost microseconds.
import { join } from 'node:path';
import { mkdir, rm } from 'node:fs/promises';
import { Commits, Ledger } from './commits.ts';
import { checkKey, whole } from './encoding.ts';
import { closedError, storeFailure } from './failures.ts';
import { EventLog, prepareEntry } from './log.ts';
import type { PreparedEntry } from './log.ts';
import { prepareFile } from '../repair/prepare-file.ts';
import type { StoreNotice } from '../repair/prepare-file.ts';
import { Records, pageSize, prepare } from './records.ts';
import type { PreparedWrite } from './records.ts';
import { searchLog, searchRecords } from '../search.ts';
import { Series, preparePoint } from './series.ts';
import { StoreError } from '../store.ts';
import type {
  CollectionSize,
  Doc,
  LogEntry,
  MovableStore,
  QueryOptions,
  QueryResult,
  ReadLogOptions,
  ScanOptions,
  SeriesPoint,
  Stored,
  SubjectPoint,
  Write,
  WriteResult,
} from '../store.ts';
import { drawnNumbers, recordSizes, tableSize } from './sizes.ts';
import { floorKey, openTables } from './tables.ts';
import type { Table, Tables } from './tables.ts';

/** The store's file in its directory. */
export const storeFile = 'store.mdb';

/** Records that one transaction of a bulk or an expiry touches: between two of them the main loop runs. */
const recordsATurn = 1000;

const slices = <T>(items: T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / recordsATurn) }, (_, n) =>
    items.slice(n * recordsATurn, (n + 1) * recordsATurn),
  );

class EmbeddedStore implements MovableStore {
  readonly #root: Tables['root'];
  readonly #commits: Commits;
  readonly #tables: Tables['of'];
  readonly #ledger: Table;
  readonly #records: Records;
  readonly #log: EventLog;
  readonly #series: Series;
  #closing: Promise<void> | null = null;
  readonly #file: string;

  constructor({ root, of }: Tables, file: string) {
    this.#root = root;
    this.#file = file;
    this.#tables = of;
    this.#ledger = of.ledger;
    this.#commits = new Commits(root, of.ledger);
    this.#records = new Records(of.records);
    this.#log = new EventLog(of.events, of['event-times']);
    this.#series = new Series(of.points);
  }

  /** Every read: after closing, or of a damaged page, a StoreError. */
  async #read<T>(what: () => T): Promise<T> {
    if (this.#closing) throw closedError();
    try {
      return what();
    } catch (error) {
      throw await storeFailure(error, 'reading');
    }
  }

  get<T = Doc>(collection: string, key: string): Promise<Stored<T> | null> {
    return this.#read(() => this.#records.get<T>(collection, key));
  }

  scan<T = Doc>(collection: string, options?: ScanOptions): Promise<{ items: Stored<T>[]; next: string | null }> {
    return this.#read(() => this.#records.scan<T>(collection, options));
  }

  async write(write: Write): Promise<WriteResult> {
    const prepared = prepare(write);
    return this.#commits.run((ledger) => this.#records.apply(prepared, ledger));
  }

  async writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    const prepared = [prepare(first), prepare(second)] as const;
    return this.#commits.run((ledger) => this.#records.applyBoth(prepared, ledger), 2);
  }

  async bulk(writes: Write[]): Promise<WriteResult[]> {
    const apply = (part: PreparedWrite[]): Promise<WriteResult[]> =>
      this.#commits.run((ledger) => part.map((write) => this.#records.apply(write, ledger)), part.length);
    const prepared: PreparedWrite[][] = []; // all of it, before anything is written
    for (const part of slices(writes)) {
      if (prepared.length > 0) await new Promise(setImmediate);
      prepared.push(part.map(prepare));
    }
    return (await Promise.all(prepared.map(apply))).flat();
  }

  query<T = Doc>(collection: string, query: string, options: QueryOptions = {}): Promise<QueryResult<T>> {
    return searchRecords<T>((after, limit) => this.scan<T>(collection, { after, limit }), query, options);
  }

  async draw(counter: string, count: number, atLeast = 1): Promise<number> {
    checkKey(counter);
    if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(atLeast)) {
      throw new StoreError(
        'store-refused',
        `Cannot draw ${count} numbers from ${atLeast} on`,
        'Draw at least one; give whole numbers.',
      );
    }
    return this.#commits.run((ledger) => {
      const first = Math.max(ledger.get(`draw/${counter}`) + 1, ledger.get(floorKey) + 1, atLeast);
      ledger.set(`draw/${counter}`, first + count - 1);
      return first;
    });
  }

  async append(entries: Omit<LogEntry, 'seq'>[]): Promise<number[]> {
    const prepared = entries.map(prepareEntry);
    const store = (part: PreparedEntry[]): Promise<number[]> =>
      this.#commits.run((ledger) => this.#log.append(part, ledger), part.length);
    return (await Promise.all(slices(prepared).map(store))).flat();
  }

  async readLog(options: ReadLogOptions = {}): Promise<{ items: LogEntry[]; oldest: number; newest: number }> {
    const newest = await this.#read(() => new Ledger(this.#ledger).get('log/newest'));
    const after = Math.max(0, whole(options.after, 0));
    const before = Math.min(whole(options.before, newest + 1), newest + 1);
    const page = (low: number, high: number, limit: number): Promise<LogEntry[]> =>
      this.#read(() => this.#log.read(low, high, limit, options.newestFirst ?? false));
    const items = await searchLog(page, options.query ?? '', {
      after,
      before,
      limit: pageSize(options.limit, 100),
      newestFirst: options.newestFirst ?? false,
    });
    return { items, oldest: await this.#read(() => this.#log.oldest() ?? newest + 1), newest };
  }

  async addPoints(subject: string, points: SeriesPoint[]): Promise<void> {
    const prepared = points.map((point) => preparePoint(subject, point));
    await Promise.all(slices(prepared).map((part) => this.#commits.run(() => this.#series.put(part), part.length)));
  }

  async readPoints(subject: string, fromMinute: number, toMinute: number): Promise<SeriesPoint[]> {
    checkKey(subject);
    const span = await this.#read(() => this.#series.span());
    if (!span) return [];
    const points: SeriesPoint[] = [];
    const last = Math.min(Math.floor(toMinute), span.last);
    for (let minute = Math.max(Math.ceil(fromMinute), span.first); minute <= last; minute += recordsATurn) {
      points.push(
        ...(await this.#read(() => this.#series.read(subject, minute, Math.min(last, minute + recordsATurn - 1)))),
      );
      await new Promise(setImmediate);
    }
    return points;
  }

  async expire(before: number, maxEvents: number): Promise<number> {
    const repeat = async (drop: () => number): Promise<number> => {
      for (let dropped = 0; ;) {
        const count = await this.#commits.run(drop, recordsATurn);
        dropped += count;
        if (count < recordsATurn) return dropped;
      }
    };
    const old = await repeat(() => this.#log.dropOlder(before, recordsATurn));
    const points = await repeat(() => this.#series.dropOlder(before, recordsATurn));
    const surplus = await repeat(() =>
      this.#log.dropFirst(Math.min(recordsATurn, Math.max(0, this.#log.count - Math.max(0, maxEvents)))),
    );
    return old + points + surplus;
  }

  collections(): Promise<CollectionSize[]> {
    return this.#read(() => recordSizes(this.#ledger));
  }

  history(): Promise<CollectionSize[]> {
    const { events, 'event-times': times, points } = this.#tables;
    return this.#read(() => [tableSize('events', [events, times]), tableSize('metrics', [points])]);
  }

  counters(): Promise<{ name: string; next: number }[]> {
    return this.#read(() => drawnNumbers(this.#ledger));
  }

  async putLog(entries: LogEntry[], newest: number): Promise<void> {
    const prepared = entries.map(({ seq, ...entry }) => ({ seq, entry: prepareEntry(entry as Omit<LogEntry, 'seq'>) }));
    const last = Math.max(newest, ...prepared.map(({ seq }) => seq));
    for (const part of prepared.length === 0 ? [[]] : slices(prepared)) {
      await this.#commits.run((ledger) => {
        for (const { seq, entry } of part) this.#log.put(seq, entry);
        ledger.set('log/newest', Math.max(ledger.get('log/newest'), last));
      }, part.length);
    }
  }

  scanPoints(
    after: string | null,
    limit: number,
    newestFirst = false,
  ): Promise<{ items: SubjectPoint[]; next: string | null }> {
    return this.#read(() => {
      const cursor = after === null ? null : Buffer.from(after, 'hex');
      const { items, last } = this.#series.page(cursor, limit, newestFirst);
      return { items, next: items.length === limit ? last!.toString('hex') : null };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#commits.close().then(() => this.#root.close());
    return this.#closing;
  }

  async destroy(): Promise<void> {
    await this.close();
    for (const path of [this.#file, `${this.#file}-lock`]) await rm(path, { force: true });
  }
}

/**
 * Opens (or makes) the store of a directory. The caller holds the directory's lock: lmdb is none. A damaged or foreign file
 * is set aside, what is sound of it is saved, and `notice` says so.
 * @throws StoreError store-full, store-unavailable, store-refused (the store of a later stathub), store-corrupt; with a hint
 */
export async function openEmbedded(
  directory: string,
  options: { notice?: (notice: StoreNotice) => void } = {},
): Promise<MovableStore> {
  const file = join(directory, storeFile);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await prepareFile(file, options.notice ?? ((notice) => console.error(notice.message)));
    return new EmbeddedStore(await openTables(file), file);
  } catch (error) {
    throw await storeFailure(error, `opening ${file}`);
  }
}

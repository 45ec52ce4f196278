// The store in Elasticsearch: several masters share it, one leads (lease.ts). Acknowledged is what the primary and its in-sync
// replicas have synced.
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
import { Bulk } from './requests/bulk.ts';
import { collectionSizes, historySizes } from './indices/collections.ts';
import { connect } from './requests/connect.ts';
import type { ElasticOptions } from './requests/connect.ts';
import { Counters } from './counters.ts';
import { logCounter } from './event-index.ts';
import { expire } from './indices/expiry.ts';
import { Lease } from './leading/lease.ts';
import type { LeaseOptions } from './leading/lease-doc.ts';
import { ElasticLog, checkTerm } from './log.ts';
import { Indices } from './indices/indices.ts';
import { namesOf } from './indices/mappings.ts';
import type { Names } from './indices/mappings.ts';
import { Points } from './points.ts';
import { putBack } from './indices/put-back.ts';
import type { Remembered } from './indices/put-back.ts';
import { Records } from './records.ts';
import { removeIndices } from './indices/removal.ts';
import type { Requests } from './requests/requests.ts';
import { Roll } from './leading/roll.ts';
import { searchCollection } from './search.ts';

export class ElasticStore implements MovableStore {
  readonly requests: Requests;
  readonly names: Names;
  readonly indices: Indices;
  /** The server's version, as it says. */
  readonly version: string;
  readonly #records: Records;
  readonly #counted: Counters;
  readonly #log: ElasticLog;
  readonly #points: Points;
  readonly #bulked: Bulk;
  /** For what is written whether or not the lease could be renewed: without its index it cannot be. */
  readonly #unled: Bulk;

  constructor(requests: Requests, names: Names, version: string) {
    this.requests = requests;
    this.names = names;
    this.version = version;
    const indices = (this.indices = new Indices(requests, names));
    const bulk = (this.#bulked = new Bulk(requests, names));
    this.#unled = new Bulk(requests, names);
    this.#records = new Records(requests, bulk, names);
    this.#counted = new Counters(requests, bulk, names);
    this.#log = new ElasticLog(requests, bulk, indices, names, this.#counted);
    this.#points = new Points(requests, bulk, indices, names);
  }

  get<T = Doc>(collection: string, key: string): Promise<Stored<T> | null> {
    return this.#records.get<T>(collection, key);
  }

  scan<T = Doc>(collection: string, options?: ScanOptions): Promise<{ items: Stored<T>[]; next: string | null }> {
    return this.#records.scan<T>(collection, options);
  }

  async write(write: Write): Promise<WriteResult> {
    return (await this.#records.write([write]))[0]!;
  }

  async writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    const result = await this.write(first); // the items of one bulk may go to different shards, in any order
    return [result, result.ok ? await this.write(second) : null];
  }

  bulk(writes: Write[]): Promise<WriteResult[]> {
    return this.#records.write(writes);
  }

  query<T = Doc>(collection: string, query: string, options: QueryOptions = {}): Promise<QueryResult<T>> {
    return searchCollection<T>(this.requests, this.names, collection, query, options);
  }

  async draw(counter: string, count: number, atLeast?: number): Promise<number> {
    return this.#counted.draw(counter, count, atLeast);
  }

  async append(entries: Omit<LogEntry, 'seq'>[], term = 0): Promise<number[]> {
    checkTerm(term);
    return this.#log.append(entries, term);
  }

  readLog(options?: ReadLogOptions): Promise<{ items: LogEntry[]; oldest: number; newest: number }> {
    return this.#log.read(options);
  }

  addPoints(subject: string, points: SeriesPoint[]): Promise<void> {
    return this.#points.add(subject, points);
  }

  readPoints(subject: string, fromMinute: number, toMinute: number): Promise<SeriesPoint[]> {
    return this.#points.read(subject, fromMinute, toMinute);
  }

  async expire(before: number, maxEvents: number): Promise<number> {
    // By the clock that goes slower: one that is days ahead must not drop what was written yesterday.
    const ahead = Math.max(0, await this.clockAheadMs());
    const dropped = await expire(this.requests, this.names, before - ahead, maxEvents);
    if (dropped > 0) this.#log.forget();
    this.indices.forget();
    return dropped;
  }

  collections(): Promise<CollectionSize[]> {
    return collectionSizes(this.requests, this.names);
  }

  history(): Promise<CollectionSize[]> {
    return historySizes(this.requests, this.names);
  }

  /** By how much this process's clock is ahead of the server's, ms; to a second, and what the answer took. */
  async clockAheadMs(): Promise<number> {
    const { body } = await this.requests.send<{ epoch: string }[]>({
      method: 'GET',
      path: '/_cat/health',
      query: { format: 'json', h: 'epoch' },
    });
    const ahead = Date.now() - Number(body[0]?.epoch) * 1_000;
    return ahead > 0 ? Math.max(0, ahead - 1_000) : ahead;
  }

  /** Leadership of the hub whose store this is. From now on nothing is written by this store but while the lease is held. */
  lease(options: LeaseOptions): Lease {
    const lease = new Lease(this.requests, new Bulk(this.requests, this.names), this.indices, this.names, options);
    this.#bulked.refusal = () => lease.refusal;
    return lease;
  }

  /** The masters of that hub. */
  roll(): Roll {
    return new Roll(this.requests, this.#unled, this.names);
  }

  /** Makes an index of records that is gone again. What somebody wrote there meanwhile stays. */
  async restore(index: string, remembered: Remembered[]): Promise<void> {
    await this.indices.remake(index, () => putBack(this.#unled, this.#records, remembered, this.requests.patienceMs));
  }

  /** Makes the ledger again: the lease as it is held, and every counter above what this process drew. */
  async restoreLedger(lease: Lease): Promise<void> {
    await this.indices.remake(this.names.ledger, async () => {
      await this.#unled.settle(this.#counted.again());
      await lease.putBack();
    });
  }

  async counters(): Promise<{ name: string; next: number }[]> {
    const { allRecords, allEvents, allPoints, ledger } = this.names;
    await this.requests.send({
      method: 'POST',
      path: `/${[...allRecords, allEvents, allPoints, ledger].join(',')}/_refresh`,
      query: { ignore_unavailable: true },
    });
    return (await this.#counted.all()).filter(({ name }) => name !== logCounter);
  }

  putLog(entries: LogEntry[], newest: number): Promise<void> {
    return this.#log.put(entries, newest);
  }

  scanPoints(
    after: string | null,
    limit: number,
    newestFirst = false,
  ): Promise<{ items: SubjectPoint[]; next: string | null }> {
    return this.#points.scan(after, limit, newestFirst);
  }

  async destroy(): Promise<void> {
    await removeIndices(this.requests, this.names);
    await this.close();
  }

  close(): Promise<void> {
    return this.requests.close();
  }
}

/** What an index name may begin with. */
const indexPrefix = /^[a-z][a-z0-9_-]{0,62}$/;

/**
 * Connects, checks product and version, makes what is missing.
 * @param which 'lease': only what it takes to find out who leads; the rest is the leader's to make, who knows what was in it
 * @throws StoreError store-unavailable (not reachable, not authorised), store-refused (no Elasticsearch, too old or too new); with a hint
 */
export async function openElastic(options: ElasticOptions, which: 'all' | 'lease' = 'all'): Promise<ElasticStore> {
  if (!indexPrefix.test(options.prefix)) {
    throw new StoreError(
      'store-refused',
      `'${options.prefix}' is no prefix of indices`,
      'Use a-z, 0-9, _ and -, beginning with a letter, at most 63.',
    );
  }
  const { requests, version } = await connect(options);
  try {
    const names = namesOf(options.prefix);
    const store = new ElasticStore(requests, names, version);
    await (which === 'lease' ? store.indices.prepareLedger() : store.indices.prepare());
    return store;
  } catch (error) {
    await requests.close();
    throw error;
  }
}

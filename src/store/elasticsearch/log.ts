// The event log in daily indices. Numbers come in blocks from a counter; one process appends one batch after another, each to one
// index, so whatever is seen of a batch, all before it is there. A reader first learns how far it may look, then looks.
import { randomBytes } from 'node:crypto';
import { prepareEntry } from '../embedded/log.ts';
import type { PreparedEntry } from '../embedded/log.ts';
import { pageSize } from '../embedded/records.ts';
import { searchLog } from '../search.ts';
import { StoreError } from '../store.ts';
import type { LogEntry, ReadLogOptions } from '../store.ts';
import type { Bulk, Operation } from './requests/bulk.ts';
import { settleDaily } from './indices/daily.ts';
import type { Counters } from './counters.ts';
import { logCounter, EventIndex, entryOf, sourceOf } from './event-index.ts';
import type { Indices } from './indices/indices.ts';
import type { Names } from './indices/mappings.ts';
import type { Requests } from './requests/requests.ts';
import { candidates } from './search.ts';

/** Numbers drawn at once; what is left of them when the process ends is given up. */
const numbersDrawn = 1_000;
/** Of one batch: entries, and bytes. It must fit into one request of the bulk. */
const mostInBatch = 500;
const mostBytes = 2 * 1024 * 1024;
/** Own entries kept in memory: who follows the log is answered from here and does not ask the server at every event. */
const tailEntries = 2_000;

interface Waiting {
  entry: PreparedEntry;
  term: number;
  resolve: (seq: number) => void;
  reject: (error: unknown) => void;
}

const whole = (asked: number | undefined, usual: number): number =>
  Number.isFinite(asked) ? Math.floor(asked!) : usual;
export class ElasticLog {
  readonly #index: EventIndex;
  readonly #bulk: Bulk;
  readonly #indices: Indices;
  readonly #names: Names;
  readonly #counters: Counters;
  readonly #writer = randomBytes(6).toString('base64url');
  #next = 1;
  #end = 1;
  /** Of the block: under an older term, others may have drawn later ones meanwhile. */
  #term = -1;
  /** The highest own number of which it is known how it ended. */
  #settled = 0;
  #tail: LogEntry[] = [];
  #waiting: Waiting[] = [];
  #working = false;

  constructor(requests: Requests, bulk: Bulk, indices: Indices, names: Names, counters: Counters) {
    this.#index = new EventIndex(requests, names, counters);
    this.#bulk = bulk;
    this.#indices = indices;
    this.#names = names;
    this.#counters = counters;
  }

  append(entries: Omit<LogEntry, 'seq'>[], term: number): Promise<number[]> {
    const prepared = entries.map(prepareEntry);
    const numbers = prepared.map(
      (entry) => new Promise<number>((resolve, reject) => this.#waiting.push({ entry, term, resolve, reject })),
    );
    if (!this.#working) {
      this.#working = true;
      queueMicrotask(() => void this.#work());
    }
    return Promise.all(numbers);
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // One index a batch: the order of its entries is then the order in which they can be found.
      const index = this.#names.events(this.#waiting[0]!.entry.at);
      let count = 1;
      let bytes = this.#waiting[0]!.entry.json.length;
      for (; count < Math.min(mostInBatch, this.#waiting.length); count += 1) {
        const {
          entry: { at, json },
          term,
        } = this.#waiting[count]!;
        bytes += json.length;
        if (bytes > mostBytes || this.#names.events(at) !== index || term !== this.#waiting[0]!.term) break;
      }
      const batch = this.#waiting.splice(0, count);
      try {
        const numbers = await this.#write(index, batch);
        batch.forEach(({ resolve }, n) => resolve(numbers[n]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#working = false;
  }

  /**
   * A new term begins above all that is there: a master that leads again must not go on in the block of its former term, below what
   * was appended in between, and a counter that was lost (somebody deleted its index) must not give a number twice.
   */
  async #beginTerm(term: number): Promise<void> {
    this.#next = this.#end = Math.max(this.#end, (await this.#index.newest()) + 1);
    this.#term = term;
  }

  async #numbers(count: number, term: number): Promise<number[]> {
    if (term > this.#term) await this.#beginTerm(term);
    const numbers: number[] = [];
    while (numbers.length < count) {
      if (this.#next >= this.#end) {
        const size = Math.max(numbersDrawn, count - numbers.length);
        this.#next = await this.#counters.draw(logCounter, size, this.#next);
        this.#end = this.#next + size;
      }
      numbers.push(this.#next++);
    }
    return numbers;
  }

  /** The same numbers again until there is an answer; without one they are given up, and the caller hears of it. */
  async #write(index: string, batch: Waiting[]): Promise<number[]> {
    const numbers = await this.#numbers(batch.length, batch[0]!.term);
    const operations = batch.map(({ entry, term }, n): Operation => ({
      action: 'index',
      index,
      id: String(numbers[n]),
      source: sourceOf({ seq: numbers[n]!, at: entry.at, term, writer: this.#writer }, entry.json),
    }));
    try {
      await settleDaily(this.#bulk, this.#indices, operations);
      batch.forEach(({ entry }, n) =>
        this.#tail.push({
          ...(JSON.parse(entry.json.toString()) as Omit<LogEntry, 'seq'>),
          seq: numbers[n]!,
        } as LogEntry),
      );
      if (this.#tail.length > 2 * tailEntries) this.#tail = this.#tail.slice(-tailEntries);
      return numbers;
    } catch (error) {
      this.#tail = []; // part of the batch may be there: the tail is no longer all that there is
      throw error;
    } finally {
      this.#settled = numbers.at(-1)!;
    }
  }

  /** Stores entries under their own numbers; later ones go on above them and above `newest`. Twice is once. */
  async put(entries: LogEntry[], newest: number): Promise<void> {
    await settleDaily(
      this.#bulk,
      this.#indices,
      entries.map(({ seq, ...entry }): Operation => {
        const { at, json } = prepareEntry(entry as Omit<LogEntry, 'seq'>);
        return {
          action: 'index',
          index: this.#names.events(at),
          id: String(seq),
          source: sourceOf({ seq, at, term: 0, writer: 'moved' }, json),
        };
      }),
    );
    const last = Math.max(newest, ...entries.map(({ seq }) => seq));
    if (last > 0 && (await this.#counters.peek(logCounter)) <= last) await this.#counters.draw(logCounter, 1, last);
  }

  async read(options: ReadLogOptions = {}): Promise<{ items: LogEntry[]; oldest: number; newest: number }> {
    const newestFirst = options.newestFirst ?? false;
    const limit = pageSize(options.limit, 100);
    const after = Math.max(0, whole(options.after, 0));
    const first = this.#tail[0];
    const fromTail = !newestFirst && first !== undefined && after >= first.seq && this.#tail.at(-1)!.seq > after;
    const { newest, within } = fromTail
      ? { newest: this.#settled, within: {} }
      : await this.#index.horizon({ writer: this.#writer, settled: this.#settled });
    const before = Math.min(whole(options.before, newest + 1), newest + 1);
    const asked = fromTail ? [] : [candidates(options.query ?? '')];
    const page = async (low: number, high: number, count: number): Promise<LogEntry[]> => {
      if (fromTail) return this.#tail.filter(({ seq }) => seq > low && seq < high).slice(0, count);
      if (high <= low + 1) return [];
      const sources = await this.#index.search({
        size: count,
        sort: [{ seq: { order: newestFirst ? 'desc' : 'asc', unmapped_type: 'long' } }],
        query: { bool: { filter: [within, ...asked, { range: { seq: { gt: low, lt: high } } }] } },
      });
      return sources.map(entryOf);
    };
    const items = await searchLog(page, options.query ?? '', { after, before, limit, newestFirst });
    return {
      items,
      oldest: fromTail ? Math.min(this.#knownOldest ?? first.seq, first.seq) : await this.#oldest(newest),
      newest,
    };
  }

  #knownOldest: number | null = null;
  async #oldest(newest: number): Promise<number> {
    const [found] = await this.#index.search({
      size: 1,
      _source: ['seq'],
      sort: [{ seq: { order: 'asc', unmapped_type: 'long' } }],
    });
    this.#knownOldest = found?.seq ?? null;
    return found?.seq ?? newest + 1;
  }

  /** Something was dropped: what is remembered may be gone. */
  forget(): void {
    this.#tail = [];
    this.#knownOldest = null;
  }
}

/** @throws StoreError store-refused when a term is none */
export function checkTerm(term: number): void {
  if (!Number.isSafeInteger(term) || term < 0)
    throw new StoreError('store-refused', `A term is ${term}`, 'Give a whole number from 0 on.');
}

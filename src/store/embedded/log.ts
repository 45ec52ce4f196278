// The event log of the embedded store: numbers from 1, given inside the transaction that stores the entries, so no reader
// ever sees a gap that fills later. An index by time lets old entries go without reading the log.
import type { Ledger } from './commits.ts';
import { decode, encode, numberKey, readNumber, seal, toJson } from './encoding.ts';
import { StoreError } from '../store.ts';
import type { LogEntry } from '../store.ts';
import type { Table } from './tables.ts';

export interface PreparedEntry {
  at: number;
  json: Buffer;
}

/** @throws StoreError store-refused when `at` is no time or the entry no JSON */
export function prepareEntry(entry: Omit<LogEntry, 'seq'>): PreparedEntry {
  const at = Number(entry['at']);
  if (!Number.isSafeInteger(at) || at < 0) {
    throw new StoreError(
      'store-refused',
      `An event has no valid time: at = ${String(entry['at'])}`,
      'Give `at` in whole milliseconds since 1970.',
    );
  }
  return { at, json: toJson(entry) };
}

const noBytes = new Uint8Array(0);

export class EventLog {
  readonly #entries: Table;
  readonly #times: Table;
  constructor(entries: Table, times: Table) {
    this.#entries = entries;
    this.#times = times;
  }

  /** Inside a transaction: stores in order, gives the numbers. */
  append(prepared: PreparedEntry[], ledger: Ledger): number[] {
    return prepared.map((entry) => {
      const seq = ledger.add('log/newest', 1);
      this.put(seq, entry);
      return seq;
    });
  }

  /** Inside a transaction: stores an entry under a number of its own. */
  put(seq: number, { at, json }: PreparedEntry): void {
    const key = numberKey(seq);
    this.#entries.put(key, encode(key, json));
    const time = numberKey(at, seq);
    this.#times.put(time, seal(time, noBytes));
  }

  /** Entries strictly between two numbers, at most `limit`. */
  read(after: number, before: number, limit: number, newestFirst: boolean): LogEntry[] {
    const low = numberKey(after + 1);
    const high = numberKey(before);
    if (before <= after + 1) return [];
    const range = newestFirst
      ? this.#entries.getRange({ start: numberKey(before - 1), end: numberKey(after), reverse: true, limit })
      : this.#entries.getRange({ start: low, end: high, limit });
    const items: LogEntry[] = [];
    for (const { key, value } of range)
      items.push({ ...(decode(key, value).json() as LogEntry), seq: readNumber(key) });
    return items;
  }

  /** The lowest number kept, or null. */
  oldest(): number | null {
    for (const key of this.#entries.getKeys({ limit: 1 })) return readNumber(key);
    return null;
  }

  get count(): number {
    return (this.#entries.getStats() as { entryCount: number }).entryCount;
  }

  /** Inside a transaction: drops at most `limit` entries older than `before`, oldest time first; gives how many went. */
  dropOlder(before: number, limit: number): number {
    const keys = [...this.#times.getKeys({ end: numberKey(Math.max(0, before)), limit })];
    for (const key of keys) {
      this.#times.remove(key);
      this.#entries.remove(numberKey(readNumber(key, 8)));
    }
    return keys.length;
  }

  /** Inside a transaction: drops at most `limit` of the lowest numbers. */
  dropFirst(limit: number): number {
    const items = [...this.#entries.getRange({ limit })];
    for (const { key, value } of items) {
      this.#times.remove(numberKey((decode(key, value).json() as LogEntry).at, readNumber(key)));
      this.#entries.remove(key);
    }
    return items.length;
  }
}

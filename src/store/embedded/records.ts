// Records of the embedded store: reading, ordered scans, compare-and-swap.
import type { Ledger } from './commits.ts';
import { checkCollection, checkKey, decode, encode, prefixEnd, recordKey, splitRecordKey, toJson } from './encoding.ts';
import { StoreError } from '../store.ts';
import type { Doc, ScanOptions, Stored, Version, Write, WriteResult } from '../store.ts';
import type { Table } from './tables.ts';

/** Most items one page may have, in both adapters (Elasticsearch's default window). */
const pageLimit = 10_000;

/** A page size that was asked for, made possible. */
export const pageSize = (asked: number | undefined, usual: number): number =>
  Math.min(pageLimit, Math.max(1, Math.floor(Number.isFinite(asked) ? asked! : usual)));

const asVersion = (version: number): Version => version.toString(36);

/** A write with its bytes made outside the transaction, where an exception harms nobody else. */
export interface PreparedWrite {
  collection: string;
  key: Buffer;
  json: Buffer | null;
  expect: Write['expect'];
  term: number;
}

/** @throws StoreError store-refused for a bad collection, key or document */
export function prepare(write: Write): PreparedWrite {
  checkCollection(write.collection);
  checkKey(write.key);
  const term = write.term ?? 0;
  if (!Number.isSafeInteger(term) || term < 0)
    throw new StoreError('store-refused', `A term is ${term}`, 'Give a whole number from 0 on.');
  return {
    collection: write.collection,
    key: recordKey(write.collection, write.key),
    json: write.doc === null ? null : toJson(write.doc),
    expect: write.expect,
    term,
  };
}

export class Records {
  readonly #db: Table;
  constructor(db: Table) {
    this.#db = db;
  }

  get<T = Doc>(collection: string, key: string): Stored<T> | null {
    checkCollection(collection);
    checkKey(key);
    const bytes = recordKey(collection, key);
    const value = this.#db.get(bytes);
    return value === undefined ? null : stored<T>(bytes, value);
  }

  scan<T = Doc>(collection: string, options: ScanOptions = {}): { items: Stored<T>[]; next: string | null } {
    checkCollection(collection);
    const prefix = options.prefix ?? '';
    const after = options.after ?? '';
    const limit = pageSize(options.limit, 1000);
    const start = recordKey(collection, prefix);
    const cursor = recordKey(collection, after);
    const paged = after !== '' && Buffer.compare(cursor, start) >= 0;
    const range = this.#db.getRange({
      start: paged ? cursor : start,
      end: prefixEnd(collection, prefix),
      exclusiveStart: paged,
      limit: limit + 1,
    });
    const items: Stored<T>[] = [];
    for (const { key, value } of range) {
      if (items.length === limit) return { items, next: items[limit - 1]!.key };
      items.push(stored<T>(key, value));
    }
    return { items, next: null };
  }

  /** Two in order, inside one transaction: the second only where the first was stored. */
  applyBoth(
    [first, second]: readonly [PreparedWrite, PreparedWrite],
    ledger: Ledger,
  ): [WriteResult, WriteResult | null] {
    const result = this.apply(first, ledger);
    return [result, result.ok ? this.apply(second, ledger) : null];
  }

  /** One compare-and-swap, inside a transaction. */
  apply(write: PreparedWrite, ledger: Ledger): WriteResult {
    const before = this.#db.get(write.key);
    if (before !== undefined) {
      const { version, term } = decode(write.key, before);
      if (term > write.term) return { ok: false, conflict: 'term' };
      if (write.expect === 'absent' || (write.expect !== 'any' && write.expect !== asVersion(version))) {
        return { ok: false, conflict: 'version' };
      }
    } else if (write.expect !== 'absent' && write.expect !== 'any') return { ok: false, conflict: 'version' };
    const version = ledger.add('version', 1);
    const after = write.json === null ? undefined : encode(write.key, write.json, version, write.term);
    if (after) this.#db.put(write.key, after);
    else if (before !== undefined) this.#db.remove(write.key);
    const change = (after ? 1 : 0) - (before === undefined ? 0 : 1);
    if (change !== 0) ledger.add(`count/${write.collection}`, change);
    ledger.add(
      `bytes/${write.collection}`,
      (after ? write.key.length + after.length : 0) - (before === undefined ? 0 : write.key.length + before.length),
    );
    return { ok: true, version: asVersion(version) };
  }
}

function stored<T>(key: Buffer, value: Buffer): Stored<T> {
  const decoded = decode(key, value);
  return { key: splitRecordKey(key).key, version: asVersion(decoded.version), doc: decoded.json() as T };
}

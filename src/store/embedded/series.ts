// Per-minute points of the embedded store. The minute comes first in the key: a minute of all subjects is written side by
// side, and what is too old is one range at the front. A subject is read by one look-up a minute.
import { checkKey, decode, encode, numberKey, readNumber, toJson } from './encoding.ts';
import { StoreError } from '../store.ts';
import type { SeriesPoint, SubjectPoint } from '../store.ts';
import type { Table } from './tables.ts';

const pointKey = (minute: number, subject: string): Buffer => Buffer.concat([numberKey(minute), Buffer.from(subject)]);

interface PreparedPoint {
  key: Buffer;
  value: Buffer;
}

/** @throws StoreError store-refused for a bad subject, minute or value */
export function preparePoint(subject: string, point: SeriesPoint): PreparedPoint {
  checkKey(subject);
  if (!Number.isSafeInteger(point.minute) || point.minute < 0) {
    throw new StoreError(
      'store-refused',
      `A point of ${subject} has no valid minute: ${point.minute}`,
      'Give whole minutes since 1970.',
    );
  }
  const key = pointKey(point.minute, subject);
  return { key, value: encode(key, toJson(point.values)) };
}

export class Series {
  readonly #db: Table;
  constructor(db: Table) {
    this.#db = db;
  }

  /** Inside a transaction. */
  put(points: PreparedPoint[]): void {
    for (const { key, value } of points) this.#db.put(key, value);
  }

  /** Points of one subject, both minutes included, oldest first. */
  read(subject: string, fromMinute: number, toMinute: number): SeriesPoint[] {
    const points: SeriesPoint[] = [];
    for (let minute = fromMinute; minute <= toMinute; minute++) {
      const key = pointKey(minute, subject);
      const value = this.#db.get(key);
      if (value !== undefined) points.push({ minute, values: decode(key, value).json() as SeriesPoint['values'] });
    }
    return points;
  }

  /** Points of all subjects after a key (newest first: before it), by minute and subject. */
  page(after: Buffer | null, limit: number, newestFirst = false): { items: SubjectPoint[]; last: Buffer | null } {
    const items: SubjectPoint[] = [];
    let last = after;
    for (const { key, value } of this.#db.getRange({
      ...(after === null ? {} : { start: after, exclusiveStart: true }),
      limit,
      reverse: newestFirst,
    })) {
      items.push({
        subject: key.toString('utf8', 8),
        minute: readNumber(key),
        values: decode(key, value).json() as SeriesPoint['values'],
      });
      last = key;
    }
    return { items, last };
  }

  /** The first and the last minute of which anything is kept. */
  span(): { first: number; last: number } | null {
    for (const first of this.#db.getKeys({ limit: 1 })) {
      for (const last of this.#db.getKeys({ reverse: true, limit: 1 }))
        return { first: readNumber(first), last: readNumber(last) };
    }
    return null;
  }

  get count(): number {
    return (this.#db.getStats() as { entryCount: number }).entryCount;
  }

  /** Inside a transaction: drops at most `limit` points that lie wholly before `before` (epoch ms). */
  dropOlder(before: number, limit: number): number {
    const keys = [...this.#db.getKeys({ end: numberKey(Math.max(0, Math.floor(before / 60_000))), limit })];
    for (const key of keys) this.#db.remove(key);
    return keys.length;
  }
}

// The parts of a hub that moves: how each is read in pages, stored, and compared by a checksum.
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { markKeys } from './moved.ts';
import { StoreError } from '../store.ts';
import type { Doc, LogEntry, MovableStore, Stored, SubjectPoint } from '../store.ts';

const pageSize = 1000;

type Item = Stored<Doc> | LogEntry | SubjectPoint;

/** One part of a hub: a collection, the events, the points. */
export interface Part {
  name: string;
  page(store: MovableStore, after: string | null): Promise<{ items: Item[]; next: string | null }>;
  put(store: MovableStore, items: Item[]): Promise<void>;
  /** What has to be the same on both sides. */
  facts(item: Item): unknown;
}

const termOf = ({ term }: Doc): number =>
  typeof term === 'number' && Number.isSafeInteger(term) && term >= 0 ? term : 0;

export function collection(name: string): Part {
  const stays = (key: string): boolean => name === 'hub' && markKeys.includes(key);
  return {
    name,
    async page(store, after) {
      const { items, next } = await store.scan(name, { limit: pageSize, ...(after === null ? {} : { after }) });
      return { items: items.filter(({ key }) => !stays(key)), next };
    },
    async put(store, items) {
      const writes = (items as Stored<Doc>[]).map(({ key, doc }) => ({
        collection: name,
        key,
        doc,
        expect: 'any' as const,
        term: termOf(doc),
      }));
      const refused = (await store.bulk(writes)).findIndex(({ ok }) => !ok);
      if (refused >= 0)
        throw new StoreError(
          'store-refused',
          `${name}/${writes[refused]!.key} was written there by somebody else`,
          'Is a master running there?',
        );
    },
    facts: (item) => [(item as Stored<Doc>).key, (item as Stored<Doc>).doc],
  };
}

export const events: Part = {
  name: 'events',
  async page(store, after) {
    const { items } = await store.readLog({ after: Number(after ?? 0), limit: pageSize });
    return { items, next: items.length === pageSize ? String(items.at(-1)!.seq) : null };
  },
  put: (store, items) => store.putLog(items as LogEntry[], 0),
  facts: (item) => item,
};

export const points: Part = {
  name: 'points',
  page: (store, after) => store.scanPoints(after, pageSize),
  async put(store, items) {
    const bySubject = new Map<string, SubjectPoint[]>();
    for (const point of items as SubjectPoint[])
      bySubject.set(point.subject, [...(bySubject.get(point.subject) ?? []), point]);
    await Promise.all(
      [...bySubject].map(([subject, of]) =>
        store.addPoints(
          subject,
          of.map(({ minute, values }) => ({ minute, values })),
        ),
      ),
    );
  },
  facts: (item) => item,
};

/** JSON with the members of objects in one order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** @param seen told how many items were read so far */
export async function checksum(
  store: MovableStore,
  part: Part,
  seen: (count: number) => void,
): Promise<{ count: number; checksum: string }> {
  const hash: Hash = createHash('sha256');
  let count = 0;
  for (let after: string | null = null, more = true; more;) {
    const { items, next }: { items: Item[]; next: string | null } = await part.page(store, after);
    for (const item of items) hash.update(`${JSON.stringify(canonical(part.facts(item)))}\n`);
    count += items.length;
    seen(count);
    after = next;
    more = next !== null;
  }
  return { count, checksum: hash.digest('hex') };
}

// Lists of the API: a query over documents in memory, sorted, paged.
import type { List, Page } from '../../api/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { maskSecrets } from '../../model/secrets.ts';
import { compile } from '../../query/compile.ts';
import { parse } from '../../query/syntax/parse.ts';

/** Most entries of one page. */
const mostEntries = 10_000;
/** Documents matched before the loop gets a turn. */
const matchedATurn = 500;

/** @throws Refusal invalid-query with the offset and a hint */
export function matcher(query: string, now: number): (doc: unknown) => boolean {
  const parsed = parse(query);
  if (parsed.ok) return compile(parsed.query, { now });
  const { message, offset, hint } = parsed.error;
  throw new Refusal('invalid-query', `The query is not valid at ${offset}: ${message}`, hint, [
    { path: 'query', message, hint },
  ]);
}

const valueAt = (doc: unknown, path: string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    doc,
  );

const collator = new Intl.Collator('en', { numeric: true }); // ten times the speed of localeCompare

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || a === null) return 1; // what has no such field comes last
  if (b === undefined || b === null) return -1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
}

/** By `sort`: a field, or `-field` for descending; equal ones in the order in which they came. */
function order<T>(items: T[], sort: string): T[] {
  const down = sort.startsWith('-');
  const path = (down ? sort.slice(1) : sort).split('.');
  return items
    .map((item) => ({ item, value: valueAt(item, path) }))
    .sort((a, b) => {
      const missing = Number(a.value == null) - Number(b.value == null);
      return missing || (down ? -1 : 1) * compareValues(a.value, b.value);
    })
    .map(({ item }) => item);
}

/**
 * The page of documents that match; empty query and `*`: all. Gives the loop its turn while it goes through many.
 * @param standard the order where the caller names none
 */
export async function page<T>(
  documents: Iterable<T>,
  query: string,
  { from, size, sort, masked = false }: Page,
  now: number,
  standard: (a: T, b: T) => number,
): Promise<List<T>> {
  const trimmed = query.trim();
  const matches = trimmed === '' || trimmed === '*' ? null : matcher(trimmed, now);
  const found: T[] = [];
  let count = 0;
  for (const document of documents) {
    const seen = masked ? maskSecrets(document) : document;
    if (!matches || matches(seen)) found.push(seen);
    count += 1;
    if (count % matchedATurn === 0) await new Promise(setImmediate);
  }
  const ordered = sort === undefined ? found.sort(standard) : order(found, sort);
  const start = Math.max(0, from);
  const length = Math.min(mostEntries, Math.max(0, size));
  return { items: ordered.slice(start, start + length), total: found.length, from: start, size: length };
}

export const byText = (a: string, b: string): number => collator.compare(a, b);
/** By app and slot, then by age. */
export const bySlot = (a: InstanceView, b: InstanceView): number =>
  a.app < b.app ? -1 : a.app > b.app ? 1 : a.slot - b.slot || a.epoch - b.epoch || (a.id < b.id ? -1 : 1);

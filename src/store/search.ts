// Queries over the embedded store: pages of documents are read and matched one after another, with the main loop free in
// between. Not a snapshot: what is written meanwhile may or may not be found.
import { compile } from '../query/compile.ts';
import { parse } from '../query/parse.ts';
import { StoreError } from './store.ts';
import type { LogEntry, QueryOptions, QueryResult, Stored } from './store.ts';
import { pageSize } from './records.ts';

type Matches = (document: unknown) => boolean;

/** Documents matched in one go, about 2 ms of them. */
const PAGE = 250;

const takesAll = (query: string): boolean => query.trim() === '' || query.trim() === '*';

/** @throws StoreError store-refused with the offset and the parser's hint */
function compileQuery(query: string): Matches {
  const parsed = parse(query);
  if (parsed.ok) return compile(parsed.query, { now: Date.now() });
  const { message, offset, hint } = parsed.error;
  throw new StoreError('store-refused', `The query is not valid at ${offset}: ${message}`, hint || 'See the query language in the README.');
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function fieldOf(doc: unknown, path: string[]): unknown {
  let value = doc;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return Array.isArray(value) ? value[0] : value;
}

const RANKS: Record<string, number> = { number: 0, boolean: 1, string: 2 };
const rank = (value: unknown): number => RANKS[typeof value] ?? 3;

/** Numbers, then false and true, then strings by code point; what has no such field is last, whichever the direction. */
function compare(a: unknown, b: unknown, direction: number): number {
  const order = rank(a) - rank(b);
  if (order !== 0 || rank(a) === 3) return rank(a) === 3 || rank(b) === 3 ? order : order * direction;
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string)) * direction;
  return (Number(a) - Number(b)) * direction;
}

/** The order that `sort` asks for: fields by comma, `-` for descending; equal ones by key. */
function orderOf<T>(sort: string): (a: Stored<T>, b: Stored<T>) => number {
  const fields = sort.split(',').map((field) => field.trim()).filter(Boolean).map((field) => ({
    path: field.replace(/^-/, '').split('.'), direction: field.startsWith('-') ? -1 : 1,
  }));
  return (a, b) => {
    for (const { path, direction } of fields) {
      const order = compare(fieldOf(a.doc, path), fieldOf(b.doc, path), direction);
      if (order !== 0) return order;
    }
    return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
  };
}

/** @param page reads the next records after a key */
export async function searchRecords<T>(
  page: (after: string, limit: number) => Promise<{ items: Stored<T>[]; next: string | null }>, query: string, options: QueryOptions,
): Promise<QueryResult<T>> {
  const matches = compileQuery(query);
  const found: Stored<T>[] = [];
  for (let after: string | null = ''; after !== null; await pause()) {
    const { items, next }: { items: Stored<T>[]; next: string | null } = await page(after, PAGE);
    found.push(...items.filter((item) => matches(item.doc)));
    after = next;
  }
  if (options.sort) found.sort(orderOf<T>(options.sort));
  const from = Math.max(0, Math.floor(options.from ?? 0));
  return { items: found.slice(from, from + pageSize(options.size, 100)), total: found.length };
}

export interface LogWindow { after: number; before: number; limit: number; newestFirst: boolean }

/** @param page reads entries strictly between two numbers; `window` holds whole numbers */
export async function searchLog(
  page: (after: number, before: number, limit: number) => Promise<LogEntry[]>, query: string, window: LogWindow,
): Promise<LogEntry[]> {
  const matches = compileQuery(query);
  const found: LogEntry[] = [];
  // Whoever looks for one of many reads many at once.
  const size = takesAll(query) ? Math.min(PAGE, window.limit) : PAGE;
  let { after, before } = window;
  for (;;) {
    const items = await page(after, before, size);
    for (const item of items) if (found.length < window.limit && matches(item)) found.push(item);
    const last = items.at(-1);
    if (!last || found.length >= window.limit) return found;
    if (window.newestFirst) before = last.seq;
    else after = last.seq;
    await pause();
  }
}

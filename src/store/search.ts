// What queries mean for a store, and queries over the embedded one: pages of documents are read and matched one after another, with the
// main loop free in between. Not a snapshot: what is written meanwhile may or may not be found.
import { maskSecrets } from '../model/secrets.ts';
import { compile } from '../query/compile.ts';
import { compareTexts, sortKey } from '../query/values/order.ts';
import { parse } from '../query/syntax/parse.ts';
import type { Query } from '../query/query.ts';
import { translate } from '../query/keywords/translate.ts';
import type { Translated } from '../query/keywords/translate.ts';
import { StoreError } from './store.ts';
import type { LogEntry, QueryOptions, QueryResult, Stored } from './store.ts';
import { pageSize } from './embedded/records.ts';

export type Matches = (document: unknown) => boolean;

/** Documents matched in one go, about 2 ms of them. */
const matchedAtOnce = 250;

export const takesAll = (query: string): boolean => query.trim() === '' || query.trim() === '*';

/** @throws StoreError store-refused with the offset and the parser's hint */
function parseQuery(query: string): Query {
  const parsed = parse(query);
  if (parsed.ok) return parsed.query;
  const { message, offset, hint } = parsed.error;
  throw new StoreError(
    'store-refused',
    `The query is not valid at ${offset}: ${message}`,
    hint || 'See the query language in the README.',
  );
}

/**
 * A query for an index of tokens, with the matcher that judges what the index cannot tell; both of one moment.
 * @throws StoreError store-refused with the offset and the parser's hint
 */
export function judgedQuery(query: string): { translated: Translated; matches: Matches } {
  const tree = parseQuery(query);
  const moment = { now: Date.now() };
  return { translated: translate(tree, moment), matches: compile(tree, moment) };
}

/**
 * A record as queries and sorting see it: without its secrets. Otherwise whoever may ask, but not see them, could find them out letter by
 * letter.
 */
export const shownToQueries = <T>(doc: T): T => maskSecrets(doc);

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function fieldOf(doc: unknown, path: string[]): unknown {
  let value = doc;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** What `sort` asks for: fields by comma, `-` for descending. */
export const sortFields = (sort: string): { path: string; descending: boolean }[] =>
  sort
    .split(',')
    .map((field) => field.trim())
    .filter(Boolean)
    .map((field) => ({ path: field.replace(/^-/, ''), descending: field.startsWith('-') }));

/** In the order that `sort` asks for; what has no such field is last, whichever the direction; equal ones by key. */
function sorted<T>(items: Stored<T>[], sort: string): Stored<T>[] {
  const fields = sortFields(sort).map(({ path, descending }) => ({
    path: path.split('.'),
    direction: descending ? -1 : 1,
  }));
  const placed = items.map((item) => ({
    item,
    places: fields.map(({ path }) => sortKey(fieldOf(shownToQueries(item.doc), path))),
  }));
  placed.sort((a, b) => {
    for (const [index, { direction }] of fields.entries()) {
      const left = a.places[index]!;
      const right = b.places[index]!;
      if (left === right) continue;
      return left === null ? 1 : right === null ? -1 : compareTexts(left, right) * direction;
    }
    return compareTexts(a.item.key, b.item.key);
  });
  return placed.map(({ item }) => item);
}

/** @param page reads the next records after a key */
export async function searchRecords<T>(
  page: (after: string, limit: number) => Promise<{ items: Stored<T>[]; next: string | null }>,
  query: string,
  options: QueryOptions,
): Promise<QueryResult<T>> {
  const matches = compile(parseQuery(query), { now: Date.now() });
  const all = takesAll(query);
  const found: Stored<T>[] = [];
  for (let after: string | null = ''; after !== null; await pause()) {
    const { items, next }: { items: Stored<T>[]; next: string | null } = await page(after, matchedAtOnce);
    for (const item of items) if (all || matches(shownToQueries(item.doc))) found.push(item);
    after = next;
  }
  const from = Math.max(0, Math.floor(options.from ?? 0));
  return {
    items: (options.sort ? sorted(found, options.sort) : found).slice(from, from + pageSize(options.size, 100)),
    total: found.length,
  };
}

interface LogWindow {
  after: number;
  before: number;
  limit: number;
  newestFirst: boolean;
}

/** @param page reads entries strictly between two numbers; `window` holds whole numbers */
export async function searchLog(
  page: (after: number, before: number, limit: number) => Promise<LogEntry[]>,
  query: string,
  window: LogWindow,
): Promise<LogEntry[]> {
  const matches = compile(parseQuery(query), { now: Date.now() });
  const found: LogEntry[] = [];
  // Whoever looks for one of many reads many at once.
  const size = takesAll(query) ? Math.min(matchedAtOnce, window.limit) : matchedAtOnce;
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

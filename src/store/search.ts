// Queries over the embedded store: pages of documents are read and matched one after another, with the main loop free in
// between. Not a snapshot: what is written meanwhile may or may not be found.
import { StoreError } from './store.ts';
import type { LogEntry, QueryOptions, QueryResult, Stored } from './store.ts';
import { pageSize } from './records.ts';

type Matches = (document: unknown) => boolean;

/** Documents matched in one go, about 2 ms of them. */
const PAGE = 250;

function compileQuery(query: string): Matches {
  if (query.trim() === '' || query.trim() === '*') return () => true;
  throw new StoreError('store-refused', `Cannot search for '${query}' yet`, 'Use *.');
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
  const from = Math.max(0, options.from ?? 0);
  return { items: found.slice(from, from + pageSize(options.size, 100)), total: found.length };
}

export interface LogWindow { after: number; before: number; limit: number; newestFirst: boolean }

/** @param page reads entries strictly between two numbers */
export async function searchLog(page: (after: number, before: number, limit: number) => Promise<LogEntry[]>, query: string, window: LogWindow): Promise<LogEntry[]> {
  const matches = compileQuery(query);
  const found: LogEntry[] = [];
  let { after, before } = window;
  for (;;) {
    const items = await page(after, before, Math.min(PAGE, window.limit));
    for (const item of items) if (found.length < window.limit && matches(item)) found.push(item);
    const last = items.at(-1);
    if (!last || found.length >= window.limit) return found;
    if (window.newestFirst) before = last.seq;
    else after = last.seq;
    await pause();
  }
}

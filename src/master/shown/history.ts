// Events and metrics as collections of documents, newest first. Whatever is asked, only a bounded way back is looked at.
import { StoreError } from '../../store/store.ts';
import type { Doc, QueryOptions, QueryResult, Store, Stored } from '../../store/store.ts';
import { matcher } from './lists.ts';

/** Collections that are no records. */
export const historyCollections: readonly string[] = ['events', 'metrics'];

/** Documents read at a time; looked at for one answer. */
const pageSize = 1_000;
const mostLookedAt = 100_000;

type Pages = AsyncGenerator<Stored[]>;

/** The store itself narrows these down by the query. */
async function* eventPages(store: Store, query: string): Pages {
  for (let before: number | undefined; ;) {
    const { items } = await store.readLog({
      limit: pageSize,
      newestFirst: true,
      query,
      ...(before === undefined ? {} : { before }),
    });
    yield items.map((entry) => ({ key: String(entry.seq), version: String(entry.seq), doc: entry as Doc }));
    if (items.length < pageSize) return;
    before = items.at(-1)!.seq;
  }
}

async function* pointPages(store: Store): Pages {
  for (let after: string | null = null; ;) {
    const { items, next }: Awaited<ReturnType<Store['scanPoints']>> = await store.scanPoints(after, pageSize, true);
    yield items.map(({ subject, minute, values }) => ({
      key: `${subject} ${new Date(minute * 60_000).toISOString().slice(0, 16)}Z`,
      version: String(minute),
      doc: { subject, minute, at: minute * 60_000, values },
    }));
    if (next === null) return;
    after = next;
    await new Promise(setImmediate);
  }
}

/**
 * The page of events or metrics that match; `about` where more may be there than were looked at.
 * @throws Refusal invalid-query; StoreError store-refused for an order other than theirs
 */
export async function historyPage(
  store: Store,
  name: string,
  query: string,
  { from = 0, size = 100, sort }: QueryOptions,
): Promise<QueryResult> {
  if (sort !== undefined)
    throw new StoreError('store-refused', `${name} are shown newest first, in no other order`, 'Leave `sort` out.');
  const matches = matcher(query.trim() === '' ? '*' : query, Date.now());
  const isAll = query.trim() === '' || query.trim() === '*';
  const pages = name === 'events' ? eventPages(store, query) : pointPages(store);
  const items: Stored[] = [];
  let total = 0;
  let looked = 0;
  for await (const page of pages) {
    for (const item of page) {
      if (!isAll && !matches(item.doc)) continue;
      if (total >= from && items.length < size) items.push(item);
      total += 1;
    }
    looked += page.length;
    const isFull = total >= from + size;
    if (isAll && isFull) return { items, total: Math.max(total, await countOf(store, name)) };
    if (looked >= mostLookedAt) return { items, total, about: true };
  }
  return { items, total };
}

async function countOf(store: Store, name: string): Promise<number> {
  return (await store.history()).find((each) => each.name === name)?.count ?? 0;
}

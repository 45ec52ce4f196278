// Lists of any length: the hub gives at most 1,000 items at once.
import { query, type Client } from './client.ts';

interface List<T> {
  items: T[];
  total: number;
}
const pageSize = 1000;

/**
 * Every item of a list, page by page. What is added or removed meanwhile may come twice or be missed; what comes twice is left out.
 * @param parameters of the query string beside `from` and `size`
 * @param keyOf what makes an item the same in two pages
 * @param read asks for one page; default: the client's `get`
 */
export async function everyPage<T>(
  client: Client,
  path: string,
  parameters: Record<string, string | undefined>,
  keyOf: (item: T) => string,
  read: (path: string) => Promise<List<T>> = (page) => client.get<List<T>>(page),
): Promise<T[]> {
  const found = new Map<string, T>();
  for (let from = 0; ; from += pageSize) {
    const { items, total } = await read(path + query({ ...parameters, from, size: pageSize }));
    for (const item of items) found.set(keyOf(item), item);
    if (items.length === 0 || from + items.length >= total) return [...found.values()];
  }
}

/** As `everyPage`, but at most `most` items, and how many there are. */
export async function firstPages<T>(
  client: Client,
  path: string,
  parameters: Record<string, string | undefined>,
  most: number,
): Promise<List<T> & { from: number; size: number }> {
  const found: T[] = [];
  for (;;) {
    const size = Math.min(pageSize, most - found.length);
    const { items, total } = await client.get<List<T>>(
      path + query({ ...parameters, from: found.length || undefined, size }),
    );
    found.push(...items);
    if (items.length === 0 || found.length >= Math.min(most, total))
      return { items: found, total, from: 0, size: most };
  }
}

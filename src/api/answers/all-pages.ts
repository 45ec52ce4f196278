// Lists of any length, whole.
import type { List, Page } from '../cluster.ts';

/** Every page of a list: sources bound what they give at once. What moves between two pages may come twice or not at all. */
export async function allPages<T>(read: (page: Page) => Promise<List<T>>): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const page = await read({ from: items.length, size: 10_000 });
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= page.total) return items;
  }
}

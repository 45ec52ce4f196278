// What the hub's indices hold: documents counted by collection, and what they take on the disks of the primaries.
import type { CollectionSize } from '../../store.ts';
import { ownIndex } from './mappings.ts';
import type { Names } from './mappings.ts';
import type { Requests } from '../requests/requests.ts';

const mostCollections = 10_000;

interface Primaries {
  store?: { size_in_bytes: number };
  docs?: { count: number };
}

/** The server keeps these figures: nothing is read for them. */
async function stats(requests: Requests, indices: string): Promise<Record<string, { primaries: Primaries }>> {
  const { body } = await requests.send<{ indices: Record<string, { primaries: Primaries }> }>({
    method: 'GET',
    path: `/${indices}/_stats/store,docs`,
  });
  return body.indices;
}

/**
 * Collections of records. May lag behind writes by about a second, as searches do. Those that share an index have their part of its
 * bytes by their number of documents.
 */
export async function collectionSizes(requests: Requests, names: Names): Promise<CollectionSize[]> {
  const indices = names.allRecords.join(',');
  const [found, sizes] = await Promise.all([
    requests.send<{ aggregations: { by: { buckets: { key: string; doc_count: number }[] } } }>({
      method: 'POST',
      path: `/${indices}/_search`,
      query: { allow_partial_search_results: false },
      body: {
        size: 0,
        aggs: { by: { terms: { field: 'collection', size: mostCollections, order: { _key: 'asc' } } } },
      },
    }),
    stats(requests, indices),
  ]);
  const own = new Set<string>(ownIndex);
  const { buckets } = found.body.aggregations.by;
  const shared = buckets.reduce((sum, { key, doc_count }) => sum + (own.has(key) ? 0 : doc_count), 0);
  return buckets.map(({ key, doc_count }) => {
    const bytes = sizes[names.records(key)]?.primaries.store?.size_in_bytes ?? null;
    if (own.has(key) || bytes === null) return { name: key, count: doc_count, bytes };
    return { name: key, count: doc_count, bytes: Math.round((bytes * doc_count) / shared), about: true };
  });
}

/** Events and metrics, over all their days. */
export async function historySizes(requests: Requests, names: Names): Promise<CollectionSize[]> {
  const sizes = await stats(requests, `${names.allEvents},${names.allPoints}`);
  const sum = (name: string, part: string): CollectionSize => {
    const days = Object.entries(sizes).filter(([index]) => index.startsWith(`${names.prefix}-${part}-`));
    return {
      name,
      count: days.reduce((count, [, { primaries }]) => count + (primaries.docs?.count ?? 0), 0),
      bytes: days.reduce((bytes, [, { primaries }]) => bytes + (primaries.store?.size_in_bytes ?? 0), 0),
    };
  };
  return [sum('events', 'events'), sum('metrics', 'metrics')];
}

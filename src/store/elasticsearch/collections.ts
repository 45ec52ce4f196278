// What the hub's indices hold: documents counted by collection, sizes where a collection has an index of its own.
import type { CollectionSize } from '../store.ts';
import { OWN_INDEX } from './mappings.ts';
import type { Names } from './mappings.ts';
import type { Requests } from './requests.ts';

const MOST = 10_000;

/** May lag behind writes by about a second, as searches do. */
export async function collectionSizes(requests: Requests, names: Names): Promise<CollectionSize[]> {
  const indices = names.allRecords.join(',');
  const [found, stats] = await Promise.all([
    requests.send<{ aggregations: { by: { buckets: { key: string; doc_count: number }[] } } }>({
      method: 'POST',
      path: `/${indices}/_search`,
      query: { allow_partial_search_results: false },
      body: { size: 0, aggs: { by: { terms: { field: 'collection', size: MOST, order: { _key: 'asc' } } } } },
    }),
    requests.send<{ indices: Record<string, { primaries: { store?: { size_in_bytes: number } } }> }>({
      method: 'GET',
      path: `/${indices}/_stats/store`,
    }),
  ]);
  const own = new Set<string>(OWN_INDEX);
  return found.body.aggregations.by.buckets.map(({ key, doc_count }) => ({
    name: key,
    count: doc_count,
    bytes: own.has(key) ? (stats.body.indices[names.records(key)]?.primaries.store?.size_in_bytes ?? null) : null,
  }));
}

// Queries of our language over a collection. Every document is read and matched here; what the server can decide is not yet its.
import { searchRecords } from '../search.ts';
import type { QueryOptions, QueryResult } from '../store.ts';
import type { Names } from './mappings.ts';
import type { Records } from './records.ts';
import type { Requests } from './requests.ts';

/** Documents read at once. */
const PAGE = 1_000;

/** @throws StoreError store-refused for a query that is none, with the offset */
export function searchCollection<T>(
  _requests: Requests, _names: Names, records: Records, collection: string, query: string, options: QueryOptions,
): Promise<QueryResult<T>> {
  return searchRecords<T>((after) => records.scan<T>(collection, { after, limit: PAGE }), query, options);
}

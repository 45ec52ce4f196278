// Writes to daily indices, which are made before the first write of their day, and made again when one has been deleted: what was in
// it was history.
import type { Bulk, Operation } from '../requests/bulk.ts';
import { IndexGoneError } from '../requests/answers.ts';
import type { Indices } from './indices.ts';

/**
 * Operations on daily indices that may as well be done twice.
 * @throws StoreError
 */
export async function settleDaily(bulk: Bulk, indices: Indices, operations: Operation[]): Promise<void> {
  const wanted = new Set(operations.map(({ index }) => index));
  for (let again = false; ; again = true) {
    await Promise.all([...wanted].map((index) => indices.ready(index)));
    try {
      return await bulk.settle(operations);
    } catch (error) {
      if (again || !(error instanceof IndexGoneError)) throw error;
      indices.forget();
    }
  }
}

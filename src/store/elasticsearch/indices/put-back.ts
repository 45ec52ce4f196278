// Records that a process knows, written into an index that is made again.
import type { Doc, Version } from '../../store.ts';
import type { Bulk } from '../requests/bulk.ts';
import { versionOf } from '../record.ts';
import type { Records } from '../records.ts';

/** A record that a process knows though its index is gone. */
export interface Remembered {
  collection: string;
  key: string;
  doc: Doc;
  term: number;
  /** Told of the version that it has now. */
  took(version: Version): void;
}

const writtenAtOnce = 1_000;

/**
 * What is there already was written by somebody who knows better, and stays.
 * @param patienceMs how long writes without an answer are done again
 * @throws StoreError
 */
export async function putBack(
  bulk: Bulk,
  records: Records,
  remembered: Remembered[],
  patienceMs: number,
): Promise<void> {
  const until = performance.now() + patienceMs;
  let left = remembered.map((each) => ({ ...each, prepared: records.prepare({ ...each, expect: 'absent' }) }));
  while (left.length > 0) {
    const part = left.splice(0, writtenAtOnce);
    const outcomes = await bulk.run(
      part.map(({ prepared }) => ({ ...records.operation(prepared, null), direct: true })),
    );
    for (const [n, outcome] of outcomes.entries()) {
      const { prepared, took } = part[n]!;
      if (outcome.kind === 'done') took(versionOf(outcome.at, prepared.term));
      if (outcome.kind === 'failed' || (outcome.kind === 'unknown' && performance.now() > until)) throw outcome.error;
    }
    left.push(...part.filter((_, n) => outcomes[n]!.kind === 'unknown'));
  }
}

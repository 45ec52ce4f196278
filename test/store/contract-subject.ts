// What the tests of the store's contract work on, and what they share.
import type { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreError } from '../../src/store/store.ts';
import type { Doc, Store, Stored, WriteResult } from '../../src/store/store.ts';

interface Bench {
  store: Store;
  /** Closes the store and opens it again on the same documents: what a restart does. */
  reopen(): Promise<Store>;
  /** Resolves when `query` sees what was written before. */
  settle(): Promise<void>;
  end(): Promise<void>;
}

export interface Adapter {
  name: string;
  open(): Promise<Bench>;
  /** `expire` may keep what is younger than this beyond its time (daily indices: a day). */
  expiryGrainMs: number;
  /** How many race for one record. */
  writers: number;
  /** Runs of each property test. */
  runs: number;
}

let unique = 0;
/** A collection of its own for each test. */
export const fresh = (): string => `c${process.pid}-${++unique}`;

export function versionOf(result: WriteResult): string {
  if (!result.ok) throw new Error(`a write was refused: ${result.conflict}`);
  return result.version;
}

export async function refused(code: StoreError['code'], what: () => Promise<unknown>): Promise<StoreError> {
  try {
    await what();
  } catch (error) {
    assert.instance(error, StoreError);
    assert.is((error as StoreError).code, code);
    assert.ok((error as StoreError).hint.length > 0, 'a hint says what to do');
    return error as StoreError;
  }
  throw new Error(`expected ${code}, but it succeeded`);
}

/** All records by small pages, each page checked. */
export async function all<T = Doc>(store: Store, collection: string, prefix = '', limit = 7): Promise<Stored<T>[]> {
  const items: Stored<T>[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof store.scan<T>>> = await store.scan<T>(
      collection,
      after === null ? { prefix, limit } : { prefix, limit, after },
    );
    items.push(...page.items);
    if (page.next === null) return items;
    assert.is(page.items.length, limit, 'only the last page is short');
    assert.is(page.next, page.items.at(-1)!.key, 'the cursor is the last key');
    after = page.next;
  }
}

/** The order of keys: by byte of UTF-8, which is that of code points. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export type Test = ReturnType<typeof suite>;

/** The store under test: `reopen` changes it. */
export class Subject {
  readonly adapter: Adapter;
  bench!: Bench;
  store!: Store;
  constructor(adapter: Adapter) {
    this.adapter = adapter;
  }
  async open(): Promise<void> {
    this.bench = await this.adapter.open();
    this.store = this.bench.store;
  }
  async reopen(): Promise<void> {
    this.store = await this.bench.reopen();
  }
}

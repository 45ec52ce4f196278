// One meaning for every query: a store is filled with documents once and asked; memory says what is right.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { compile } from '../../src/query/compile.ts';
import { indexDocument } from '../../src/query/values/document.ts';
import { parse } from '../../src/query/syntax/parse.ts';
import { print } from '../../src/query/syntax/print.ts';
import { shownToQueries } from '../../src/store/search.ts';
import { StoreError } from '../../src/store/store.ts';
import type { Doc, Store } from '../../src/store/store.ts';
import type { Test } from '../store/contract-subject.ts';
import { aDocument, aText } from './support/documents.ts';
import { aQuery } from './support/queries.ts';
import { runs } from '../support/runs.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../test/query/oracle');
const load = (name: string): never => JSON.parse(readFileSync(join(folder, name), 'utf8')) as never;
const seed = Number(process.env['SEED'] ?? 20261122);
/** Queries asked of the store at once. */
const askedAtOnce = 16;

interface Asked {
  store: Store;
  /** Resolves when `query` sees what was written. */ settle(): Promise<void>;
}

const keyOf = (index: number): string => `d${String(index).padStart(5, '0')}`;

async function fill(store: Store, collection: string, docs: readonly unknown[]): Promise<void> {
  const writes = docs.map((doc, index) => ({
    collection,
    key: keyOf(index),
    doc: doc as Doc,
    expect: 'absent' as const,
  }));
  for (let from = 0; from < writes.length; from += 1000) {
    for (const result of await store.bulk(writes.slice(from, from + 1000))) assert.is(result.ok, true);
  }
}

/**
 * Asks the store each query and compares with memory: the same documents, the same total; an error here is an error there,
 * at the same place.
 */
async function compare(
  store: Store,
  collection: string,
  docs: readonly unknown[],
  texts: readonly string[],
): Promise<number> {
  const indexed = docs.map((doc) => indexDocument(shownToQueries(doc)));
  let matched = 0;
  const ask = async (text: string): Promise<void> => {
    const parsed = parse(text);
    if (!parsed.ok) {
      await store.query(collection, text).then(
        () => assert.unreachable(`no error: ${text}`),
        (error: unknown) => {
          assert.instance(error, StoreError, text);
          assert.match((error as StoreError).message, `at ${parsed.error.offset}: ${parsed.error.message}`);
        },
      );
      return;
    }
    const matches = compile(parsed.query, { now: Date.now() });
    const wanted = indexed.flatMap((doc, index) => (matches(doc) ? [keyOf(index)] : []));
    const { items, total } = await store.query(collection, text, { size: 10_000 });
    assert.equal(
      items.map(({ key }) => key),
      wanted,
      text,
    );
    assert.is(total, wanted.length, text);
    matched += wanted.length;
  };
  for (let from = 0; from < texts.length; from += askedAtOnce)
    await Promise.all(texts.slice(from, from + askedAtOnce).map(ask));
  return matched;
}

/** Adds the tests to a suite. @param weight 1: all that is asked of a store that answers in memory; less: a part of the random queries */
export function agreementTests(test: Test, at: () => Asked, weight = 1): void {
  test('STAT hub: 300 queries over 30 nodes', async () => {
    const { store, settle } = at();
    const nodes: unknown[] = load('nodes.json');
    const cases: [query: string, ids: unknown][] = load('stat-hub.json');
    await fill(store, 'oracle-nodes', nodes);
    await settle();
    assert.ok(
      (await compare(
        store,
        'oracle-nodes',
        nodes,
        cases.map(([text]) => text),
      )) > 1000,
    );
  });

  test('Lucene: 1,000 queries, each over all its documents', async () => {
    const { store, settle } = at();
    const { docs, cases }: { docs: unknown[]; cases: [kind: string, doc: number, query: string, answers: string][] } =
      load('lucene.json');
    await fill(store, 'oracle-lucene', docs);
    await settle();
    assert.ok(
      (await compare(
        store,
        'oracle-lucene',
        docs,
        cases.map(([, , text]) => text),
      )) > 1000,
    );
  });

  test('random queries over random documents', async () => {
    const { store, settle } = at();
    const docs = fc.sample(aDocument, { numRuns: 200, seed });
    const texts = fc.sample(aText, { numRuns: runs(1500 * weight), seed });
    await fill(store, 'random', docs);
    await settle();
    assert.ok((await compare(store, 'random', docs, texts)) > runs(1000 * weight));
    const trees = fc
      .sample(aQuery(), { numRuns: runs(500 * weight), seed })
      .map(print)
      .filter((text) => parse(text).ok);
    assert.ok(trees.length > runs(400 * weight));
    await compare(store, 'random', docs, trees);
  });

  test('sorted and paged as memory does', async () => {
    const { store, settle } = at();
    const values = [
      5,
      -1,
      0.5,
      1e12,
      true,
      false,
      'b',
      'B',
      'é',
      '😀',
      '\uffff',
      '',
      [7, 1],
      [],
      null,
      { n: 1 },
      'x'.repeat(300),
      undefined,
    ];
    const docs = values.map((value, n) => ({ deep: { value }, n: n % 3 }));
    await fill(store, 'sorted', docs);
    await settle();
    const order = async (sort: string): Promise<number[]> =>
      (await store.query('sorted', '*', { sort })).items.map(({ key }) => Number(key.slice(1)));
    const up = [1, 2, 0, 12, 3, 5, 4, 11, 15, 7, 6, 16, 8, 10, 9];
    const first = up.filter((n) => n !== 15);
    const ranked = [1, 2, 0, 12, 3, 5, 4, 11, 7, 6, 16, 8, 10, 9];
    assert.equal((await order('deep.value')).slice(0, 14), ranked);
    assert.equal(first, ranked);
    assert.equal((await order('deep.value')).slice(14), [13, 14, 15, 17]);
    assert.equal(await order('-deep.value'), [...[...ranked].reverse(), 13, 14, 15, 17]);
    assert.equal(
      await order('n,-deep.value'),
      [0, 1, 2].flatMap((n) => [...[...ranked].reverse(), 13, 14, 15, 17].filter((key) => key % 3 === n)),
    );
    const page = await store.query('sorted', 'n:[0 TO 1] AND NOT deep.value:"x"', {
      sort: '-deep.value',
      from: 2,
      size: 3,
    });
    const left = [...[...ranked].reverse(), 13, 14, 15, 17].filter((key) => key % 3 < 2);
    assert.equal([page.items.map(({ key }) => Number(key.slice(1))), page.total], [left.slice(2, 5), left.length]);
  });

  test('a costly pattern is answered or refused in time', async () => {
    const { store, settle } = at();
    const docs = Array.from({ length: 2000 }, (_, n) => ({
      text: `${'ab'.repeat(100)}${n}`,
      words: Array.from({ length: 20 }, (_x, word) => `w${n}-${word}`).join(' '),
    }));
    await fill(store, 'costly', docs);
    await settle();
    const texts = [
      `*${'a?'.repeat(100)}*x`,
      `text:*${'a*b'.repeat(80)}*`,
      'text:/(a|b)*a(a|b){9}[0-9]*/',
      'text:/(.*a){8}.*/',
      '/~(abc)&.*b1/',
      `${'ab'.repeat(100)}7~2`,
      'w1\\-1~',
      '"w7 w8"~3',
    ];
    const begin = performance.now();
    await compare(store, 'costly', docs, texts);
    const ms = performance.now() - begin;
    assert.ok(ms < 20_000, `${ms} ms`);
  });
}

// The event log of several masters on one Elasticsearch: whoever reads sees no number before all lower ones of its term.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openElastic, type ElasticStore } from '../../../src/store/elasticsearch/elastic.ts';
import { freshPrefix, lendOrSkip } from '../../elasticsearch/shared.ts';

const url = await lendOrSkip(9);
if (url !== null) {
  const stores: ElasticStore[] = [];
  const open = async (prefix: string): Promise<ElasticStore> => {
    const store = await openElastic({ urls: [url], prefix, requestMs: 60_000, patienceMs: 60_000 });
    stores.push(store);
    return store;
  };
  test.after(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });

  test('two write, two read: every number once, those of a term in order, late news of another day, too', async () => {
    const prefix = freshPrefix('log');
    const writers = [await open(prefix), await open(prefix)];
    let writing = true;
    const given: number[][] = [[], []];
    const write = async (which: number): Promise<void> => {
      for (let n = 0; n < 25; n += 1) {
        // Of today, and in between of yesterday: these lie in another index.
        const entries = Array.from({ length: 1 + (n % 5) }, (_, k) => ({
          at: Date.now() - (k % 3 === 1 ? 86_400_000 : 0),
          kind: 'test.written',
          term: which + 1,
          n,
        }));
        given[which]!.push(...(await writers[which]!.append(entries, which + 1)));
      }
    };
    /** Follows each term by a cursor of its own, as a reader that must miss nothing. */
    const follow = async (store: ElasticStore): Promise<Record<number, number[]>> => {
      const seen: Record<number, number[]> = { 1: [], 2: [] };
      for (let last = false; ;) {
        last = !writing;
        for (const term of [1, 2]) {
          const { items } = await store.readLog({ after: seen[term]!.at(-1) ?? 0, query: `term:${term}`, limit: 20 });
          seen[term]!.push(...items.map(({ seq }) => seq));
          if (items.length > 0) last = false;
        }
        if (last) return seen;
      }
    };
    const reader = await open(prefix);
    const written = Promise.all([write(0), write(1)]).finally(() => {
      writing = false;
    });
    const [one, other] = await Promise.all([follow(reader), follow(writers[0]!), written]);
    for (const seen of [one, other]) {
      assert.equal(seen[1], given[0]);
      assert.equal(seen[2], given[1]);
    }
    const all = given.flat();
    assert.is(new Set(all).size, all.length, 'no number twice');
    const { newest, oldest } = await (await open(prefix)).readLog();
    assert.equal([oldest, newest], [Math.min(...all), Math.max(...all)]);
  });

  test('each term numbers above all before it: when a master leads again, and when the counter was lost', async () => {
    const prefix = freshPrefix('log');
    const [one, other] = [await open(prefix), await open(prefix)];
    const append = async (store: ElasticStore, term: number): Promise<number> =>
      (await store.append([{ at: Date.now(), kind: 'test.written', term }], term))[0]!;
    const seqs = [await append(one, 1), await append(other, 2), await append(one, 3), await append(one, 3)];
    assert.is((await fetch(`${url}/${prefix}-ledger`, { method: 'DELETE' })).status, 200);
    seqs.push(await append(await open(prefix), 4), await append(other, 5));
    assert.equal(
      seqs,
      [...seqs].sort((a, b) => a - b),
    );
    const { items } = await one.readLog();
    assert.equal(
      items.map(({ seq, term }) => [seq, term]),
      seqs.map((seq, n) => [seq, [1, 2, 3, 3, 4, 5][n]]),
      'nothing was written over',
    );
  });

  test('numbers go on after all events were dropped and every master was away', async () => {
    const prefix = freshPrefix('log');
    const before = await open(prefix);
    const [seq] = await before.append([{ at: Date.now(), kind: 'test.written' }], 1);
    assert.is(await before.expire(Date.now() + 2 * 86_400_000, 0), 1);
    await before.close();
    const after = await open(prefix);
    const empty = await after.readLog();
    assert.equal([empty.items, empty.oldest], [[], empty.newest + 1]);
    assert.ok(empty.newest >= seq!);
    assert.ok((await after.append([{ at: Date.now(), kind: 'test.written' }], 2))[0]! > seq!);
  });

  test.run();
}

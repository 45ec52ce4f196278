// The store's contract: records, compare-and-swap, terms, scans, concurrency.
import * as assert from 'uvu/assert';
import type { Write } from '../../src/store/store.ts';
import { all, byBytes, fresh, refused, versionOf } from './contract-subject.ts';
import type { Subject, Test } from './contract-subject.ts';

/** Adds the tests to a suite. */
export function recordTests(test: Test, at: Subject): void {
  const { writers } = at.adapter;

  test('a record is what was written, with a version that changes', async () => {
    const collection = fresh();
    assert.is(await at.store.get(collection, 'web'), null);
    const doc = {
      name: 'wéb 网',
      nested: { list: [1, 2.5, null, true, 'x'], empty: {} },
      big: 2 ** 53 - 1,
      small: 1e-9,
    };
    const first = versionOf(await at.store.write({ collection, key: 'web', doc, expect: 'absent' }));
    const stored = await at.store.get(collection, 'web');
    assert.equal(stored, { key: 'web', version: first, doc });
    const second = versionOf(await at.store.write({ collection, key: 'web', doc: { n: 2 }, expect: first }));
    assert.is.not(second, first);
    assert.equal((await at.store.get(collection, 'web'))!.doc, { n: 2 });
    assert.is(await at.store.get(fresh(), 'web'), null, 'collections do not share keys');
  });

  test('compare-and-swap refuses what is not expected and changes nothing', async () => {
    const collection = fresh();
    assert.equal(await at.store.write({ collection, key: 'a', doc: {}, expect: 'zzz' }), {
      ok: false,
      conflict: 'version',
    });
    const first = versionOf(await at.store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent' }));
    assert.equal(await at.store.write({ collection, key: 'a', doc: { n: 2 }, expect: 'absent' }), {
      ok: false,
      conflict: 'version',
    });
    versionOf(await at.store.write({ collection, key: 'a', doc: { n: 3 }, expect: 'any' }));
    assert.equal(await at.store.write({ collection, key: 'a', doc: { n: 4 }, expect: first }), {
      ok: false,
      conflict: 'version',
    });
    assert.equal(await at.store.write({ collection, key: 'a', doc: null, expect: first }), {
      ok: false,
      conflict: 'version',
    });
    assert.equal((await at.store.get(collection, 'a'))!.doc, { n: 3 });
  });

  test('a deleted record is gone, and its version never comes back', async () => {
    const collection = fresh();
    const first = versionOf(await at.store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent' }));
    versionOf(await at.store.write({ collection, key: 'a', doc: null, expect: first }));
    assert.is(await at.store.get(collection, 'a'), null);
    assert.equal((await at.store.scan(collection)).items, []);
    versionOf(await at.store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent' }));
    assert.equal(
      await at.store.write({ collection, key: 'a', doc: {}, expect: first }),
      { ok: false, conflict: 'version' },
      'the old token is stale',
    );
    versionOf(await at.store.write({ collection, key: 'never', doc: null, expect: 'any' }));
    assert.equal(await at.store.write({ collection, key: 'never', doc: null, expect: first }), {
      ok: false,
      conflict: 'version',
    });
  });

  test('terms fence: an older leader is refused, whatever it expects', async () => {
    const collection = fresh();
    const old = versionOf(await at.store.write({ collection, key: 's', doc: { by: 1 }, expect: 'absent', term: 1 }));
    versionOf(await at.store.write({ collection, key: 's', doc: { by: 3 }, expect: old, term: 3 }));
    const current = (await at.store.get(collection, 's'))!.version;
    for (const expect of [old, current, 'any', 'absent'] as const) {
      for (const doc of [{ by: 2 }, null]) {
        assert.equal(await at.store.write({ collection, key: 's', doc, expect, term: 2 }), {
          ok: false,
          conflict: 'term',
        });
        assert.equal(
          await at.store.write({ collection, key: 's', doc, expect }),
          { ok: false, conflict: 'term' },
          'no term is 0',
        );
      }
    }
    const results = await at.store.bulk([
      { collection, key: 's', doc: {}, expect: 'any', term: 2 },
      { collection, key: 't', doc: { ok: true }, expect: 'absent', term: 2 },
    ]);
    assert.equal(results[0], { ok: false, conflict: 'term' });
    assert.ok(results[1]!.ok, 'its neighbour succeeds');
    assert.equal((await at.store.get(collection, 's'))!.doc, { by: 3 });
    versionOf(await at.store.write({ collection, key: 's', doc: { by: 3, again: true }, expect: current, term: 3 }));
  });

  test('two in order: the second only with the first, each by its own compare-and-swap', async () => {
    const collection = fresh();
    const doc = { of: 'a pair' };
    const to = (key: string, expect: 'absent' | 'any', term = 2) => ({ collection, key, doc, expect, term });
    const [one, two] = await at.store.writeBoth(to('first', 'absent'), to('second', 'absent'));
    assert.ok(one.ok && two?.ok);
    assert.equal(await at.store.writeBoth(to('first', 'absent'), to('third', 'absent')), [
      { ok: false, conflict: 'version' },
      null,
    ]);
    assert.equal(await at.store.writeBoth(to('first', 'any', 1), to('third', 'absent')), [
      { ok: false, conflict: 'term' },
      null,
    ]);
    assert.is(await at.store.get(collection, 'third'), null, 'never without the first');
    const [stored, refused] = await at.store.writeBoth(to('fourth', 'absent'), to('second', 'absent'));
    assert.ok(stored.ok);
    assert.equal(refused, { ok: false, conflict: 'version' });
    assert.equal((await at.store.get(collection, 'fourth'))!.doc, doc);
  });

  test('bulk: each alone, in order, also twice the same key', async () => {
    const collection = fresh();
    const results = await at.store.bulk([
      { collection, key: 'a', doc: { n: 1 }, expect: 'absent' },
      { collection, key: 'a', doc: { n: 2 }, expect: 'absent' },
      { collection, key: 'a', doc: { n: 3 }, expect: 'any' },
      { collection, key: 'b', doc: { n: 4 }, expect: 'nope' },
      { collection, key: 'c', doc: { n: 5 }, expect: 'any' },
      { collection, key: 'c', doc: null, expect: 'any' },
    ]);
    assert.equal(
      results.map((result) => result.ok),
      [true, false, true, false, true, true],
    );
    assert.equal(
      (await all(at.store, collection)).map(({ key, doc }) => [key, doc['n']]),
      [['a', 3]],
    );
    assert.is((await at.store.get(collection, 'a'))!.version, versionOf(results[2]!));
    assert.equal(await at.store.bulk([]), []);
    const many = await at.store.bulk(
      Array.from({ length: 2500 }, (_, n) => ({
        collection,
        key: `m${10_000 + n}`,
        doc: { n },
        expect: 'absent' as const,
      })),
    );
    assert.ok(many.every((result) => result.ok));
    const items = await all(at.store, collection, 'm', 1000);
    assert.is(items.length, 2500);
    items.forEach((item, index) => assert.is(item.version, versionOf(many[index]!)));
  });

  test('scan: in the order of code points, by prefix, page by page', async () => {
    const collection = fresh();
    const other = `${collection}x`;
    const keys = [
      'a',
      'a/1',
      'a/10',
      'a/2',
      'a0',
      'b',
      'B',
      'ä',
      'é',
      '网',
      '\u{1f600}',
      '\uffee',
      'a\u0000b',
      ' ',
      '%',
    ];
    keys.push('a'.repeat(300));
    await at.store.bulk(keys.map((key) => ({ collection, key, doc: { key }, expect: 'absent' as const })));
    await at.store.write({ collection: other, key: 'a/3', doc: {}, expect: 'absent' });
    const sorted = [...keys].sort(byBytes);
    assert.equal(
      (await all(at.store, collection, '', 3)).map((item) => item.key),
      sorted,
    );
    assert.equal(
      (await all(at.store, collection, 'a/', 2)).map((item) => item.key),
      ['a/1', 'a/10', 'a/2'],
    );
    assert.equal(
      (await all(at.store, collection, 'nothing')).map((item) => item.key),
      [],
    );
    assert.equal(
      (await at.store.scan(collection, { prefix: 'a/', after: 'a/1' })).items.map((item) => item.key),
      ['a/10', 'a/2'],
    );
    assert.equal(
      (await at.store.scan(collection, { prefix: 'a/', after: 'a/15' })).items.map((item) => item.key),
      ['a/2'],
      'a cursor need not exist',
    );
    assert.equal(
      (await at.store.scan(collection, { prefix: 'a/', after: 'A' })).items.length,
      3,
      'a cursor before the prefix',
    );
    assert.equal((await at.store.scan(collection, { prefix: 'a/', after: 'b' })).items, [], 'a cursor beyond it');
    const exact = await at.store.scan(collection, { limit: keys.length });
    assert.is(exact.items.length, keys.length);
    assert.is(exact.next, null);
    assert.equal(await at.store.scan(fresh()), { items: [], next: null });
  });

  test('what cannot be kept is refused with a reason', async () => {
    const write = (change: Partial<Write>) => () =>
      at.store.write({ collection: 'ok', key: 'k', doc: {}, expect: 'any', ...change });
    await refused('store-refused', write({ collection: 'Upper' }));
    await refused('store-refused', write({ collection: '' }));
    await refused('store-refused', write({ collection: 'a/b' }));
    await refused('store-refused', write({ key: '' }));
    await refused('store-refused', write({ key: '网'.repeat(171) }));
    await refused('store-refused', write({ key: 'half \ud800' }));
    await refused('store-refused', write({ doc: { big: 1n as never } }));
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    await refused('store-refused', write({ doc: cycle as never }));
    await refused('store-refused', () =>
      at.store.bulk([
        { collection: 'ok', key: 'fine', doc: {}, expect: 'any' },
        { collection: 'ok', key: '', doc: {}, expect: 'any' },
      ]),
    );
    assert.is(await at.store.get('ok', 'fine'), null, 'a bulk that cannot be sent writes nothing');
    await refused('store-refused', write({ term: Number.NaN }));
    await refused('store-refused', () => at.store.draw('numbers', 0));
    await refused('store-refused', () => at.store.draw('numbers', 1, Number.NaN));
    await refused('store-refused', () => at.store.append([{ at: Number.NaN, kind: 'x' }]));
  });

  test('many writers of one record: each version is won once, and none is lost', async () => {
    const collection = fresh();
    await at.store.write({ collection, key: 'n', doc: { n: 0 }, expect: 'absent' });
    const seen = new Set<string>();
    let wins = 0;
    let rounds = 0;
    while (wins < writers && rounds++ < 2 * writers) {
      const { version, doc } = (await at.store.get<{ n: number }>(collection, 'n'))!;
      assert.not.ok(seen.has(version), 'a version never comes back');
      seen.add(version);
      const results = await Promise.all(
        Array.from({ length: writers }, () =>
          at.store.write({ collection, key: 'n', doc: { n: doc.n + 1 }, expect: version }),
        ),
      );
      const winners = results.filter((result) => result.ok);
      assert.is(winners.length, 1, 'exactly one wins');
      wins += winners.length;
    }
    assert.is((await at.store.get<{ n: number }>(collection, 'n'))!.doc.n, writers);
  });

  test('many writers that retry: the sum is right', async () => {
    const collection = fresh();
    await at.store.write({ collection, key: 'sum', doc: { n: 0 }, expect: 'absent' });
    await Promise.all(
      Array.from({ length: writers }, async () => {
        for (let done = false; !done;) {
          const { version, doc } = (await at.store.get<{ n: number }>(collection, 'sum'))!;
          done = (await at.store.write({ collection, key: 'sum', doc: { n: doc.n + 1 }, expect: version })).ok;
        }
      }),
    );
    assert.is((await at.store.get<{ n: number }>(collection, 'sum'))!.doc.n, writers);
  });
}

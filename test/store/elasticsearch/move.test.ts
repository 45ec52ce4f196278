// A hub moves from a directory to a real Elasticsearch, cut off on the way, and back: all of it is the same.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openElastic } from '../../../src/store/elasticsearch/elastic.ts';
import type { ElasticStore } from '../../../src/store/elasticsearch/elastic.ts';
import { openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { move } from '../../../src/store/moving/move.ts';
import { refuseMoved } from '../../../src/store/moving/moved.ts';
import { StoreError } from '../../../src/store/store.ts';
import type { MovableStore } from '../../../src/store/store.ts';
import { freshPrefix, lendOrSkip } from '../../elasticsearch/shared.ts';
import { scratch } from '../../support/scratch.ts';
import { failing, hub, now, same } from '../moving/moving.ts';

const url = await lendOrSkip(9);
if (url !== null) {
  const test = suite('a hub moves to Elasticsearch and back');
  const there = { from: 'a directory', to: 'Elasticsearch', at: now, tell: () => undefined };
  let source: MovableStore;
  let elastic: ElasticStore;
  test.before(async () => {
    source = await hub();
    elastic = await openElastic({ urls: [url], prefix: freshPrefix('move'), requestMs: 60_000 });
  });
  test.after(async () => {
    await Promise.all([source.close(), elastic.close()]);
  });

  test('there, cut off three times', async () => {
    for (const [at, after] of [
      [1, true],
      [6, false],
      [9, true],
    ] as const) {
      const cut = await move(source, failing(elastic, at, after), there).then(
        () => null,
        (error: Error) => error,
      );
      assert.is(cut?.message, 'cut off');
    }
    const { parts } = await move(source, elastic, there);
    assert.equal(
      parts.map(({ name, count }) => [name, count]),
      [
        ['apps', 3],
        ['assignments', 2500],
        ['hub', 1],
        ['zeta', 1],
        ['events', 1200],
        ['points', 3],
      ],
    );
    await refuseMoved(elastic);
    await same(source, elastic);
    assert.equal((await elastic.readLog({ query: 'kind:hub.moved' })).items.length, 1);
    assert.is((await elastic.query('assignments', 'n:>=2490 AND deep.a:2')).total, 10, 'what arrived is found');
  });

  test('one that is given up leaves nothing behind', async () => {
    const prefix = freshPrefix('abandoned');
    const half = await openElastic({ urls: [url], prefix, requestMs: 60_000 });
    const from = await hub();
    await move(from, failing(half, 8, true), there).catch((error: Error) => assert.is(error.message, 'cut off'));
    await half.destroy();
    for (const what of ['_cat/indices', '_cat/templates'])
      assert.is(
        await (await fetch(`${url}/${what}/${prefix}-*?h=${what === '_cat/indices' ? 'index' : 'name'}`)).text(),
        '',
      );
    await from.close();
  });

  test('and back', async () => {
    const back = await openEmbedded(scratch('back'));
    await move(elastic, back, { ...there, from: 'Elasticsearch', to: 'a directory' });
    await refuseMoved(back);
    assert.instance(await refuseMoved(elastic).catch((error: unknown) => error), StoreError);
    const { items } = await back.readLog({ limit: 10_000 });
    assert.equal(
      items.map(({ seq }) => seq).slice(0, 1200),
      (await source.readLog({ limit: 10_000 })).items.map(({ seq }) => seq),
      'under the same numbers',
    );
    assert.equal(
      items.slice(1200).map((item) => item['kind']),
      ['hub.moved', 'hub.moved'],
    );
    assert.equal((await back.scanPoints(null, 10)).items, (await source.scanPoints(null, 10)).items);
    const docs = async (store: MovableStore) =>
      (await store.scan('assignments', { limit: 10_000 })).items.map(({ key, doc }) => [key, doc]);
    assert.equal(await docs(back), await docs(source));
    assert.ok((await back.draw('epoch', 1)) > 1001);
    await back.close();
  });

  test.run();
}

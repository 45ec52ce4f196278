// The store's contract: queries, collections, restarts.
import * as assert from 'uvu/assert';
import { fresh, refused, versionOf } from './contract-subject.ts';
import type { Subject, Test } from './contract-subject.ts';

/** Adds the tests to a suite. */
export function queryTests(test: Test, at: Subject): void {
  test('query: all, by page, sorted; collections with counts', async () => {
    const collection = fresh();
    const ranks = [5, 3, 9, 1, 7, 3];
    await at.store.bulk([
      ...ranks.map((rank, n) => ({
        collection,
        key: `k${n}`,
        doc: { rank, name: `n${rank}`, deep: { rank } },
        expect: 'absent' as const,
      })),
      { collection, key: 'unranked', doc: { name: 'none' }, expect: 'absent' },
    ]);
    await at.bench.settle();
    const keys = async (query: string, options = {}): Promise<string[]> =>
      (await at.store.query(collection, query, options)).items.map((item) => item.key);
    assert.equal((await keys('*')).sort(), ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'unranked']);
    assert.is((await at.store.query(collection, '')).total, 7);
    assert.equal(
      await keys('*', { sort: 'rank' }),
      ['k3', 'k1', 'k5', 'k0', 'k4', 'k2', 'unranked'],
      'ties by key, without the field last',
    );
    assert.equal(await keys('*', { sort: '-deep.rank' }), ['k2', 'k4', 'k0', 'k1', 'k5', 'k3', 'unranked']);
    const page = await at.store.query(collection, '*', { from: 2, size: 3, sort: 'rank' });
    assert.equal(
      page.items.map((item) => item.key),
      ['k5', 'k0', 'k4'],
    );
    assert.is(page.total, 7);
    assert.equal(await keys('*', { from: 100 }), []);
    assert.equal(await at.store.query(fresh(), '*'), { items: [], total: 0 });
    const item = page.items[0]!;
    assert.equal(item, await at.store.get(collection, item.key));
    const listed = (await at.store.collections()).find(({ name }) => name === collection)!;
    assert.is(listed.count, 7);
    assert.ok(listed.bytes === null || listed.bytes > 100);
  });

  test('the query language: over records and over the log', async () => {
    const collection = fresh();
    const nodes = [
      {
        hostname: 'web-1',
        os: { cpus: 4 },
        memory: { total: 8e9 },
        tags: ['ssd', 'hpc'],
        networks: [{ address: '10.0.0.7' }],
      },
      {
        hostname: 'web-2',
        os: { cpus: 16 },
        memory: { total: 64e9 },
        tags: ['hdd'],
        networks: [{ address: '192.168.1.9' }, { address: '10.1.0.1' }],
      },
      { hostname: 'db-1', os: { cpus: 32 }, memory: { total: 128e9 }, tags: [], networks: [] },
    ];
    await at.store.bulk(nodes.map((doc) => ({ collection, key: doc.hostname, doc, expect: 'absent' as const })));
    await at.bench.settle();
    const found = async (query: string): Promise<string> =>
      (await at.store.query(collection, query)).items.map((item) => item.key).join(' ');
    assert.is(await found('web*'), 'web-1 web-2');
    assert.is(await found('os.cpus:>8 AND memory.total:>=50GB'), 'db-1 web-2');
    assert.is(await found('tags:ssd OR hostname:db-1'), 'db-1 web-1');
    assert.is(await found('networks.address:10.0.0.0/8 -tags:ssd'), 'web-2');
    assert.is(await found('nothing:here'), '');
    const { items, total } = await at.store.query(collection, 'os.cpus:>2', { size: 1, sort: '-os.cpus' });
    assert.equal([items.map((item) => item.key), total], [['db-1'], 3]);
    const error = await refused('store-refused', () => at.store.query(collection, 'tags:('));
    assert.match(error.message, /at \d+/);

    const [first] = await at.store.append(
      Array.from({ length: 900 }, (_, n) => ({
        at: Date.now(),
        kind: n % 100 ? 'noise.made' : 'instance.restarted',
        subject: { app: `web${n % 3}` },
        n,
      })),
    );
    await at.bench.settle();
    const after = first! - 1;
    const log = async (query: string, options = {}): Promise<unknown[]> =>
      (await at.store.readLog({ after, query, ...options })).items.map((item) => item['n']);
    assert.equal(await log('kind:instance.restarted'), [0, 100, 200, 300, 400, 500, 600, 700, 800]);
    assert.equal(await log('kind:instance.restarted', { limit: 2 }), [0, 100]);
    assert.equal(await log('kind:instance.restarted', { limit: 2, newestFirst: true }), [800, 700]);
    assert.equal(
      await log('kind:instance.restarted', { limit: 2, newestFirst: true, before: first! + 700 }),
      [600, 500],
    );
    assert.equal(await log('subject.app:web1 AND n:<5'), [1, 4]);
    await refused('store-refused', () => at.store.readLog({ query: 'kind:(' }));
  });

  test('secrets are kept, but not found, nor sorted by', async () => {
    const collection = fresh();
    const passwords = ['hunter2', 'aaaa', 'zzzz'];
    await at.store.bulk(
      passwords.map((secret, n) => ({
        collection,
        key: `k${n}`,
        doc: {
          name: `n${n}`,
          envs: { DB_PASSWORD: secret },
          args: ['--token', secret],
          uri: `http://u:${secret}@host/x`,
        },
        expect: 'absent' as const,
      })),
    );
    await at.bench.settle();
    const total = async (query: string): Promise<number> => (await at.store.query(collection, query)).total;
    for (const query of [
      'hunter2',
      'hunt*',
      'envs.DB_PASSWORD:/h.*/',
      'envs.*:[h TO i]',
      'args:hunter2',
      'uri:*hunter2*',
      'envs.DB_PASSWORD:>b',
    ])
      assert.is(await total(query), 0, query);
    assert.equal([await total('n1'), await total('_exists_:envs.DB_PASSWORD'), await total('uri:*host*')], [1, 3, 3]);
    const { items } = await at.store.query(collection, '*', { sort: 'envs.DB_PASSWORD' });
    assert.equal(
      items.map(({ key }) => key),
      ['k0', 'k1', 'k2'],
      'their order would tell',
    );
    assert.equal(items[0]!.doc, (await at.store.get(collection, 'k0'))!.doc);
  });

  test('everything is there after a restart', async () => {
    const collection = fresh();
    const subject = `node/${fresh()}`;
    const minute = Math.floor(Date.now() / 60_000);
    const version = versionOf(await at.store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent', term: 9 }));
    const [seq] = await at.store.append([{ at: Date.now(), kind: 'test.kept' }]);
    await at.store.addPoints(subject, [{ minute, values: { cpu: [1, 2, 3] } }]);
    await at.reopen();
    assert.equal(await at.store.get(collection, 'a'), { key: 'a', version, doc: { n: 1 } });
    assert.equal(
      await at.store.write({ collection, key: 'a', doc: {}, expect: version, term: 8 }),
      { ok: false, conflict: 'term' },
      'the fence too',
    );
    assert.is((await at.store.readLog({ newestFirst: true, limit: 1 })).items[0]?.seq, seq);
    assert.is((await at.store.readPoints(subject, minute, minute)).length, 1);
    assert.ok((await at.store.append([{ at: Date.now(), kind: 'test.next' }]))[0]! > seq!);
  });
}

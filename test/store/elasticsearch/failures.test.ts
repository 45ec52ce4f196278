// What can be wrong with an Elasticsearch: each is told with a code and a hint, and nothing acknowledged is lost or done twice.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ElasticOptions } from '../../../src/store/elasticsearch/requests/connect.ts';
import { openElastic, type ElasticStore } from '../../../src/store/elasticsearch/elastic.ts';
import { StoreError } from '../../../src/store/store.ts';
import { ElasticProxy, type ProxyOptions } from '../../elasticsearch/proxy.ts';
import { freshPrefix, lendOrSkip } from '../../elasticsearch/shared.ts';
import { selfSigned } from '../../support/certificate.ts';
import { scratch } from '../../support/scratch.ts';
import { refused } from '../contract-subject.ts';

const url = await lendOrSkip(9);
if (url !== null) {
  const stores: ElasticStore[] = [];
  const proxies: ElasticProxy[] = [];
  test.after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });
  const open = async (options: Partial<ElasticOptions>): Promise<ElasticStore> => {
    const store = await openElastic({
      urls: [url],
      prefix: freshPrefix('failures'),
      requestMs: 30_000,
      patienceMs: 1_000,
      ...options,
    });
    stores.push(store);
    return store;
  };
  const proxy = async (options: ProxyOptions = {}, target = url): Promise<{ proxy: ElasticProxy; at: string }> => {
    const made = new ElasticProxy(target, options);
    proxies.push(made);
    return { proxy: made, at: await made.open() };
  };
  const basic = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  test('user and password, in the address or apart, and API keys; a wrong one is told, never shown', async () => {
    const { at } = await proxy({ authorization: basic('hub', 'se/cr:et') });
    await open({ urls: [at], user: 'hub', password: 'se/cr:et' });
    const store = await open({ urls: [at.replace('//', `//hub:${encodeURIComponent('se/cr:et')}@`)] });
    assert.ok((await store.write({ collection: 'apps', key: 'a', doc: {}, expect: 'absent' })).ok);
    const wrong = await refused('store-refused', () => open({ urls: [at.replace('//', '//hub:hidden@')] }));
    assert.match(wrong.message, /401/);
    assert.match(wrong.hint, /--elastic-password-file/);
    assert.not.match(`${wrong.message}${wrong.hint}`, /hidden/);
    const { at: keyed } = await proxy({ authorization: 'ApiKey a2V5' });
    await open({ urls: [keyed], apiKey: 'a2V5' });
  });

  /** What a request needs of a server with security, by Elastic's list of privileges; null: nothing is known of such a request. */
  const privilegeOf = (method: string, path: string): string | null => {
    const known: [string, RegExp, string][] = [
      ['GET', /^\/$/, 'monitor'],
      ['PUT', /^\/_index_template\/[\w-]+$/, 'manage_index_templates'],
      ['POST', /^\/_bulk$/, 'write'],
      ['POST', /^\/_mget$/, 'read'],
      ['GET', /^\/[\w-]+\/_doc\/.+$/, 'read'],
      ['POST', /^\/[^/]+\/_m?search$/, 'read'],
      ['PUT', /^\/[\w.-]+(\/_mapping|\/_alias\/[\w.-]+)?$/, 'manage'],
      ['GET', /^\/[^/]+\/_settings\/index\.uuid$/, 'manage'],
      ['POST', /^\/[^/]+\/_refresh$/, 'manage'],
      ['GET', /^\/[^/]+\/_stats\/store,docs$/, 'manage'],
      ['GET', /^\/_cat\/health$/, 'monitor'],
      ['GET', /^\/_cat\/indices\/[^/]+$/, 'manage'],
      ['DELETE', /^\/[^_][\w.,-]+$/, 'manage'],
    ];
    return known.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? null;
  };
  const privileges = ['monitor', 'manage_index_templates', 'read', 'write', 'manage'];

  test('the privileges that the README lists are all it takes; one that lacks is named', async () => {
    const { proxy: guard, at } = await proxy({ authorization: 'ApiKey bGVhc3Q=' });
    const used = new Set<string>();
    let held = new Set(privileges);
    guard.treat = ({ method, url: asked }) => {
      const path = decodeURIComponent(asked!.split('?')[0]!);
      const privilege = privilegeOf(method!, path);
      if (privilege !== null) used.add(privilege);
      if (privilege !== null && held.has(privilege)) return 'pass';
      const reason = `action is unauthorized for API key, ${method} ${path}, this action is granted by the privileges [${privilege}]`;
      return { status: 403, body: { error: { type: 'security_exception', reason }, status: 403 } };
    };
    const options = { urls: [at], apiKey: 'bGVhc3Q=', prefix: freshPrefix('least') };
    const store = await open(options);
    const lease = store.lease({ holder: 'least', address: 'http://least', ttlMs: 10_000 });
    await lease.acquire(new AbortController().signal, () => undefined);
    const write = () => store.write({ collection: 'apps', key: 'a', doc: { n: 1 }, expect: 'any' });
    assert.ok((await write()).ok);
    assert.ok((await store.get('apps', 'a'))!.doc);
    assert.is((await store.scan('apps')).items.length, 1);
    assert.is((await store.query('apps', 'n:>0')).total, 1);
    await store.append([{ at: Date.now(), kind: 'test.least' }], 1);
    assert.is((await store.readLog()).items.length, 1);
    await store.addPoints('node/n', [{ minute: 7, values: { cpu: [1, 2, 3] } }]);
    assert.is((await store.readPoints('node/n', 0, 9)).length, 1);
    assert.ok((await store.collections()).length > 0 && (await store.history()).length === 2);
    assert.is(await store.expire(Date.now() - 86_400_000, 10), 1);
    await lease.release();
    assert.equal([...used].sort(), [...privileges].sort(), 'and none is listed in vain');
    for (const lacking of privileges) {
      held = new Set(privileges.filter((each) => each !== lacking));
      const asked = async (): Promise<unknown> =>
        (await open(options)).write({ collection: 'apps', key: 'a', doc: { n: 1 }, expect: 'any' });
      const error = (await asked().catch((thrown: unknown) => thrown)) as StoreError;
      assert.instance(error, StoreError, lacking);
      assert.ok(error.message.includes(`[${lacking}]`), error.message);
      assert.match(error.hint, /read, write and manage on/);
    }
  });

  test("TLS with a CA of one's own; without it the hint names the flag", async () => {
    const tls = selfSigned(scratch('tls'));
    if (!tls) return;
    const { at } = await proxy({ tls });
    await open({ urls: [at], ca: tls.cert });
    assert.match((await refused('store-refused', () => open({ urls: [at] }))).hint, /--elastic-ca/);
    await refused('store-refused', () => open({ urls: [url.replace('http:', 'https:')] }));
  });

  test('one of two addresses is dead: the other one is asked, also at the start', async () => {
    const store = await open({ urls: ['http://127.0.0.1:1', url] });
    assert.ok((await store.write({ collection: 'apps', key: 'a', doc: {}, expect: 'absent' })).ok);
  });

  test('an address with a path, a template that wants data streams: what to do is said', async () => {
    assert.match((await refused('store-refused', () => open({ urls: [`${url}/some/path`] }))).hint, /without a path/);
    const prefix = freshPrefix('streams');
    const template = `${url}/_index_template/${prefix}`;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ index_patterns: [`${prefix}*`], priority: 9_000, data_stream: {} });
    assert.ok((await fetch(template, { method: 'PUT', headers, body })).ok);
    try {
      assert.match((await refused('store-refused', () => open({ prefix }))).hint, /lower its priority/);
    } finally {
      await fetch(template, { method: 'DELETE' });
    }
  });

  test('nobody there, no Elasticsearch, one that is too old or too new', async () => {
    const gone = await refused('store-unavailable', () => open({ urls: ['http://127.0.0.1:1'] }));
    assert.match(gone.message, /127\.0\.0\.1:1 is not reachable/);
    const { proxy: other, at } = await proxy({}, '');
    other.treat = () => ({
      status: 200,
      body: { version: { number: '2.11.0', distribution: 'opensearch' } },
      headers: { 'content-type': 'application/json' },
    });
    assert.match((await refused('store-refused', () => open({ urls: [at] }))).message, /no Elasticsearch/);
    for (const number of ['7.17.29', '10.0.0']) {
      other.treat = () => ({ status: 200, body: { version: { number } } });
      assert.match(
        (await refused('store-refused', () => open({ urls: [at] }))).message,
        new RegExp(`is version ${number}`),
      );
    }
    await refused('store-refused', () => open({ prefix: 'Not-a-prefix' }));
  });

  test('a disk that is almost full and a read-only index are told apart; writing goes on when that is over', async () => {
    const prefix = freshPrefix('blocks');
    const store = await open({ prefix });
    const block = async (settings: object): Promise<void> => {
      const response = await fetch(`${url}/${prefix}-apps/_settings`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(settings),
      });
      assert.is(response.status, 200, await response.text());
    };
    const write = (key: string) => store.write({ collection: 'apps', key, doc: {}, expect: 'absent' });
    await block({ 'index.blocks.read_only_allow_delete': true });
    assert.match((await refused('store-full', () => write('a'))).message, /almost full/);
    await block({ 'index.blocks.read_only_allow_delete': null, 'index.blocks.write': true });
    assert.match((await refused('store-unavailable', () => write('a'))).hint, /read-only/);
    await block({ 'index.blocks.write': null });
    assert.ok((await write('a')).ok);
  });

  test('overloaded for a moment: tried again, and nobody notices', async () => {
    const { proxy: busy, at } = await proxy();
    const store = await open({ urls: [at] });
    let refusals = 3;
    busy.treat = () =>
      refusals-- > 0
        ? { status: 429, body: { error: { type: 'es_rejected_execution_exception', reason: 'queue is full' } } }
        : 'pass';
    assert.ok((await store.write({ collection: 'apps', key: 'a', doc: {}, expect: 'absent' })).ok);
    refusals = 1e9;
    const error = await refused('store-unavailable', () =>
      store.write({ collection: 'apps', key: 'b', doc: {}, expect: 'absent' }),
    );
    assert.match(error.message, /overloaded/);
  });

  test('answers that are lost and requests that never come: what is acknowledged is there, once', async () => {
    const { proxy: bad, at } = await proxy();
    const store = await open({ urls: [at], patienceMs: 60_000 });
    let turn = 0;
    bad.treat = () => (['pass', 'lose', 'pass', 'drop', 'lose'] as const)[turn++ % 5]!;
    const created = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        store.write({ collection: 'apps', key: `k${n}`, doc: { n }, expect: 'absent' }),
      ),
    );
    assert.ok(
      created.every((result) => result.ok),
      'nobody else wrote: a create whose answer was lost is no conflict',
    );
    for (let n = 0; n < 12; n += 1) {
      const before = created[n]!;
      const stored = (await store.get<{ n: number }>('apps', `k${n}`))!;
      assert.is(stored.version, before.ok && before.version);
      const after = await store.write({ collection: 'apps', key: `k${n}`, doc: { n: n + 1 }, expect: stored.version });
      assert.ok(after.ok, 'nor is a change');
    }
    const removed = await store.bulk(
      Array.from({ length: 4 }, (_, n) => ({ collection: 'apps', key: `k${n}`, doc: null, expect: 'any' as const })),
    );
    assert.ok(removed.every((result) => result.ok));
    const firsts = await Promise.all(Array.from({ length: 4 }, () => store.draw('numbers', 3)));
    assert.is(new Set(firsts).size, 4);
    const numbers: number[] = [];
    for (let n = 0; n < 4; n += 1) numbers.push(...(await store.append([{ at: Date.now(), kind: 'test.lost', n }], 1)));
    await store.addPoints('node/n', [{ minute: Math.floor(Date.now() / 60_000), values: { cpu: [1, 2, 3] } }]);
    bad.treat = () => 'pass';
    assert.equal(
      (await store.scan('apps')).items.map(({ key }) => key),
      Array.from({ length: 8 }, (_, n) => `k${n + 4}`).sort(),
    );
    const other = await open({ prefix: store.names.prefix });
    assert.equal(
      (await other.readLog()).items.map((item) => [item.seq, item['n']]),
      numbers.map((seq, n) => [seq, n]),
    );
    assert.is((await other.readPoints('node/n', 0, 1e9)).length, 1);
  });

  test('a clock that is days ahead of the server is noticed, and drops nothing that is not old there', async () => {
    const { proxy: slow, at } = await proxy();
    const store = await open({ urls: [at] });
    assert.ok(Math.abs(await store.clockAheadMs()) < 60_000);
    const dayMs = 86_400_000;
    await store.append([{ at: Date.now() - 9 * dayMs, kind: 'test.kept' }], 1);
    slow.treat = ({ url: asked }) =>
      asked!.startsWith('/_cat/health')
        ? { status: 200, body: [{ epoch: String(Math.round((Date.now() - 8 * dayMs) / 1000)) }] }
        : 'pass';
    assert.ok(Math.abs((await store.clockAheadMs()) - 8 * dayMs) < 60_000);
    assert.is(await store.expire(Date.now() - 7 * dayMs, 10), 0);
    slow.treat = () => 'pass';
    assert.is(await store.expire(Date.now() - 7 * dayMs, 10), 1);
  });

  test.run();
}

// The lease: one holder at a time, over when it lapses or is given back, and never an acknowledged write of one that was overtaken.
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OutrankedError } from '../../../../src/store/store.ts';
import { openElastic, type ElasticStore } from '../../../../src/store/elasticsearch/elastic.ts';
import type { LeaseDoc } from '../../../../src/store/elasticsearch/leading/lease-doc.ts';
import type { Lease } from '../../../../src/store/elasticsearch/leading/lease.ts';
import { LeasedStore } from '../../../../src/store/elasticsearch/leading/leased.ts';
import { Bulk } from '../../../../src/store/elasticsearch/requests/bulk.ts';
import { freshPrefix, lendOrSkip } from '../../../elasticsearch/shared.ts';
import { refused } from '../../contract-subject.ts';
import { crowding } from '../../../support/busyness.ts';
import { letPass, until } from '../../../support/until.ts';

const url = await lendOrSkip(9);
if (url !== null) {
  const never = new AbortController().signal;
  const stores: ElasticStore[] = [];
  const prefix = freshPrefix('lease');
  const lease = async (holder: string, ttlMs: number, own = prefix): Promise<{ lease: Lease; store: ElasticStore }> => {
    const store = await openElastic({ urls: [url], prefix: own, patienceMs: 500 });
    stores.push(store);
    return { store, lease: store.lease({ holder, ttlMs, address: `http://${holder}` }) };
  };
  test.after(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });

  test('one holds it, the other hears who and gets it when it is given back, at once', async () => {
    const a = await lease('a', 60_000);
    const b = await lease('b', 60_000);
    await a.lease.acquire(never, () => undefined);
    await a.lease.confirm();
    const seen: (LeaseDoc | null)[] = [];
    let held = false;
    const stop = new AbortController();
    const waiting = b.lease
      .acquire(stop.signal, (leader) => seen.push(leader))
      .then(
        () => {
          held = true;
        },
        () => undefined,
      );
    await until('the holder is seen', () => seen.length > 0);
    assert.equal([seen[0]!.holder, seen[0]!.address, held], ['a', 'http://a', false]);
    stop.abort();
    await waiting;
    assert.not.ok(held);
    await a.lease.release();
    assert.match(await a.lease.lost, /given back/);
    await refused('store-unavailable', () => a.lease.confirm());
    const from = Date.now();
    await b.lease.acquire(never, () => undefined);
    assert.ok(Date.now() - from < 20_000, 'without waiting for 60 s');
    await b.lease.release();
  });

  test('the same holder takes its own again, as one that was killed and started', async () => {
    const own = freshPrefix('again');
    const before = await lease('same', 60_000, own);
    await before.lease.acquire(never, () => undefined);
    const after = await lease('same', 60_000, own);
    await after.lease.acquire(never, () => undefined);
    await after.lease.release();
  });

  test('what was not yet on the wire when it was overtaken is not sent', async () => {
    const { store } = await lease('a', 60_000, freshPrefix('wire'));
    const bulk = new Bulk(store.requests, store.names);
    let looks = 0;
    bulk.refusal = () => (looks++ === 0 ? null : new OutrankedError());
    const source = JSON.stringify({ key: 'late' });
    const [outcome] = await bulk.run([{ action: 'create', index: store.names.records('apps'), id: 'late', source }]);
    assert.equal([outcome!.kind, looks], ['failed', 2]);
    assert.instance((outcome as { error: unknown }).error, OutrankedError);
    bulk.refusal = () => null;
    const [free] = await bulk.run([{ action: 'create', index: store.names.records('apps'), id: 'late', source }]);
    assert.is(free!.kind, 'done', 'the first was not written');
  });

  test('a holder that is silent is overtaken; what it wrote after that is not acknowledged', async () => {
    const own = freshPrefix('lapse');
    const ttlMs = 1500 * crowding();
    const a = await lease('a', ttlMs, own);
    const b = await lease('b', ttlMs, own);
    await a.lease.acquire(never, () => undefined);
    const store = new LeasedStore(a.store, a.lease);
    assert.ok((await store.write({ collection: 'apps', key: 'first', doc: {}, expect: 'absent', term: 1 })).ok);
    let overtaken = false;
    const stop = new AbortController();
    const taking = b.lease
      .acquire(stop.signal, () => undefined)
      .then(
        () => {
          overtaken = true;
        },
        () => undefined,
      );
    await letPass(2.2 * ttlMs);
    assert.not.ok(overtaken, 'it is renewed all the time');
    const opener = new URL('../../../../src/store/elasticsearch/elastic.js', import.meta.url);
    // The process stands still, as by SIGSTOP: no timer of it runs, and no request of it goes out.
    const script = `
      const { openElastic } = await import(${JSON.stringify(opener.href)});
      const store = await openElastic({ urls: [${JSON.stringify(url)}], prefix: ${JSON.stringify(own)} });
      await store.lease({ holder: 'b', ttlMs: ${ttlMs}, address: 'http://b' }).acquire(new AbortController().signal, () => {});
      await store.write({ collection: 'apps', key: 'seen', doc: {}, expect: 'any', term: 2 });
      process.exit(0);`;
    stop.abort();
    await taking;
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 200_000,
    });
    assert.is(ran.status, 0, ran.stderr);
    await refused('store-unavailable', () =>
      store.write({ collection: 'apps', key: 'second', doc: {}, expect: 'absent', term: 1 }),
    );
    assert.match(await a.lease.lost, /http:\/\/b leads/);
    assert.ok(await a.store.get('apps', 'seen'));
  });

  test.run();
}

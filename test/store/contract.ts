// What every store must do, whatever lies behind it. `embedded.test.ts` runs it on lmdb; the Elasticsearch adapter runs it too.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreError } from '../../src/store/store.ts';
import type { Doc, Store, Write, WriteResult } from '../../src/store/store.ts';

export interface Bench {
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

async function all<T = Doc>(store: Store, collection: string, prefix = '', limit = 7): Promise<{ key: string; version: string; doc: T }[]> {
  const items: { key: string; version: string; doc: T }[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof store.scan<T>>> = await store.scan<T>(collection, after === null ? { prefix, limit } : { prefix, limit, after });
    items.push(...page.items);
    if (page.next === null) return items;
    assert.is(page.items.length, limit, 'only the last page is short');
    assert.is(page.next, page.items.at(-1)!.key, 'the cursor is the last key');
    after = page.next;
  }
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function contract(adapter: Adapter): void {
  const test = suite(`store contract: ${adapter.name}`);
  let bench: Bench;
  let store: Store;
  test.before(async () => {
    bench = await adapter.open();
    store = bench.store;
  });
  test.after(() => bench.end());

  test('a record is what was written, with a version that changes', async () => {
    const collection = fresh();
    assert.is(await store.get(collection, 'web'), null);
    const doc = { name: 'wéb 网', nested: { list: [1, 2.5, null, true, 'x'], empty: {} }, big: 2 ** 53 - 1, small: 1e-9 };
    const first = versionOf(await store.write({ collection, key: 'web', doc, expect: 'absent' }));
    const stored = await store.get(collection, 'web');
    assert.equal(stored, { key: 'web', version: first, doc });
    const second = versionOf(await store.write({ collection, key: 'web', doc: { n: 2 }, expect: first }));
    assert.is.not(second, first);
    assert.equal((await store.get(collection, 'web'))!.doc, { n: 2 });
    assert.is(await store.get(fresh(), 'web'), null, 'collections do not share keys');
  });

  test('compare-and-swap refuses what is not expected and changes nothing', async () => {
    const collection = fresh();
    assert.equal(await store.write({ collection, key: 'a', doc: {}, expect: 'zzz' }), { ok: false, conflict: 'version' });
    const first = versionOf(await store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent' }));
    assert.equal(await store.write({ collection, key: 'a', doc: { n: 2 }, expect: 'absent' }), { ok: false, conflict: 'version' });
    versionOf(await store.write({ collection, key: 'a', doc: { n: 3 }, expect: 'any' }));
    assert.equal(await store.write({ collection, key: 'a', doc: { n: 4 }, expect: first }), { ok: false, conflict: 'version' });
    assert.equal(await store.write({ collection, key: 'a', doc: null, expect: first }), { ok: false, conflict: 'version' });
    assert.equal((await store.get(collection, 'a'))!.doc, { n: 3 });
  });

  test('a deleted record is gone, and its version never comes back', async () => {
    const collection = fresh();
    const first = versionOf(await store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent' }));
    versionOf(await store.write({ collection, key: 'a', doc: null, expect: first }));
    assert.is(await store.get(collection, 'a'), null);
    assert.equal((await store.scan(collection)).items, []);
    versionOf(await store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent' }));
    assert.equal(await store.write({ collection, key: 'a', doc: {}, expect: first }), { ok: false, conflict: 'version' }, 'the old token is stale');
    versionOf(await store.write({ collection, key: 'never', doc: null, expect: 'any' }));
    assert.equal(await store.write({ collection, key: 'never', doc: null, expect: first }), { ok: false, conflict: 'version' });
  });

  test('terms fence: an older leader is refused, whatever it expects', async () => {
    const collection = fresh();
    const old = versionOf(await store.write({ collection, key: 's', doc: { by: 1 }, expect: 'absent', term: 1 }));
    versionOf(await store.write({ collection, key: 's', doc: { by: 3 }, expect: old, term: 3 }));
    const current = (await store.get(collection, 's'))!.version;
    for (const expect of [old, current, 'any', 'absent'] as const) {
      for (const doc of [{ by: 2 }, null]) {
        assert.equal(await store.write({ collection, key: 's', doc, expect, term: 2 }), { ok: false, conflict: 'term' });
        assert.equal(await store.write({ collection, key: 's', doc, expect }), { ok: false, conflict: 'term' }, 'no term is 0');
      }
    }
    const results = await store.bulk([{ collection, key: 's', doc: {}, expect: 'any', term: 2 }, { collection, key: 't', doc: { ok: true }, expect: 'absent', term: 2 }]);
    assert.equal(results[0], { ok: false, conflict: 'term' });
    assert.ok(results[1]!.ok, 'its neighbour succeeds');
    assert.equal((await store.get(collection, 's'))!.doc, { by: 3 });
    versionOf(await store.write({ collection, key: 's', doc: { by: 3, again: true }, expect: current, term: 3 }));
  });

  test('bulk: each alone, in order, also twice the same key', async () => {
    const collection = fresh();
    const results = await store.bulk([
      { collection, key: 'a', doc: { n: 1 }, expect: 'absent' },
      { collection, key: 'a', doc: { n: 2 }, expect: 'absent' },
      { collection, key: 'a', doc: { n: 3 }, expect: 'any' },
      { collection, key: 'b', doc: { n: 4 }, expect: 'nope' },
      { collection, key: 'c', doc: { n: 5 }, expect: 'any' },
      { collection, key: 'c', doc: null, expect: 'any' },
    ]);
    assert.equal(results.map((result) => result.ok), [true, false, true, false, true, true]);
    assert.equal((await all(store, collection)).map(({ key, doc }) => [key, doc['n']]), [['a', 3]]);
    assert.is((await store.get(collection, 'a'))!.version, versionOf(results[2]!));
    assert.equal(await store.bulk([]), []);
    const many = await store.bulk(Array.from({ length: 2500 }, (_, n) => ({ collection, key: `m${String(n).padStart(4, '0')}`, doc: { n }, expect: 'absent' as const })));
    assert.ok(many.every((result) => result.ok));
    const items = await all(store, collection, 'm', 1000);
    assert.is(items.length, 2500);
    items.forEach((item, index) => assert.is(item.version, versionOf(many[index]!)));
  });

  test('scan: in the order of code points, by prefix, page by page', async () => {
    const collection = fresh(), other = `${collection}x`;
    const keys = ['a', 'a/1', 'a/10', 'a/2', 'a0', 'b', 'B', 'ä', 'é', '网', '\u{1f600}', '\uffee', 'a\u0000b', ' ', '%', 'a'.repeat(300)];
    await store.bulk(keys.map((key) => ({ collection, key, doc: { key }, expect: 'absent' as const })));
    await store.write({ collection: other, key: 'a/3', doc: {}, expect: 'absent' });
    const sorted = [...keys].sort(byBytes);
    assert.equal((await all(store, collection, '', 3)).map((item) => item.key), sorted);
    assert.equal((await all(store, collection, 'a/', 2)).map((item) => item.key), ['a/1', 'a/10', 'a/2']);
    assert.equal((await all(store, collection, 'nothing')).map((item) => item.key), []);
    assert.equal((await store.scan(collection, { prefix: 'a/', after: 'a/1' })).items.map((item) => item.key), ['a/10', 'a/2']);
    assert.equal((await store.scan(collection, { prefix: 'a/', after: 'a/15' })).items.map((item) => item.key), ['a/2'], 'a cursor need not exist');
    assert.equal((await store.scan(collection, { prefix: 'a/', after: 'A' })).items.length, 3, 'a cursor before the prefix');
    assert.equal((await store.scan(collection, { prefix: 'a/', after: 'b' })).items, [], 'a cursor beyond it');
    const exact = await store.scan(collection, { limit: keys.length });
    assert.is(exact.items.length, keys.length);
    assert.is(exact.next, null);
    assert.equal(await store.scan(fresh()), { items: [], next: null });
  });

  test('what cannot be kept is refused with a reason', async () => {
    const write = (change: Partial<Write>) => () => store.write({ collection: 'ok', key: 'k', doc: {}, expect: 'any', ...change });
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
    await refused('store-refused', () => store.bulk([{ collection: 'ok', key: 'fine', doc: {}, expect: 'any' }, { collection: 'ok', key: '', doc: {}, expect: 'any' }]));
    assert.is(await store.get('ok', 'fine'), null, 'a bulk that cannot be sent writes nothing');
    await refused('store-refused', () => store.draw('numbers', 0));
    await refused('store-refused', () => store.append([{ at: Number.NaN, kind: 'x' }]));
  });

  test('a hundred writers of one record: each version is won once, and none is lost', async () => {
    const collection = fresh();
    await store.write({ collection, key: 'n', doc: { n: 0 }, expect: 'absent' });
    const seen = new Set<string>();
    let wins = 0, rounds = 0;
    while (wins < 100 && rounds++ < 200) {
      const { version, doc } = (await store.get<{ n: number }>(collection, 'n'))!;
      assert.not.ok(seen.has(version), 'a version never comes back');
      seen.add(version);
      const results = await Promise.all(Array.from({ length: 100 }, () => store.write({ collection, key: 'n', doc: { n: doc.n + 1 }, expect: version })));
      const winners = results.filter((result) => result.ok);
      assert.is(winners.length, 1, 'exactly one wins');
      wins += winners.length;
    }
    assert.is((await store.get<{ n: number }>(collection, 'n'))!.doc.n, 100);
  });

  test('a hundred writers that retry: the sum is right', async () => {
    const collection = fresh();
    await store.write({ collection, key: 'sum', doc: { n: 0 }, expect: 'absent' });
    await Promise.all(Array.from({ length: 100 }, async () => {
      for (let done = false; !done;) {
        const { version, doc } = (await store.get<{ n: number }>(collection, 'sum'))!;
        done = (await store.write({ collection, key: 'sum', doc: { n: doc.n + 1 }, expect: version })).ok;
      }
    }));
    assert.is((await store.get<{ n: number }>(collection, 'sum'))!.doc.n, 100);
  });

  test('draw: blocks never overlap, never below what is asked, also after a restart', async () => {
    const counter = fresh();
    const blocks = await Promise.all(Array.from({ length: 50 }, (_, n) => store.draw(counter, 1 + (n % 7)).then((first) => [first, first + (n % 7)] as const)));
    const given = blocks.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
    assert.is(new Set(given).size, given.length);
    assert.ok(Math.min(...given) >= 1);
    assert.is(await store.draw(counter, 10, 5000), 5000);
    assert.ok((await store.draw(counter, 1, 20)) >= 5010, 'atLeast never goes back');
    assert.is(await store.draw(fresh(), 1), 1, 'counters are apart');
    store = await bench.reopen();
    assert.ok((await store.draw(counter, 1)) >= 5011);
  });

  test('the log: numbers in order, pages forward and back', async () => {
    const start = (await store.readLog({ newestFirst: true, limit: 1 })).newest;
    const entries = Array.from({ length: 25 }, (_, n) => ({ at: Date.now(), kind: 'test.happened', n, detail: { deep: [n] } }));
    const numbers = await store.append(entries.slice(0, 20));
    numbers.push(...await store.append(entries.slice(20)));
    numbers.reduce((before, number) => (assert.ok(number > before), number), start);
    const forward = await store.readLog({ after: start, limit: 10 });
    assert.equal(forward.items.map((item) => item.seq), numbers.slice(0, 10));
    assert.equal(forward.items[3], { ...entries[3]!, seq: numbers[3]! });
    assert.is(forward.newest, numbers.at(-1));
    assert.ok(forward.oldest <= numbers[0]!);
    assert.equal((await store.readLog({ after: numbers[9]!, limit: 100 })).items.map((item) => item['n']), entries.slice(10).map((entry) => entry.n));
    assert.equal((await store.readLog({ newestFirst: true, limit: 3 })).items.map((item) => item.seq), numbers.slice(-3).reverse());
    assert.equal((await store.readLog({ newestFirst: true, before: numbers[5]!, limit: 2 })).items.map((item) => item.seq), [numbers[4], numbers[3]]);
    assert.equal((await store.readLog({ after: numbers[2]!, before: numbers[5]! })).items.map((item) => item.seq), [numbers[3], numbers[4]]);
    assert.equal((await store.readLog({ after: numbers.at(-1)! })).items, []);
    assert.equal((await store.readLog({ after: numbers[5]!, before: numbers[2]! })).items, []);
    assert.equal(await store.append([]), []);
  });

  test('the log under concurrent appends: no number twice, none seen before a lower one', async () => {
    const start = (await store.readLog({ newestFirst: true, limit: 1 })).newest;
    let writing = true, cursor = start;
    const followed: number[] = [];
    const follow = async (): Promise<void> => {
      for (let last = false; ;) {
        const { items } = await store.readLog({ after: cursor, limit: 50 });
        for (const item of items) followed.push(item.seq);
        cursor = items.at(-1)?.seq ?? cursor;
        if (items.length === 0) {
          if (last) return;
          last = !writing; // one more look after the last append
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    const following = follow();
    const batches = await Promise.all(Array.from({ length: 100 }, (_, writer) =>
      store.append(Array.from({ length: 1 + (writer % 9) }, (_, n) => ({ at: Date.now(), kind: 'test.appended', writer, n })))));
    writing = false;
    await following;
    const numbers = batches.flat();
    assert.is(new Set(numbers).size, numbers.length);
    for (const batch of batches) batch.reduce((before, number) => (assert.ok(number > before, 'a batch keeps its order'), number), start);
    assert.equal(followed, [...numbers].sort((a, b) => a - b), 'a follower misses none and sees none twice');
  });

  test('points: a minute again replaces it, ranges are inclusive', async () => {
    const subject = `node/${fresh()}`, other = `${subject}x`;
    const point = (minute: number, n: number) => ({ minute, values: { cpu: [n, n + 0.5, n + 1] as [number, number, number], mem: [0, 1e9, 2e9] as [number, number, number] } });
    const now = Math.floor(Date.now() / 60_000);
    await store.addPoints(subject, [0, 1, 2, 3, 4].map((n) => point(now - n, n)));
    await store.addPoints(subject, [point(now - 2, 77)]);
    await store.addPoints(other, [point(now, 5)]);
    await store.addPoints(subject, []);
    assert.equal(await store.readPoints(subject, now - 3, now - 1), [point(now - 3, 3), point(now - 2, 77), point(now - 1, 1)]);
    assert.equal((await store.readPoints(subject, 0, now + 10_000)).map(({ minute }) => minute), [now - 4, now - 3, now - 2, now - 1, now]);
    assert.equal(await store.readPoints(`node/${fresh()}`, 0, now), []);
    assert.equal(await store.readPoints(subject, now, now - 1), []);
  });

  test('query: all, by page, sorted; collections with counts', async () => {
    const collection = fresh();
    const ranks = [5, 3, 9, 1, 7, 3];
    await store.bulk([
      ...ranks.map((rank, n) => ({ collection, key: `k${n}`, doc: { rank, name: `n${rank}`, deep: { rank } }, expect: 'absent' as const })),
      { collection, key: 'unranked', doc: { name: 'none' }, expect: 'absent' },
    ]);
    await bench.settle();
    const keys = async (query: string, options = {}): Promise<string[]> => (await store.query(collection, query, options)).items.map((item) => item.key);
    assert.equal((await keys('*')).sort(), ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'unranked']);
    assert.is((await store.query(collection, '')).total, 7);
    assert.equal(await keys('*', { sort: 'rank' }), ['k3', 'k1', 'k5', 'k0', 'k4', 'k2', 'unranked'], 'ties by key, without the field last');
    assert.equal(await keys('*', { sort: '-deep.rank' }), ['k2', 'k4', 'k0', 'k1', 'k5', 'k3', 'unranked']);
    const page = await store.query(collection, '*', { from: 2, size: 3, sort: 'rank' });
    assert.equal(page.items.map((item) => item.key), ['k5', 'k0', 'k4']);
    assert.is(page.total, 7);
    assert.equal(await keys('*', { from: 100 }), []);
    assert.equal((await store.query(fresh(), '*')), { items: [], total: 0 });
    const item = page.items[0]!;
    assert.equal(item, await store.get(collection, item.key));
    const listed = (await store.collections()).find(({ name }) => name === collection)!;
    assert.is(listed.count, 7);
    assert.ok(listed.bytes === null || listed.bytes > 100);
  });

  test('the query language: over records and over the log', async () => {
    const collection = fresh();
    const nodes = [
      { hostname: 'web-1', os: { cpus: 4 }, memory: { total: 8e9 }, tags: ['ssd', 'hpc'], networks: [{ address: '10.0.0.7' }] },
      { hostname: 'web-2', os: { cpus: 16 }, memory: { total: 64e9 }, tags: ['hdd'], networks: [{ address: '192.168.1.9' }, { address: '10.1.0.1' }] },
      { hostname: 'db-1', os: { cpus: 32 }, memory: { total: 128e9 }, tags: [], networks: [] },
    ];
    await store.bulk(nodes.map((doc) => ({ collection, key: doc.hostname, doc, expect: 'absent' as const })));
    await bench.settle();
    const found = async (query: string): Promise<string> => (await store.query(collection, query)).items.map((item) => item.key).join(' ');
    assert.is(await found('web*'), 'web-1 web-2');
    assert.is(await found('os.cpus:>8 AND memory.total:>=50GB'), 'db-1 web-2');
    assert.is(await found('tags:ssd OR hostname:db-1'), 'db-1 web-1');
    assert.is(await found('networks.address:10.0.0.0/8 -tags:ssd'), 'web-2');
    assert.is(await found('nothing:here'), '');
    const { items, total } = await store.query(collection, 'os.cpus:>2', { size: 1, sort: '-os.cpus' });
    assert.equal([items.map((item) => item.key), total], [['db-1'], 3]);
    const error = await refused('store-refused', () => store.query(collection, 'tags:('));
    assert.match(error.message, /at \d+/);

    const [first] = await store.append(Array.from({ length: 900 }, (_, n) => ({ at: Date.now(), kind: n % 100 ? 'noise.made' : 'instance.restarted', subject: { app: `web${n % 3}` }, n })));
    await bench.settle();
    const after = first! - 1;
    const log = async (query: string, options = {}): Promise<unknown[]> => (await store.readLog({ after, query, ...options })).items.map((item) => item['n']);
    assert.equal(await log('kind:instance.restarted'), [0, 100, 200, 300, 400, 500, 600, 700, 800]);
    assert.equal(await log('kind:instance.restarted', { limit: 2 }), [0, 100]);
    assert.equal(await log('kind:instance.restarted', { limit: 2, newestFirst: true }), [800, 700]);
    assert.equal(await log('kind:instance.restarted', { limit: 2, newestFirst: true, before: first! + 700 }), [600, 500]);
    assert.equal(await log('subject.app:web1 AND n:<5'), [1, 4]);
    await refused('store-refused', () => store.readLog({ query: 'kind:(' }));
  });

  test('everything is there after a restart', async () => {
    const collection = fresh(), subject = `node/${fresh()}`;
    const minute = Math.floor(Date.now() / 60_000);
    const version = versionOf(await store.write({ collection, key: 'a', doc: { n: 1 }, expect: 'absent', term: 9 }));
    const [seq] = await store.append([{ at: Date.now(), kind: 'test.kept' }]);
    await store.addPoints(subject, [{ minute, values: { cpu: [1, 2, 3] } }]);
    store = await bench.reopen();
    assert.equal(await store.get(collection, 'a'), { key: 'a', version, doc: { n: 1 } });
    assert.equal(await store.write({ collection, key: 'a', doc: {}, expect: version, term: 8 }), { ok: false, conflict: 'term' }, 'the fence too');
    assert.is((await store.readLog({ newestFirst: true, limit: 1 })).items[0]?.seq, seq);
    assert.is((await store.readPoints(subject, minute, minute)).length, 1);
    assert.ok((await store.append([{ at: Date.now(), kind: 'test.next' }]))[0]! > seq!);
  });

  test('expire drops what is old and what is too much, and nothing else', async () => {
    const day = 86_400_000, now = Date.now(), subject = `node/${fresh()}`;
    const minute = (at: number): number => Math.floor(at / 60_000);
    await store.expire(now + day, 0);
    assert.equal((await store.readLog()).items, []);
    const empty = await store.readLog();
    assert.is(empty.oldest, empty.newest + 1, 'nothing is kept');
    const ages = [10, 9, 8, 0, 9, 1, 0]; // in days; late news come with an old time
    const numbers = await store.append(ages.map((age) => ({ at: now - age * day, kind: 'test.aged', age })));
    await store.addPoints(subject, ages.map((age) => ({ minute: minute(now - age * day), values: { cpu: [age, age, age] } })));
    const dropped = await store.expire(now - 7 * day, 1000);
    assert.ok(dropped >= 4 + 3, `dropped ${dropped}`);
    assert.equal((await store.readLog()).items.map((item) => item['age']), [0, 1, 0]);
    assert.is((await store.readLog()).oldest, numbers[3]);
    assert.equal((await store.readPoints(subject, 0, minute(now))).map((point) => point.values['cpu']![0]), [1, 0]);
    assert.is(await store.expire(now - 7 * day, 1000), 0, 'twice is nothing more');
    if (adapter.expiryGrainMs === 0) {
      await store.expire(now - 7 * day, 2);
      assert.equal((await store.readLog()).items.map((item) => item.seq), numbers.slice(-2));
    }
    const [next] = await store.append([{ at: now, kind: 'test.after' }]);
    assert.ok(next! > numbers.at(-1)!, 'numbers go on');
  });

  const key = fc.constantFrom('a', 'a/1', 'a/2', 'b', 'ü', '\u{1f600}');
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), bulk: fc.boolean(), writes: fc.array(fc.record({
      key, doc: fc.option(fc.record({ n: fc.integer(), text: fc.string({ unit: 'grapheme' }) }, { noNullPrototype: true })), term: fc.integer({ min: 0, max: 3 }),
      expect: fc.constantFrom('absent' as const, 'any' as const, 'current' as const, 'stale' as const),
    }), { minLength: 1, maxLength: 6 }) }),
    fc.record({ kind: fc.constant('scan' as const), prefix: fc.constantFrom('', 'a', 'a/', 'z'), after: fc.option(key, { nil: undefined }), limit: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );

  test('any sequence of writes, scans and restarts does what a plain map would do', async () => {
    await fc.assert(fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      const collection = fresh();
      const model = new Map<string, { version: string; term: number; doc: Doc }>();
      const versions: string[] = [];
      let restarts = 0;
      for (const op of operations) {
        if (op.kind === 'restart') {
          if (restarts++ === 0) store = await bench.reopen();
          continue;
        }
        if (op.kind === 'scan') {
          const after = op.after;
          const expected = [...model].filter(([k]) => k.startsWith(op.prefix) && (after === undefined || byBytes(k, after) > 0)).sort(([a], [b]) => byBytes(a, b));
          const page = await store.scan(collection, { prefix: op.prefix, limit: op.limit, ...(after === undefined ? {} : { after }) });
          assert.equal(page.items, expected.slice(0, op.limit).map(([k, { version, doc }]) => ({ key: k, version, doc })));
          assert.is(page.next, expected.length > op.limit ? expected[op.limit - 1]![0] : null);
          continue;
        }
        const writes = op.writes.map((write): Write => ({
          ...write, collection, expect: write.expect === 'current' ? model.get(write.key)?.version ?? 'absent' : write.expect === 'stale' ? versions[0] ?? 'none' : write.expect,
        }));
        const results = op.bulk ? await store.bulk(writes) : [];
        for (const [index, write] of writes.entries()) {
          const now = model.get(write.key);
          const result = op.bulk ? results[index]! : await store.write(write);
          if (now && now.term > write.term!) assert.equal(result, { ok: false, conflict: 'term' });
          else if (write.expect === 'any' || write.expect === (now?.version ?? 'absent')) {
            const version = versionOf(result);
            assert.not.ok(versions.includes(version));
            versions.push(version);
            if (write.doc === null) model.delete(write.key);
            else model.set(write.key, { version, term: write.term!, doc: write.doc });
          } else assert.equal(result, { ok: false, conflict: 'version' });
        }
        for (const [k, { version, doc }] of model) assert.equal(await store.get(collection, k), { key: k, version, doc });
      }
      const listed = (await store.collections()).find(({ name }) => name === collection);
      if (adapter.expiryGrainMs === 0) assert.is(listed?.count ?? 0, model.size);
    }), { numRuns: adapter.runs });
  });

  test('after closing, everything is refused', async () => {
    await store.close();
    await store.close();
    await refused('store-unavailable', () => store.get('apps', 'a'));
    await refused('store-unavailable', () => store.write({ collection: 'apps', key: 'a', doc: {}, expect: 'any' }));
    await refused('store-unavailable', () => store.readLog());
    await refused('store-unavailable', () => store.query('apps', '*'));
    store = await bench.reopen();
  });

  test.run();
}

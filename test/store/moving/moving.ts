// A hub to move, and what has to be the same when it has arrived.
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../src/store/embedded/embedded.ts';
import type { MovableStore } from '../../../src/store/store.ts';
import { scratch } from '../../support/scratch.ts';

export const now = Date.UTC(2026, 10, 22, 12);
const minute = Math.floor(now / 60_000);

/** Records under terms, events whose first numbers are dropped, points, counters. */
export async function hub(): Promise<MovableStore> {
  const store = await openEmbedded(scratch('from'));
  await store.write({ collection: 'hub', key: 'identity', doc: { hub: 'hub-abc', at: now }, expect: 'absent' });
  for (const [collection, count] of [
    ['apps', 3],
    ['assignments', 2500],
    ['zeta', 1],
  ] as const) {
    await store.bulk(
      Array.from({ length: count }, (_, n) => ({
        collection,
        key: `k${n}`,
        doc: { n, term: n % 5, ü: ['😀', null, 1e21, 0.1], deep: { b: 1, a: 2 } },
        expect: 'absent' as const,
        term: n % 5,
      })),
    );
  }
  await store.append(
    Array.from({ length: 1500 }, (_, n) => ({ at: n < 300 ? now - 8 * 86_400_000 : now, kind: 'test.happened', n })),
  );
  await store.expire(now - 7 * 86_400_000, 10_000); // numbers begin at 301
  await store.addPoints('node/a', [
    { minute, values: { cpu: [1, 2, 3] } },
    { minute: minute - 1, values: { cpu: [0, 0, 0] } },
  ]);
  await store.addPoints('instance/b', [{ minute, values: { mem: [1, 2, 3] } }]);
  await store.draw('term', 41);
  await store.draw('epoch', 1000);
  return store;
}

/** A store that fails once, at the given write; before it is done, or after. */
export function failing(store: MovableStore, at: number, after: boolean): MovableStore {
  let calls = 0;
  return new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== 'function') return method;
      if (!['write', 'writeBoth', 'bulk', 'putLog', 'addPoints', 'draw', 'append'].includes(String(name)))
        return method.bind(target);
      return async (...args: unknown[]) => {
        const fails = calls++ === at;
        if (fails && !after) throw new Error('cut off');
        const result: unknown = await (method as (...of: unknown[]) => Promise<unknown>).apply(target, args);
        if (fails) throw new Error('cut off');
        return result;
      };
    },
  });
}

export async function same(source: MovableStore, target: MovableStore): Promise<void> {
  for (const collection of ['apps', 'assignments', 'zeta', 'hub']) {
    const docs = async (store: MovableStore) =>
      (await store.scan(collection, { limit: 10_000 })).items
        .map(({ key, doc }) => [key, doc])
        .filter(([key]) => key !== 'moved');
    assert.equal(await docs(target), await docs(source), collection);
  }
  const [before, after] = [await source.readLog({ limit: 10_000 }), await target.readLog({ limit: 10_000 })];
  assert.equal(
    after.items.filter((item) => item['kind'] !== 'hub.moved'),
    before.items,
    'events keep their numbers',
  );
  assert.equal([after.oldest, after.items.at(-1)!['kind'], after.newest > before.newest], [301, 'hub.moved', true]);
  assert.equal((await target.scanPoints(null, 10)).items, (await source.scanPoints(null, 10)).items);
  assert.ok((await target.draw('term', 1)) >= 42 && (await target.draw('epoch', 1)) >= 1001, 'nothing is given twice');
  const fence = await target.write({ collection: 'assignments', key: 'k4', doc: {}, expect: 'any', term: 3 });
  assert.equal(fence, { ok: false, conflict: 'term' }, 'the fence moves along');
}

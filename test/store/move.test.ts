// A hub moves whole, whatever cuts it off in between.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../src/store/embedded.ts';
import { move } from '../../src/store/move.ts';
import { coming, leaving, markLeaving, refuseMoved } from '../../src/store/moved.ts';
import { StoreError } from '../../src/store/store.ts';
import type { MovableStore } from '../../src/store/store.ts';
import { scratch } from '../support/scratch.ts';

const now = Date.UTC(2026, 10, 22, 12);
const minute = Math.floor(now / 60_000);

async function hub(): Promise<MovableStore> {
  const store = await openEmbedded(scratch('from'));
  await store.write({ collection: 'hub', key: 'identity', doc: { hub: 'hub-abc', at: now }, expect: 'absent' });
  for (const [collection, count] of [['apps', 3], ['assignments', 2500], ['zeta', 1]] as const) {
    await store.bulk(Array.from({ length: count }, (_, n) => ({ collection, key: `k${n}`, doc: { n, term: n % 5, ü: ['😀', null, 1e21, 0.1], deep: { b: 1, a: 2 } }, expect: 'absent' as const, term: n % 5 })));
  }
  await store.append(Array.from({ length: 1500 }, (_, n) => ({ at: n < 300 ? now - 8 * 86_400_000 : now, kind: 'test.happened', n })));
  await store.expire(now - 7 * 86_400_000, 10_000); // numbers begin at 301
  await store.addPoints('node/a', [{ minute, values: { cpu: [1, 2, 3] } }, { minute: minute - 1, values: { cpu: [0, 0, 0] } }]);
  await store.addPoints('instance/b', [{ minute, values: { mem: [1, 2, 3] } }]);
  await store.draw('term', 41);
  await store.draw('epoch', 1000);
  return store;
}

/** Fails once, at the given write; before it is done, or after. */
function failing(store: MovableStore, at: number, after: boolean): MovableStore {
  let calls = 0;
  return new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== 'function') return method;
      if (!['write', 'bulk', 'putLog', 'addPoints', 'draw', 'append'].includes(String(name))) return method.bind(target);
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

const options = { from: 'here', to: 'there', at: now, tell: () => undefined };
const refused = async (work: Promise<unknown>, message: RegExp): Promise<void> => {
  const error = await work.then(() => null, (thrown: unknown) => thrown);
  assert.instance(error, StoreError);
  assert.match((error as StoreError).message, message);
  assert.ok((error as StoreError).hint.length > 0);
};

async function same(source: MovableStore, target: MovableStore): Promise<void> {
  for (const collection of ['apps', 'assignments', 'zeta', 'hub']) {
    const docs = async (store: MovableStore) => (await store.scan(collection, { limit: 10_000 })).items.map(({ key, doc }) => [key, doc]).filter(([key]) => key !== 'moved');
    assert.equal(await docs(target), await docs(source), collection);
  }
  const [before, after] = [await source.readLog({ limit: 10_000 }), await target.readLog({ limit: 10_000 })];
  assert.equal(after.items.filter((item) => item['kind'] !== 'hub.moved'), before.items, 'events keep their numbers');
  assert.equal([after.oldest, after.items.at(-1)!['kind'], after.newest > before.newest], [301, 'hub.moved', true]);
  assert.equal((await target.scanPoints(null, 10)).items, (await source.scanPoints(null, 10)).items);
  assert.ok((await target.draw('term', 1)) >= 42 && (await target.draw('epoch', 1)) >= 1001, 'nothing is given twice');
  const fence = await target.write({ collection: 'assignments', key: 'k4', doc: {}, expect: 'any', term: 3 });
  assert.equal(fence, { ok: false, conflict: 'term' }, 'the fence moves along');
}

test('all of it moves, and is there under the same keys and numbers; where it left, nobody starts', async () => {
  const source = await hub(), target = await openEmbedded(scratch('to'));
  const { hub: id, parts } = await move(source, target, options);
  assert.equal([id, parts.map(({ name, count }) => [name, count])], ['hub-abc', [['apps', 3], ['assignments', 2500], ['hub', 1], ['zeta', 1], ['events', 1200], ['points', 3]]]);
  await refuseMoved(target);
  await refused(refuseMoved(source), /was moved to there/);
  await same(source, target);
  await refused(move(source, await openEmbedded(scratch('other')), options), /was moved to there/);
  await markLeaving(source, null);
  await refuseMoved(source);
});

test('cut off anywhere and run again, it is the same', async () => {
  let cuts = 0;
  const sides = (['source', 'target'] as const).flatMap((side) => [false, true].map((after) => ({ side, after })));
  await Promise.all(sides.map(async ({ side, after }) => {
    for (let at = 0; ; at += side === 'source' ? 1 : 3) {
      const source = await hub(), target = await openEmbedded(scratch('to'));
      const cut = await move(side === 'source' ? failing(source, at, after) : source, side === 'target' ? failing(target, at, after) : target, options).then(() => null, (error: Error) => error);
      if (cut) {
        assert.is(cut.message, 'cut off');
        cuts++;
        const moved = (await leaving(source))?.state === 'moved';
        if (await leaving(source)) await refused(refuseMoved(source), moved ? /was moved/ : /is being moved/);
        if (await coming(target)) await refused(refuseMoved(target), /is being moved here/);
        // Right at the end the move itself is done: what is cut off is only the event that tells of it.
        if (moved && !(await coming(target))) await target.append([{ at: now, kind: 'hub.moved' }]);
        else await move(source, target, options);
      }
      await refuseMoved(target);
      await same(source, target);
      await Promise.all([source.close(), target.close()]);
      if (!cut) break;
    }
  }));
  assert.ok(cuts > 12, `${cuts} cuts`);
});

test('it is refused where something is, where nothing is, and where another move is unfinished', async () => {
  const source = await hub(), used = await openEmbedded(scratch('used')), empty = await openEmbedded(scratch('empty'));
  await used.append([{ at: now, kind: 'a.b' }]);
  await refused(move(source, used, options), /is not empty/);
  await refused(move(empty, used, options), /holds no hub/);
  const target = await openEmbedded(scratch('to'));
  await move(source, failing(target, 11, false), options).catch((error: Error) => assert.is(error.message, 'cut off'));
  await refused(move(source, empty, { ...options, to: 'elsewhere' }), /is being moved to there/);
  await refused(move(await hub(), target, options), /unfinished move of hub-abc from here/);
  await refused(move(target, empty, options), /not there as a whole/);
  await markLeaving(source, null); // undone: what is there may be old
  await refused(move(source, target, options), /unfinished move/);
});

test('what arrived otherwise is found, nothing is switched over, and the next run mends it', async () => {
  const source = await hub(), target = await openEmbedded(scratch('to'));
  const tell = ({ part, what }: { part: string; what: string }): void => {
    if (part === 'points' && what === 'copying') void target.write({ collection: 'apps', key: 'k1', doc: { n: 'other' }, expect: 'any', term: 9 });
  };
  await refused(move(source, target, { ...options, tell }), /apps is not the same on both sides: 3 left, 3 arrived/);
  await refused(refuseMoved(source), /is being moved/);
  await target.write({ collection: 'apps', key: 'k1', doc: null, expect: 'any', term: 9 });
  await move(source, target, options);
  await same(source, target);
});

test.run();

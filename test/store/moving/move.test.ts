// A hub moves whole, whatever cuts it off in between.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { move } from '../../../src/store/moving/move.ts';
import { coming, leaving, markLeaving, refuseMoved } from '../../../src/store/moving/moved.ts';
import { StoreError } from '../../../src/store/store.ts';
import { scratch } from '../../support/scratch.ts';
import { failing, hub, now, same } from './moving.ts';

const options = { from: 'here', to: 'there', at: now, tell: () => undefined };
const refused = async (work: Promise<unknown>, message: RegExp): Promise<void> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, StoreError);
  assert.match((error as StoreError).message, message);
  assert.ok((error as StoreError).hint.length > 0);
};

test('all of it moves, and is there under the same keys and numbers; where it left, nobody starts', async () => {
  const source = await hub();
  const target = await openEmbedded(scratch('to'));
  const { hub: id, parts } = await move(source, target, options);
  assert.equal(
    [id, parts.map(({ name, count }) => [name, count])],
    [
      'hub-abc',
      [
        ['apps', 3],
        ['assignments', 2500],
        ['hub', 1],
        ['zeta', 1],
        ['events', 1200],
        ['points', 3],
      ],
    ],
  );
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
  await Promise.all(
    sides.map(async ({ side, after }) => {
      for (let at = 0; ; at += side === 'source' ? 1 : 3) {
        const source = await hub();
        const target = await openEmbedded(scratch('to'));
        const cut = await move(
          side === 'source' ? failing(source, at, after) : source,
          side === 'target' ? failing(target, at, after) : target,
          options,
        ).then(
          () => null,
          (error: Error) => error,
        );
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
    }),
  );
  assert.ok(cuts > 12, `${cuts} cuts`);
});

test('cut off before anything is copied, no other hub is founded where it goes, and it goes on', async () => {
  const source = await hub();
  const target = await openEmbedded(scratch('to'));
  // After its very first write, wherever that is.
  await move(failing(source, 0, false), failing(target, 0, true), options).catch((error: Error) =>
    assert.is(error.message, 'cut off'),
  );
  await refused(refuseMoved(target), /is being moved here from here/);
  assert.is(await leaving(source), null, 'it runs on where it is');
  await refused(
    move(await hub(), await openEmbedded(scratch('x')), { ...options }).then(() => refuseMoved(target)),
    /moved here/,
  );
  await move(source, target, options);
  await same(source, target);
});

test('it is refused where something is, where nothing is, and where another move is unfinished', async () => {
  const source = await hub();
  const used = await openEmbedded(scratch('used'));
  const empty = await openEmbedded(scratch('empty'));
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
  await target.destroy(); // given up
  await move(source, await openEmbedded(scratch('again')), options);
});

test('what arrived otherwise is found, nothing is switched over, and the next run mends it', async () => {
  const source = await hub();
  const target = await openEmbedded(scratch('to'));
  const tell = ({ part, what }: { part: string; what: string }): void => {
    if (part === 'points' && what === 'copying')
      void target.write({ collection: 'apps', key: 'k1', doc: { n: 'other' }, expect: 'any', term: 9 });
  };
  await refused(move(source, target, { ...options, tell }), /apps is not the same on both sides: 3 left, 3 arrived/);
  await refused(refuseMoved(source), /is being moved/);
  await target.write({ collection: 'apps', key: 'k1', doc: null, expect: 'any', term: 9 });
  await move(source, target, options);
  await same(source, target);
});

test.run();

// The store's contract: counters, the event log, points, expiry.
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import type { SeriesPoint } from '../../src/store/store.ts';
import { fresh } from './contract-subject.ts';
import type { Subject, Test } from './contract-subject.ts';

/** Adds the tests to a suite. */
export function logTests(test: Test, at: Subject): void {
  test('draw: blocks never overlap, never below what is asked, also after a restart', async () => {
    const counter = fresh();
    const blocks = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        at.store.draw(counter, 1 + (n % 7)).then((first) => [first, first + (n % 7)] as const),
      ),
    );
    const given = blocks.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
    assert.is(new Set(given).size, given.length);
    assert.ok(Math.min(...given) >= 1);
    assert.is(await at.store.draw(counter, 10, 5000), 5000);
    assert.ok((await at.store.draw(counter, 1, 20)) >= 5010, 'atLeast never goes back');
    assert.is(await at.store.draw(fresh(), 1), 1, 'counters are apart');
    await at.reopen();
    assert.ok((await at.store.draw(counter, 1)) >= 5011);
  });

  test('what is kept beside records: counts, sizes, and points newest first', async () => {
    const subject = `node/${fresh()}`;
    const minute = Math.floor(Date.now() / 60_000);
    await at.store.append([{ at: Date.now(), kind: 'test.happened' }]);
    await at.store.addPoints(
      subject,
      [0, 1, 2].map((n) => ({ minute: minute + n, values: { cpu: [n, n, n] as [number, number, number] } })),
    );
    await at.store.readPoints(subject, minute, minute + 2); // what is written before is seen then
    // Elasticsearch counts what it has refreshed.
    const [events, metrics] = await until('all is counted', async () => {
      const counted = await at.store.history();
      return counted[0]!.count >= 1 && counted[1]!.count >= 3 && counted;
    });
    assert.equal([events!.name, metrics!.name], ['events', 'metrics']);
    assert.ok(events!.bytes! > 0 && metrics!.bytes! > 0);
    const minutes: number[] = [];
    for (let after: string | null = null; ;) {
      const page: Awaited<ReturnType<typeof at.store.scanPoints>> = await at.store.scanPoints(after, 2, true);
      minutes.push(...page.items.filter((point) => point.subject === subject).map((point) => point.minute));
      if (page.next === null) break;
      after = page.next;
    }
    assert.equal(minutes, [minute + 2, minute + 1, minute]);
  });

  test('the log: numbers in order, pages forward and back', async () => {
    const start = (await at.store.readLog({ newestFirst: true, limit: 1 })).newest;
    const entries = Array.from({ length: 25 }, (_, n) => ({
      at: Date.now(),
      kind: 'test.happened',
      n,
      detail: { deep: [n] },
    }));
    const numbers = await at.store.append(entries.slice(0, 20));
    numbers.push(...(await at.store.append(entries.slice(20))));
    numbers.reduce((before, number) => (assert.ok(number > before), number), start);
    const forward = await at.store.readLog({ after: start, limit: 10 });
    assert.equal(
      forward.items.map((item) => item.seq),
      numbers.slice(0, 10),
    );
    assert.equal(forward.items[3], { ...entries[3]!, seq: numbers[3]! });
    assert.is(forward.newest, numbers.at(-1));
    assert.ok(forward.oldest <= numbers[0]!);
    assert.equal(
      (await at.store.readLog({ after: numbers[9]!, limit: 100 })).items.map((item) => item['n']),
      entries.slice(10).map((entry) => entry.n),
    );
    assert.equal(
      (await at.store.readLog({ newestFirst: true, limit: 3 })).items.map((item) => item.seq),
      numbers.slice(-3).reverse(),
    );
    assert.equal(
      (await at.store.readLog({ newestFirst: true, before: numbers[5]!, limit: 2 })).items.map((item) => item.seq),
      [numbers[4], numbers[3]],
    );
    assert.equal(
      (await at.store.readLog({ after: numbers[2]!, before: numbers[5]! })).items.map((item) => item.seq),
      [numbers[3], numbers[4]],
    );
    assert.equal((await at.store.readLog({ after: numbers.at(-1)! })).items, []);
    assert.equal((await at.store.readLog({ after: numbers[5]!, before: numbers[2]! })).items, []);
    assert.is((await at.store.readLog({ after: numbers[2]! + 0.5, limit: 1.5 })).items[0]!.seq, numbers[3]);
    assert.is(
      (await at.store.readLog({ after: Number.NaN, before: Number.NaN, limit: Number.NaN })).items.length > 0,
      true,
    );
    assert.equal(await at.store.append([]), []);
  });

  test('the log under concurrent appends: no number twice, none seen before a lower one', async () => {
    const start = (await at.store.readLog({ newestFirst: true, limit: 1 })).newest;
    let writing = true;
    let cursor = start;
    const followed: number[] = [];
    const follow = async (): Promise<void> => {
      for (let last = false; ;) {
        const { items } = await at.store.readLog({ after: cursor, limit: 50 });
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
    const batches = await Promise.all(
      Array.from({ length: 100 }, (_, writer) =>
        at.store.append(
          Array.from({ length: 1 + (writer % 9) }, (_, n) => ({ at: Date.now(), kind: 'test.appended', writer, n })),
        ),
      ),
    );
    writing = false;
    await following;
    const numbers = batches.flat();
    assert.is(new Set(numbers).size, numbers.length);
    for (const batch of batches)
      batch.reduce((before, number) => (assert.ok(number > before, 'a batch keeps its order'), number), start);
    assert.equal(
      followed,
      [...numbers].sort((a, b) => a - b),
      'a follower misses none and sees none twice',
    );
  });

  test('points: a minute again replaces it, ranges are inclusive', async () => {
    const subject = `node/${fresh()}`;
    const other = `${subject}x`;
    const point = (minute: number, n: number): SeriesPoint => ({
      minute,
      values: { cpu: [n, n + 0.5, n + 1], mem: [0, 1e9, 2e9] },
    });
    const now = Math.floor(Date.now() / 60_000);
    await at.store.addPoints(
      subject,
      [0, 1, 2, 3, 4].map((n) => point(now - n, n)),
    );
    await at.store.addPoints(subject, [point(now - 2, 77)]);
    await at.store.addPoints(other, [point(now, 5)]);
    await at.store.addPoints(subject, []);
    assert.equal(await at.store.readPoints(subject, now - 3, now - 1), [
      point(now - 3, 3),
      point(now - 2, 77),
      point(now - 1, 1),
    ]);
    assert.equal(
      (await at.store.readPoints(subject, 0, now + 10_000)).map(({ minute }) => minute),
      [now - 4, now - 3, now - 2, now - 1, now],
    );
    assert.equal(await at.store.readPoints(`node/${fresh()}`, 0, now), []);
    assert.equal(await at.store.readPoints(subject, now, now - 1), []);
  });
  test('expire drops what is old and what is too much, and nothing else', async () => {
    const day = 86_400_000;
    const now = Date.now();
    const subject = `node/${fresh()}`;
    const minute = (at: number): number => Math.floor(at / 60_000);
    await at.store.expire(now + day, 0);
    assert.equal((await at.store.readLog()).items, []);
    const empty = await at.store.readLog();
    assert.is(empty.oldest, empty.newest + 1, 'nothing is kept');
    const ages = [10, 9, 8, 0, 9, 1, 0]; // in days; late news come with an old time
    const numbers = await at.store.append(ages.map((age) => ({ at: now - age * day, kind: 'test.aged', age })));
    await at.store.addPoints(
      subject,
      ages.map((age) => ({ minute: minute(now - age * day), values: { cpu: [age, age, age] } })),
    );
    const dropped = await at.store.expire(now - 7 * day, 1000);
    assert.ok(dropped >= 4 + 3, `dropped ${dropped}`);
    assert.equal(
      (await at.store.readLog()).items.map((item) => item['age']),
      [0, 1, 0],
    );
    assert.is((await at.store.readLog()).oldest, numbers[3]);
    assert.equal(
      (await at.store.readPoints(subject, 0, minute(now))).map((point) => point.values['cpu']![0]),
      [1, 0],
    );
    assert.is(await at.store.expire(now - 7 * day, 1000), 0, 'twice is nothing more');
    if (at.adapter.expiryGrainMs === 0) {
      await at.store.expire(now - 7 * day, 2);
      assert.equal(
        (await at.store.readLog()).items.map((item) => item.seq),
        numbers.slice(-2),
      );
    }
    const [next] = await at.store.append([{ at: now, kind: 'test.after' }]);
    assert.ok(next! > numbers.at(-1)!, 'numbers go on');
  });
}

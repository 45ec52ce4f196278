// Work of one name, one after the other.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OneAtATime, OneAtATimeByName } from '../../src/model/one-at-a-time.ts';

/** Work that says when it begins and ends when it is let go. */
function held(
  said: string[],
  name: string,
): { work: () => Promise<string>; go: () => void; fail: (error: Error) => void } {
  let go!: () => void;
  let fail!: (error: Error) => void;
  const gate = new Promise<void>((resolve, reject) => {
    go = resolve;
    fail = reject;
  });
  return {
    work: async () => {
      said.push(name);
      await gate;
      return name;
    },
    go: () => go(),
    fail: (error) => fail(error),
  };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('work begins in the order of the calls, each when the one before is over', async () => {
  const queue = new OneAtATime();
  const said: string[] = [];
  const a = held(said, 'a');
  const b = held(said, 'b');
  const first = queue.run(a.work);
  const second = queue.run(b.work);
  const third = queue.run(() => {
    said.push('c');
    return 3;
  });
  b.go();
  await turn();
  assert.equal(said, ['a']);
  a.go();
  assert.equal(await Promise.all([first, second, third]), ['a', 'b', 3]);
  assert.equal(said, ['a', 'b', 'c']);
});

test('what fails is told to its own caller only, and holds up nobody', async () => {
  const queue = new OneAtATime();
  const said: string[] = [];
  const a = held(said, 'a');
  const first = queue.run(a.work);
  const second = queue.run(() => {
    throw new Error('b failed');
  });
  const third = queue.run(() => 'c');
  a.fail(new Error('a failed'));
  const ends = await Promise.allSettled([first, second, third]);
  assert.equal(
    ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as Error).message)),
    ['a failed', 'b failed', 'c'],
  );
});

test('names do not wait for each other', async () => {
  const queues = new OneAtATimeByName();
  const said: string[] = [];
  const a = held(said, 'a');
  const first = queues.run('x', a.work);
  const behind = queues.run('x', () => {
    said.push('behind a');
  });
  await queues.run('y', () => {
    said.push('y');
  });
  assert.equal(said, ['a', 'y']);
  a.fail(new Error('a failed'));
  assert.equal(
    (await Promise.allSettled([first, behind])).map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
  assert.is(await queues.run('x', () => 'again'), 'again');
});

test.run();

// Housekeeping of the store: history is dropped soon after a master begins to lead, not only after an hour of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MasterContext } from '../../src/master/context.ts';
import { Keeping } from '../../src/master/keeping.ts';
import { until } from '../support/until.ts';

test('what is old is dropped soon after a master begins to lead, each time that it does, and not after it ended', async () => {
  const dropped: number[] = [];
  const context = {
    clock: { now: () => 1_000_000_000_000 },
    store: {
      expire: (before: number) => {
        dropped.push(before);
        return Promise.resolve(0);
      },
    },
    view: { nodes: new Map() },
    leadership: { term: 1 },
    warn: (message: string) => assert.unreachable(message),
  } as unknown as MasterContext;
  const keeping = new Keeping(context, 20);
  keeping.start();
  assert.equal(dropped, [], 'not while it begins');
  // Its timers keep no process alive: something else must, here.
  await until('dropped', () => dropped.length === 1);
  assert.is(dropped[0], 1_000_000_000_000 - 7 * 86_400_000);
  keeping.stop();
  keeping.start();
  await until('again', () => dropped.length === 2);
  const ended = new Keeping(context, 20);
  ended.start();
  ended.stop();
  const later = new Keeping(context, 60);
  later.start();
  await until('a later one', () => dropped.length === 3);
  await Promise.all([keeping.close(), ended.close(), later.close()]);
  assert.is(dropped.length, 3, 'the one that ended before its time dropped nothing');
});

test.run();

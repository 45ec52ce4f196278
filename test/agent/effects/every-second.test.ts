// One wake-up a second for all who look.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { everySecond } from '../../../src/agent/effects/every-second.ts';
import { until } from '../../support/until.ts';

test('all are done in the same wake-up, also after one that failed, until each is ended', async () => {
  const done: string[] = [];
  const failures: unknown[] = [];
  const caught = (error: unknown): void => void failures.push(error);
  process.on('uncaughtException', caught);
  const ends = [
    everySecond(() => done.push('first')),
    everySecond(() => {
      throw new Error('not now');
    }),
    everySecond(() => done.push('last')),
  ];
  try {
    await until('one round', () => failures.length > 0);
    assert.equal(done.slice(0, 2), ['first', 'last']);
    assert.is((failures[0] as Error).message, 'not now');
    ends[0]!();
    ends[1]!();
    const before = done.length;
    await until('another', () => done.length > before);
    assert.is(done.at(-1), 'last');
    assert.is(done.slice(before).includes('first'), false);
  } finally {
    for (const end of ends) end();
    process.off('uncaughtException', caught);
  }
});

test.run();

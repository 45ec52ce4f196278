// One filler of a shared directory at a time, also where several find at once that a dead one left its lock.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { takeLock } from '../../../../src/agent/effects/content/filler-lock.ts';
import { scratch } from '../../../support/scratch.ts';

/** Above every pid of this system. */
const dead = 2 ** 30;

test('of several that find a stale lock one takes it, and the others wait for their turn', async () => {
  const base = scratch('filler');
  for (let round = 0; round < 12; round++) {
    const directory = join(base, String(round));
    mkdirSync(directory);
    const path = join(directory, '.lock');
    writeFileSync(path, String(dead));
    if (round % 2) writeFileSync(`${path}.${dead}`, `${dead} x`); // its claim lies there too
    let inside = 0;
    const fill = async (pid: number): Promise<void> => {
      await takeLock(path, pid);
      assert.is(++inside, 1, `one at a time, in round ${round}`);
      assert.is(Number.parseInt(readFileSync(path, 'utf8'), 10), pid);
      await delay(2);
      inside--;
      await rm(path);
    };
    await Promise.all([process.pid, process.ppid, 1].map(fill)); // live ones, as if they were agents
    assert.equal(readdirSync(directory), round % 2 ? [`.lock.${dead}`] : []);
  }
});

test('a taker that died over it holds nobody up, nor does an empty file', async () => {
  const path = join(scratch('filler'), '.lock');
  await takeLock(path, process.ppid);
  writeFileSync(path, `${dead} first`);
  await takeLock(path);
  assert.is(Number.parseInt(readFileSync(path, 'utf8'), 10), process.pid);
  await takeLock(path); // its own, of an earlier life
  writeFileSync(path, '');
  await takeLock(path);
  assert.is(Number.parseInt(readFileSync(path, 'utf8'), 10), process.pid);
});

test.run();

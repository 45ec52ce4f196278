// A stream that is still costs no looks, and is looked at again in time.
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RotationWatch } from '../../../../src/agent/effects/output/rotation-watch.ts';
import { keptTo } from '../../../support/busyness.ts';
import { scratch } from '../../../support/scratch.ts';
import { until } from '../../../support/until.ts';

const policy = { maxBytes: 64 * 1024, files: 5, rateBytesPerSecond: null, fileSize: null };
const pieces = (instance: string): number =>
  readdirSync(instance).filter((name) => /^stdout\.log\.\d/.test(name)).length;

test('a stream that was still is looked at as soon as its program has run', async () => {
  const root = scratch('rest');
  const instance = join(root, 'web.0.aaaaaaaa');
  mkdirSync(instance);
  const stream = join(instance, 'stdout.log');
  const failed: Error[] = [];
  const rotation = new RotationWatch((_, error) => failed.push(error));
  appendFileSync(stream, 'x'.repeat(100_000));
  await rotation.start(root);
  try {
    rotation.add(instance, policy);
    rotation.ran(instance, false);
    await until('the first look of it', () => pieces(instance) > 0);
    const before = pieces(instance);
    appendFileSync(stream, 'y'.repeat(200_000));
    const began = performance.now();
    rotation.ran(instance, true);
    await until('it is rotated again', () => pieces(instance) > before);
    assert.ok(keptTo(20_000, performance.now() - began), 'not when its slow turn came');
    assert.equal(failed, []);
  } finally {
    await rotation.stop();
  }
});

test.run();

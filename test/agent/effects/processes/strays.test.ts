// Scans of /proc that are shared by who asks at the same time.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scanMarked } from '../../../../src/agent/effects/processes/strays.ts';

const readdirSync = fs.readdirSync;
const read = (as: typeof readdirSync): void => {
  fs.readdirSync = as;
  syncBuiltinESMExports();
};

test('a scan that fails is told to who asked for it, and to nobody after', async () => {
  const failure = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  read((() => {
    throw failure;
  }) as unknown as typeof readdirSync);
  const told = scanMarked('node-of-nobody').catch((error: unknown) => error);
  await Promise.resolve(); // now it runs, and whoever asks waits for the next one
  const next = scanMarked('node-of-nobody').catch((error: unknown) => error);
  read(readdirSync);
  assert.is(await told, failure);
  assert.equal(await next, []);
  assert.equal(await scanMarked('node-of-nobody'), []);
});

test.run();

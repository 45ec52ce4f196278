// What is left of instances that are gone goes after its time, whatever else lies beside it.
import { existsSync, lstatSync, lutimesSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentContext } from '../../../src/agent/context.ts';
import type { Instances } from '../../../src/agent/instances.ts';
import { Retention } from '../../../src/agent/kept/retention.ts';
import { scratch } from '../../support/scratch.ts';

const eightDaysAgo = Date.now() / 1000 - 8 * 86_400;

function retention(kept: string, trim: () => Promise<string[]>): { retention: Retention; lines: string[] } {
  const lines: string[] = [];
  const options = { log: (_: string, line: string) => lines.push(line), keepCrashedMs: 1000 };
  const context = { options, cache: { trim }, instancesDirectory: kept } as unknown as AgentContext;
  return { retention: new Retention(context, { entries: new Map() } as unknown as Instances, kept), lines };
}

test('what cannot be looked at or removed keeps nothing else, and is told once', async () => {
  const kept = scratch('kept');
  symlinkSync('/nowhere/at/all', join(kept, 'a.0.aaaaaaaa')); // young, leads nowhere
  symlinkSync('/nowhere/at/all', join(kept, 'a.1.aaaaaaaa'));
  lutimesSync(join(kept, 'a.1.aaaaaaaa'), eightDaysAgo, eightDaysAgo);
  for (const name of ['b.0.aaaaaaaa', 'c.0.aaaaaaaa']) {
    mkdirSync(join(kept, name));
    utimesSync(join(kept, name), eightDaysAgo, eightDaysAgo);
  }
  mkdirSync(join(kept, 'd.0.aaaaaaaa'));
  const { retention: swept, lines } = retention(kept, () => Promise.reject(new Error('the cache is not to be read')));
  await swept.sweep();
  await swept.sweep();
  assert.not(existsSync(join(kept, 'b.0.aaaaaaaa')));
  assert.not(existsSync(join(kept, 'c.0.aaaaaaaa')));
  assert.ok(existsSync(join(kept, 'd.0.aaaaaaaa')), 'it is young');
  assert.ok(lstatSync(join(kept, 'a.0.aaaaaaaa')).isSymbolicLink(), 'young too');
  assert.throws(() => lstatSync(join(kept, 'a.1.aaaaaaaa')), /ENOENT/, 'a link has its time as well');
  assert.equal(lines, ['fetched content could not be tidied: the cache is not to be read']);
  await swept.stop();
});

test.run();

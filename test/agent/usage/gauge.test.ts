// When a tree that rests is not measured anew.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gauge } from '../../../src/agent/usage/gauge.ts';
import { parseStatLine, SmallFile, stat } from '../../../src/agent/usage/small-file.ts';
import { readStat } from '../../../src/agent/effects/processes/boot.ts';
import { scratch } from '../../support/scratch.ts';

/** A tree of this very process, in a directory that looks like a cgroup of v2. */
function tree(path: string) {
  const { pid, startTime } = readStat('self')!;
  const membership = { kind: 'v2', path } as const;
  return { membership, program: { pid, startTime }, node: 'n', instance: 'web.0.aaaaaaaa', epoch: '1.1' };
}

test('a tree whose cpu counter stands still rests, until it runs or a long look is due', () => {
  const path = scratch('cgroup');
  const spent = (microseconds: number): void => writeFileSync(join(path, 'cpu.stat'), `usage_usec ${microseconds}\n`);
  writeFileSync(join(path, 'cgroup.procs'), `${process.pid}\n`);
  spent(1000);
  const gauge = new Gauge(tree(path), null);
  assert.is(gauge.sample(100_000, false)?.processes, 1);
  assert.is(gauge.rests(130_000), false, 'what it used until then is no more what it uses');
  assert.is(gauge.sample(130_000, false)?.cpu, 0);
  assert.is(gauge.rests(160_000), true);
  assert.is(gauge.rests(190_000), true);
  spent(31_000);
  assert.is(gauge.rests(220_000), false, 'it has run');
  assert.is(gauge.sample(220_000, false)?.cpu, 0.001, '30 ms in the 30 s since it was seen to rest');
  gauge.sample(250_000, false);
  assert.is(gauge.rests(280_000), true);
  assert.is(
    gauge.rests(520_000),
    false,
    'it has run since descriptors and shared memory were looked at five minutes ago',
  );
  gauge.sample(520_000, false);
  assert.is(gauge.rests(1_000_000), true, 'and has not since');
  assert.is(gauge.rests(2_320_000), false, 'half an hour is too long for all');
});

test('what a longer file has left in the buffer is no part of the one that is read', () => {
  const junk = join(scratch('junk'), 'stat');
  writeFileSync(junk, ')'.repeat(32 * 1024));
  assert.is(new SmallFile(junk).read(false), 32 * 1024);
  assert.is(parseStatLine(new SmallFile('/proc/self/stat').read(false)), true);
  assert.is(stat.startTime, readStat('self')!.startTime);
});

test('while all together have used nothing none is read', () => {
  const above = scratch('above');
  const paths = ['a', 'b'].map((name) => join(above, name));
  const spent = (path: string, microseconds: number): void =>
    writeFileSync(join(path, 'cpu.stat'), `usage_usec ${microseconds}\n`);
  for (const path of paths) {
    mkdirSync(path);
    writeFileSync(join(path, 'cgroup.procs'), `${process.pid}\n`);
    spent(path, 1000);
  }
  spent(above, 2000);
  const gauges = paths.map((path) => new Gauge(tree(path), null));
  const both = (what: (gauge: Gauge) => unknown): unknown[] => gauges.map(what);
  both((gauge) => gauge.sample(100_000, false));
  both((gauge) => gauge.sample(130_000, false));
  assert.equal(
    both((gauge) => gauge.rests(160_000)),
    [true, true],
  );
  rmSync(join(paths[0]!, 'cpu.stat'));
  assert.equal(
    both((gauge) => gauge.rests(190_000)),
    [true, true],
    'one that cannot be read is not missed',
  );
  spent(paths[0]!, 1000);
  spent(paths[1]!, 9000);
  assert.is(gauges[1]!.rests(190_500), true, 'the sum was just read');
  spent(above, 10_000);
  assert.equal(
    both((gauge) => gauge.rests(220_000)),
    [true, false],
    'the sum has moved: who was it?',
  );
  gauges[1]!.sample(220_000, false);
  gauges[1]!.sample(250_000, false);
  writeFileSync(join(above, 'cpu.stat'), '');
  assert.equal(
    both((gauge) => gauge.rests(280_000)),
    [true, true],
    'without a sum each is read',
  );
  spent(paths[0]!, 2000);
  assert.equal(
    both((gauge) => gauge.rests(310_000)),
    [false, true],
  );
});

test('without a counter of its own nobody knows that it rests', () => {
  const gauge = new Gauge(tree(scratch('none')), null);
  writeFileSync(
    join(gauge.tree.membership.kind === 'v2' ? gauge.tree.membership.path : '', 'cgroup.procs'),
    `${process.pid}\n`,
  );
  gauge.sample(100_000, false);
  gauge.sample(130_000, false);
  assert.is(gauge.rests(160_000), false);
});

test.run();

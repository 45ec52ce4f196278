// The disk of an instance: measured as du does, warned of, and held to.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { diskUse } from '../../../src/agent/effects/disk/disk-use.ts';
import { freshDiskWatch, judgeDisk } from '../../../src/model/instance/disk-quota.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/until.ts';
import { Alone } from '../alone.ts';

const test = suite('disk');
const agent = new Alone();
const KiB = 1024;
const MiB = 1024 ** 2;
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });

test('counts blocks, links once, holes not at all, and names what is large', async () => {
  const top = scratch('tree');
  mkdirSync(join(top, 'cache', 'deep', 'er'), { recursive: true });
  writeFileSync(join(top, 'cache', 'deep', 'er', 'big'), Buffer.alloc(900 * KiB, 1));
  mkdirSync(join(top, 'many'));
  for (let n = 0; n < 300; n++) writeFileSync(join(top, 'many', `file-${n}`), 'x');
  writeFileSync(join(top, 'small'), Buffer.alloc(40 * KiB, 1));
  linkSync(join(top, 'cache', 'deep', 'er', 'big'), join(top, 'zz-same'));
  symlinkSync('/usr', join(top, 'link'));
  const sparse = openSync(join(top, 'sparse'), 'w');
  ftruncateSync(sparse, 50 * MiB);
  closeSync(sparse);
  const { bytes, entries, largest } = await diskUse(top);
  assert.is(bytes, Number(execFileSync('du', ['-s', '-x', '-B1', top], { encoding: 'utf8' }).split('\t')[0]));
  assert.is(entries, Number(execFileSync('sh', ['-c', 'find "$1" | wc -l', 'sh', top], { encoding: 'utf8' })));
  assert.equal(
    new Set(largest.map(({ path }) => path.replace(/^zz-same$/, 'cache/deep/er/big'))),
    new Set(['cache/deep/er/big', 'many']),
  );
  assert.equal(await diskUse(join(top, 'nowhere')), { bytes: 0, entries: 1, largest: [] });
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await diskUse(top, stop.signal).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'enough'),
  );
});

test('warns once at 90 %, forgives one look, looks the more seldom the more files there are', () => {
  const at = (bytes: number, entries = 10) => ({ bytes: bytes * MiB, entries, largest: [{ path: 'a', bytes: MiB }] });
  const steps = [50, 91, 95, 70, 92, 101, 99, 101, 102].map((bytes) => at(bytes));
  let state = freshDiskWatch();
  const kinds = steps.map((measured) => {
    const judged = judgeDisk(state, measured, 100 * MiB);
    state = judged.state;
    return judged.verdict.kind;
  });
  assert.equal(kinds, ['fine', 'warn', 'fine', 'fine', 'warn', 'fine', 'fine', 'fine', 'exceeded']);
  assert.is(judgeDisk(freshDiskWatch(), at(151), 100 * MiB).verdict.kind, 'exceeded', 'far over: at once');
  const next = (bytes: number, entries: number) => judgeDisk(freshDiskWatch(), at(bytes, entries), 100 * MiB).nextMs;
  assert.equal(
    [next(10, 10), next(85, 10), next(101, 10), next(10, 1_000_000), next(101, 1_000_000)],
    [30_000, 5000, 1000, 1_000_000, 1_000_000],
  );
});

test('over its disk: warned, stopped as disk with the largest paths, started again with an empty directory', async () => {
  const warned = join(scratch('fills'), 'warned');
  await agent.deploy({
    name: 'fills',
    ...sh(
      `[ -e ../../1/exit ] && exec sleep 100000; head -c 950000 /dev/zero >nearly; until [ -e ${warned} ]; do sleep 0.1; done; ` +
        'mkdir tmp; head -c 300000 /dev/zero >tmp/over; exec sleep 100000',
    ),
    resAlloc: { disk: '1MB' },
  });
  await agent.running('fills');
  const [warning] = await agent.told('kind:instance.diskHigh');
  writeFileSync(warned, '');
  assert.match(warning.message, /fills\.0 may soon be stopped.*% of the 1 MiB.*largest: nearly/);
  const ended = await agent.see('fills', 'over its disk', (i) => i.exit);
  assert.equal([ended.exit.reason, ended.exit.quota.what, ended.exit.quota.limit], ['disk', 'disk', MiB]);
  assert.ok(ended.exit.quota.used > MiB);
  const again = await agent.see('fills', 'running again', (i) => i.status === 'running' && i.restarts === 1);
  await until('its output says so', () =>
    /stopped for its disk: it uses .*allowed; largest: nearly \(\d.*\), tmp\/over \(/.test(
      readFileSync(join(agent.directoryOf(again.id), 'stdout.log'), 'utf8'),
    ),
  );
  await until('what it takes now', async () => {
    const disk = (await agent.get(`/v1/instances/${again.id}/usage`)).now?.disk;
    return disk > 0 && disk < 100_000;
  });
});

test.run();

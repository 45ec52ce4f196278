// When use of memory counts as too much, and how usage travels.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshQuotaWatch, judgeMemory, type QuotaVerdict } from '../../../src/model/instance/quota.ts';
import { ofRow, toRow } from '../../../src/model/instance/usage.ts';

const MiB = 1024 ** 2;
const judged = (...samples: number[]): QuotaVerdict[] => {
  let watch = freshQuotaWatch();
  return samples.map((used) => {
    const step = judgeMemory(watch, used * MiB, 100 * MiB);
    ({ watch } = step);
    return step.verdict;
  });
};
const kinds = (...samples: number[]): string[] => judged(...samples).map(({ kind }) => kind);

test('three samples over it, one after the other, are too much; two and a pause are not', () => {
  assert.equal(kinds(101, 101, 101), ['warn', 'fine', 'exceeded']);
  assert.equal(kinds(101, 101, 99, 101, 101), ['warn', 'fine', 'fine', 'fine', 'fine']);
  assert.equal(kinds(100, 100, 100, 100), ['warn', 'fine', 'fine', 'fine'], 'all that is allowed is allowed');
});
test('half as much again is too much at once', () => {
  assert.equal(kinds(151), ['exceeded']);
  assert.match((judged(151)[0] as { text: string }).text, /151 MiB of memory; 100 MiB are allowed \(one sample/);
  assert.match(
    (judged(101, 102, 103)[2] as { text: string }).text,
    /103 MiB of memory; 100 MiB are allowed \(3 samples in a row\)/,
  );
});
test('it is warned of once, and again only after it was calm', () => {
  assert.equal(kinds(89, 90, 95, 91, 89, 92), ['fine', 'warn', 'fine', 'fine', 'fine', 'fine']);
  assert.equal(kinds(90, 79, 90), ['warn', 'fine', 'warn']);
  assert.match((judged(95)[0] as { text: string }).text, /95 % of the 100 MiB/);
});
test('a usage as a row and back', () => {
  const usage = {
    at: 5,
    cpu: 0.123456,
    mem: 10.4,
    fds: null,
    processes: 2,
    threads: 3,
    disk: null,
    ioRead: 1,
    ioWrite: 2,
    cpuShare: 0.5,
    memShare: null,
  };
  assert.equal(ofRow(toRow(usage)), { ...usage, cpu: 0.1235, mem: 10 });
  assert.is(ofRow([1, 2]), null);
  assert.is(ofRow([...toRow(usage).slice(0, 10), null, 7].with(0, null)), null);
});
test.run();

// The last words of a launch, whatever was rotated away before, during and just after it.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rotate } from '../../../src/agent/effects/output/rotate.ts';
import { rotationKind } from '../../../src/agent/effects/output/rotation-kind.ts';
import { segmentsOf } from '../../../src/agent/effects/output/segments.ts';
import { lastOutput, outputEnds } from '../../../src/agent/instance/run/exits.ts';
import { scratch } from '../../support/scratch.ts';

const line = (n: number): string => `line ${n} ${'.'.repeat(90)}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');
const numbers = (tail: readonly string[]): number[] => tail.map((one) => Number(one.split(' ')[1]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

test('twenty lines, over the cut of a rotation; none of the launch before, although its output lies in the same pieces', async () => {
  const kind = await rotationKind(scratch('last'));
  const instance = join(scratch('last'), 'web.0.abcdefgh');
  const live = join(instance, 'stdout.log');
  mkdirSync(instance);
  writeFileSync(live, lines(0, 200));
  assert.equal(outputEnds(instance), [lines(0, 200).length, 0]);
  const first = await rotate(instance, 'stdout', { maxBytes: 8192, files: 5 }, kind);
  assert.ok(first.moved > 0);
  const begins = outputEnds(instance);
  assert.equal(begins, [lines(0, 200).length, 0]);
  assert.equal(lastOutput(instance, begins), [], 'nothing of it yet');
  appendFileSync(live, lines(200, 205));
  assert.equal(numbers(lastOutput(instance, begins)), range(200, 205));
  appendFileSync(live, lines(205, 300));
  await rotate(instance, 'stdout', { maxBytes: 4096, files: 50 }, kind === 'punch' ? kind : 'copy-truncate');
  appendFileSync(live, line(300));
  const { live: left } = segmentsOf(instance, 'stdout');
  assert.ok(left.to - left.from <= 4096 + line(300).length, `${left.to - left.from} bytes`);
  assert.equal(outputEnds(instance), [lines(0, 301).length, 0]);
  assert.equal(numbers(lastOutput(instance, begins)), range(281, 301));
  writeFileSync(join(instance, 'stderr.log'), 'oops\n');
  assert.equal(
    lastOutput(instance, begins)
      .slice(-2)
      .map((one) => one.split(' ')[0]),
    ['line', 'oops'],
  );
});
test.run();

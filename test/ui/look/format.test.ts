// Numbers and times exactly as the look's README writes them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  age,
  clock,
  clockMs,
  cores,
  count,
  day,
  disk,
  left,
  memory,
  memoryOf,
  moment,
  percent,
  signal,
  stay,
} from '../../../ui/look/format.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const s = 1000;
const min = 60 * s;
const h = 60 * min;
const d = 24 * h;
const each = <T>(f: (value: T) => string, table: [T, string][]) => {
  for (const [value, wanted] of table) assert.is(f(value), wanted);
};

test('memory in binary units, three digits that matter', () =>
  each(memory, [
    [0, '0'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.50 KiB'],
    [188 * MiB, '188 MiB'],
    [2 * GiB, '2 GiB'],
    [2.004 * GiB, '2.00 GiB'],
    [18.8 * GiB, '18.8 GiB'],
    [64 * GiB, '64 GiB'],
    [1023.9 * MiB, '1.00 GiB'],
    [5000 * 1024 ** 5, '5000 PiB'],
    [null as never, '–'],
    [NaN, '–'],
  ]));
test('disk and network in decimal units', () =>
  each(disk, [
    [0, '0'],
    [999, '999 B'],
    [4.1e6, '4.10 MB'],
    [410e9, '410 GB'],
    [1.4e12, '1.40 TB'],
    [null as never, '–'],
  ]));
test('a part and its whole share the unit', () => {
  assert.is(memoryOf(2 * GiB, 2 * GiB), '2.00 of 2 GiB');
  assert.is(memoryOf(512 * MiB, 64 * GiB), '0.50 of 64 GiB');
  assert.is(memoryOf(0, 64 * GiB), '0 of 64 GiB');
  assert.is(memoryOf(null, 64 * GiB), '– of 64 GiB');
  assert.is(memoryOf(5 * MiB, 0), '5 MiB');
});
test('ages: two units at most', () =>
  each(age, [
    [0, '0 s'],
    [200, '0.2 s'],
    [3 * s, '3 s'],
    [59_999, '59 s'],
    [11 * min, '11 min'],
    [59 * min + 59 * s, '59 min'],
    [3 * h + 41 * min, '3 h 41 m'],
    [3 * h, '3 h'],
    [2 * d + 4 * h, '2 d 4 h'],
    [41 * d + 7 * h, '41 d'],
    [-5 * s, '0 s'],
    [null as never, '–'],
  ]));
test('stays that are over are more exact', () =>
  each(stay, [
    [4, '4 ms'],
    [3200, '3.2 s'],
    [41_300, '41 s'],
    [6 * min + 12 * s, '6 m 12 s'],
    [2 * h + 14 * min, '2 h 14 m'],
    [null as never, '–'],
  ]));
test('a countdown shows tenths below ten seconds and never goes below zero', () =>
  each(left, [
    [1600, '1.6 s'],
    [9999, '10.0 s'],
    [10_001, '11 s'],
    [59_000, '59 s'],
    [61_000, '1 m 1 s'],
    [-1, '0.0 s'],
  ]));
test('thousands, cores, percent', () => {
  each(count, [
    [0, '0'],
    [999, '999'],
    [84_213, '84,213'],
    [1_000_000, '1,000,000'],
    [null as never, '–'],
  ]);
  each(cores, [
    [0, '0'],
    [0.05, '0.05'],
    [0.5, '0.5'],
    [26.44, '26.4'],
    [128, '128'],
  ]);
  each(percent, [
    [0, '0 %'],
    [0.004, '0.4 %'],
    [0.08, '8 %'],
    [1.4, '140 %'],
    [null as never, '–'],
  ]);
});
test('clock times in a zone, the full moment in UTC', () => {
  const at = Date.UTC(2026, 10, 21, 14, 32, 5, 119);
  assert.is(clock(at, 0), '14:32:05');
  assert.is(clock(at, 9 * 60), '23:32:05');
  assert.is(clock(at, -15 * 60), '23:32:05');
  assert.is(clockMs(at, 0), '14:32:05.119');
  assert.is(moment(at), '2026-11-21 14:32:05.119 UTC');
  assert.is(moment(null), '–');
  assert.is(day(at, at + h, 0), '14:32:05');
  assert.is(day(at, at + 2 * d, 0), '11-21 14:32');
});
test('signals by name', () =>
  each(signal, [
    [9, 'SIGKILL'],
    [15, 'SIGTERM'],
    [40, 'signal 40'],
  ]));
test.run();

// What is kept of samples, and how figures by the minute reach a master that comes and goes.
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { monoMs } from '../../../src/agent/moment.ts';
import { History, type Measured } from '../../../src/agent/usage/history.ts';
import { PointOutbox } from '../../../src/agent/usage/outbox.ts';
import type { Point } from '../../../src/agent/usage/sampler.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/until.ts';

const measured = (cpu: number | null, mem: number | null): Measured => ({
  cpu,
  mem,
  fds: 3,
  processes: 1,
  disk: null,
  ioRead: null,
  ioWrite: 0,
});
const begin = 1_700_000_040_000; // a whole minute

test('a minute is told when it is over: least, average, most of what was known', () => {
  const history = new History();
  assert.is(history.add(begin, measured(0.25, 100)), null);
  history.add(begin + 20_000, measured(null, 300));
  history.add(begin + 40_000, measured(0.75, 200));
  const point = history.add(begin + 60_000, measured(1, 1));
  assert.equal(point, {
    minute: begin / 60_000,
    values: { cpu: [0.25, 0.5, 0.75], mem: [100, 200, 300], fds: [3, 3, 3], processes: [1, 1, 1], ioWrite: [0, 0, 0] },
  });
  assert.equal(history.point(), {
    minute: begin / 60_000 + 1,
    values: { cpu: [1, 1, 1], mem: [1, 1, 1], fds: [3, 3, 3], processes: [1, 1, 1], ioWrite: [0, 0, 0] },
  });
});

test('the last five minutes, at any pace and after any change of pace', () => {
  const history = new History();
  let at = begin;
  const go = (ms: number, n: number): void => {
    for (let i = 0; i < n; i++, at += ms) history.add(at, measured((at - begin) / 1000, 7));
  };
  const whole = (): void => {
    const { at: times, cpu } = history.recent(at);
    assert.ok(
      times.every((time, i) => Math.abs((time - begin) / 1000 - cpu[i]!) < 0.02 && (i === 0 || time > times[i - 1]!)),
      'each with its time, in order',
    );
  };
  go(30_000, 30);
  assert.ok(history.recent(at).at.length >= 9 && history.recent(at).at[0]! >= at - 300_000, 'ten in five minutes');
  whole();
  go(2000, 200);
  assert.ok(history.recent(at).at.length >= 149, `${history.recent(at).at.length} of 150`);
  whole();
  go(30_000, 40);
  assert.ok(history.recent(at).at.length >= 9);
  whole();
  go(2000, 400);
  assert.ok(history.recent(at).at.length >= 149);
  whole();
  assert.equal(history.recent(at + 400_000).at, []);
});

test('a clock that is set back begins anew', () => {
  const history = new History();
  history.add(begin, measured(1, 1));
  history.add(begin - 3_600_000, measured(2, 2));
  assert.equal(history.recent(begin - 3_600_000).cpu, [2]);
});

class Master {
  line: { number: number; arrived: number } | null = null;
  readonly got: Point[] = [];
  readonly warnings: string[] = [];
  readonly outbox: PointOutbox;
  constructor(directory: string, patienceMs = 0) {
    this.outbox = new PointOutbox(
      {
        directory,
        line: () => this.line,
        warn: (message, error) => this.warnings.push(`${message} ${String(error)}`),
        send: (points) => {
          if (!this.line) return false;
          this.got.push(...structuredClone(points));
          return true;
        },
      },
      { gatherMs: 5, patienceMs },
    );
  }
  up(number: number): void {
    this.line = { number, arrived: 0 };
  }
  answer(): void {
    this.line = { ...this.line!, arrived: monoMs() + 1 };
  }
}
const point = (minute: number): Point => ({ subject: 'node/n1', minute, values: { cpu: [0, 0.5, 1] } });
const minutes = (points: readonly Point[]): number[] =>
  [...new Set(points.map(({ minute }) => minute))].sort((a, b) => a - b);

test('points wait for a master on disk, over an end of the agent, and are sent when it is back', async () => {
  const directory = scratch('points');
  const first = new Master(directory);
  first.outbox.add([point(1), point(2)]);
  await until('on disk', () => {
    try {
      return readdirSync(directory).length === 1;
    } catch {
      return false;
    }
  });
  first.outbox.add([point(3)]);
  await first.outbox.close();
  const second = new Master(directory);
  second.up(1);
  second.outbox.add([point(4)]);
  await until('all of them', () => minutes(second.got).length === 4);
  assert.equal(minutes(second.got), [1, 2, 3, 4]);
  second.answer();
  await until('nothing is kept any more', () => readdirSync(directory).length === 0);
  await second.outbox.close();
  assert.equal(readdirSync(directory), []);
  assert.equal([...first.warnings, ...second.warnings], []);
});

test('what a broken line took is sent again on the next one', async () => {
  const directory = scratch('points');
  const master = new Master(directory, 60_000);
  master.up(1);
  master.outbox.add([point(1)]);
  await until('sent', () => master.got.length === 1);
  master.up(2); // never answered on the first
  master.outbox.add([point(2)]);
  await until('again', () => master.got.length === 3);
  assert.equal(master.got.map(({ minute }) => minute).sort(), [1, 1, 2]);
  master.answer();
  master.outbox.add([point(3)]);
  await until('the third', () => minutes(master.got).length === 3);
  master.answer();
  await master.outbox.close();
  assert.equal(readdirSync(directory), [], 'nothing had to be kept');
});
test.run();

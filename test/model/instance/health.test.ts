// Folding of probe results.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HealthCheckSpec } from '../../../src/model/app/app.ts';
import {
  failedLive,
  foldProbe,
  freshChecks,
  hasStarted,
  isReady,
  nextProbeMs,
  probePeriodMs,
  startTimeoutMs,
} from '../../../src/model/instance/health.ts';
import type { CheckState } from '../../../src/model/instance/health.ts';
import { healthCheck } from '../../support/specs.ts';

const check = (more: Partial<HealthCheckSpec> = {}): HealthCheckSpec =>
  healthCheck({ protocol: 'HTTP', initialDelaySeconds: 60, timeoutSeconds: 20, maxConsecutiveFailures: 3, ...more });
/** The state after probes at the given seconds: '+' passes, '-' fails. */
function after(spec: HealthCheckSpec, probes: [number, '+' | '-'][]): CheckState {
  return probes.reduce(
    (state, [at, result]) =>
      foldProbe(
        spec,
        state,
        { ok: result === '+', detail: result === '+' ? '200' : '503', at: at * 1000, mono: at * 1000 },
        0,
      ),
    freshChecks([spec], 0)[0]!,
  );
}

test('failures within initialDelaySeconds are forgiven, and leave a check that never passed waiting', () => {
  const state = after(check(), [
    [1, '-'],
    [2, '-'],
    [3, '-'],
    [4, '-'],
  ]);
  assert.is(state.status, 'waiting');
  assert.is(state.failures, 0);
  assert.is(state.detail, '503');
});

test('after it they count in a row, and a pass starts over', () => {
  assert.is(
    after(check(), [
      [61, '-'],
      [81, '-'],
    ]).failures,
    2,
  );
  assert.is(
    after(check(), [
      [61, '-'],
      [81, '-'],
      [101, '+'],
      [121, '-'],
    ]).failures,
    1,
  );
  assert.is(
    after(check(), [
      [1, '+'],
      [30, '-'],
    ]).status,
    'failing',
    'a check that passed and fails is shown so, even within the delay',
  );
  assert.is(
    after(check(), [
      [1, '+'],
      [30, '-'],
    ]).failures,
    0,
    'but not counted',
  );
});

test('started when every check of any role has passed once', () => {
  const specs = [check(), check({ role: 'ready' }), check({ role: 'startup' })];
  const states = freshChecks(specs, 0);
  assert.not.ok(hasStarted(states));
  const passed = states.map((state, i) => foldProbe(specs[i]!, state, { ok: true, detail: '', at: 1, mono: 1 }, 0));
  assert.not.ok(hasStarted([passed[0]!, passed[1]!, states[2]!]));
  assert.ok(hasStarted(passed));
  assert.ok(hasStarted([]), 'no checks: alive for a second is enough');
});

test('only live checks end a program, at the maxConsecutiveFailures-th failure in a row', () => {
  const probes: [number, '+' | '-'][] = [
    [1, '+'],
    [70, '-'],
    [90, '-'],
    [110, '-'],
  ];
  assert.is(failedLive([check()], [after(check(), probes.slice(0, 3))]), null);
  assert.is(failedLive([check()], [after(check(), probes)]), 0);
  assert.is(failedLive([check({ role: 'ready' })], [after(check({ role: 'ready' }), probes)]), null);
  assert.not.ok(isReady([after(check({ role: 'ready' }), probes)]));
  assert.ok(isReady([after(check(), probes.slice(0, 1))]));
});

test('every second until the first pass, never slower than the interval; then by the interval; a startup check no more', () => {
  const fresh = freshChecks([check()], 0)[0]!;
  assert.is(probePeriodMs(check(), fresh), 1000);
  assert.is(probePeriodMs(check({ intervalSeconds: 0.5 }), fresh), 500);
  assert.is(probePeriodMs(check(), after(check(), [[1, '+']])), 20_000);
  assert.is(probePeriodMs(check({ role: 'startup' }), after(check({ role: 'startup' }), [[1, '+']])), null);
  assert.is(nextProbeMs(check(), after(check(), [[1, '+']]), 1000, 4000), 17_000, 'from begin to begin');
  assert.is(nextProbeMs(check(), fresh, 1000, 9000), 0, 'a slow probe is followed at once');
});

test('the start timeout: what is asked for, or the slowest check, at least a minute', () => {
  assert.is(startTimeoutMs({ startTimeoutSeconds: 5, healthChecks: [check()] }), 5000);
  assert.is(startTimeoutMs({ startTimeoutSeconds: null, healthChecks: [] }), 60_000);
  assert.is(
    startTimeoutMs({ startTimeoutSeconds: null, healthChecks: [check({ initialDelaySeconds: 1 }), check()] }),
    120_000,
  );
});

test.run();

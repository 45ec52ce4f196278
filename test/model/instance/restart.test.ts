// What follows when a program has ended: restarts, delays, the window, and when it is given up.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RestartSpec } from '../../../src/model/app/app.ts';
import {
  backOffMs,
  clearedHistory,
  decideRestart,
  goOnInPlace,
  rebuildHistory,
} from '../../../src/model/instance/restart.ts';
import { restartSpec } from '../../support/specs.ts';
import type {
  EndedLaunch,
  PastLaunch,
  RestartDecision,
  RestartHistory,
  RestartPolicy,
} from '../../../src/model/instance/restart.ts';

const spec = restartSpec();
const policy = (restart: Partial<RestartSpec> = {}, more: Partial<RestartPolicy> = {}): RestartPolicy => ({
  restart: { ...spec, ...restart },
  type: 'service',
  fixedPort: false,
  ...more,
});
const ended = (more: Partial<EndedLaunch> = {}): EndedLaunch => ({
  launch: 1,
  reason: 'signal',
  code: null,
  readyMs: null,
  ...more,
});

/** Runs a series of deaths: [mono, how]. */
function series(
  p: RestartPolicy,
  deaths: [number, Partial<EndedLaunch>][],
  from = clearedHistory(),
): { decisions: RestartDecision[]; history: RestartHistory } {
  const decisions: RestartDecision[] = [];
  let history = from;
  deaths.forEach(([mono, how], index) => {
    const step = decideRestart(p, history, ended({ launch: index + 1, ...how }), mono, 0.5);
    decisions.push(step.decision);
    ({ history } = step);
  });
  return { decisions, history };
}
const delays = (decisions: RestartDecision[]): (number | string)[] =>
  decisions.map((d) => (d.kind === 'granted' ? d.delayMs : d.kind));

test('a program that dies at once backs off 1 s, 2 s, 4 s, and then its window is full', () => {
  const { decisions } = series(policy(), [
    [0, {}],
    [1000, {}],
    [3000, {}],
    [7000, {}],
  ]);
  assert.equal(delays(decisions), [1000, 2000, 4000, 'escalate']);
  assert.equal(decisions[3], { kind: 'escalate', launch: 4, deaths: 4 });
});

test('after a second of ready uptime the first restart is immediate, the next ones are not', () => {
  assert.equal(
    delays(
      series(policy(), [
        [5000, { readyMs: 1000 }],
        [10_000, { readyMs: 4000 }],
        [15_000, { readyMs: 4000 }],
      ]).decisions,
    ),
    [0, 1000, 2000],
  );
  assert.equal(delays(series(policy(), [[5000, { readyMs: 999 }]]).decisions), [1000]);
});

test('ready uptime of resetAfterSeconds starts over; mere time does not', () => {
  const reset = { readyMs: 600_000 };
  assert.equal(
    delays(
      series(policy(), [
        [0, {}],
        [2000, {}],
        [700_000, reset],
        [701_000, {}],
      ]).decisions,
    ),
    [1000, 2000, 0, 1000],
  );
  const half = { readyMs: 300_000 };
  assert.equal(
    delays(
      series(policy(), [
        [0, {}],
        [2000, {}],
        [2_000_000, half],
        [4_000_000, half],
      ]).decisions,
    ),
    [1000, 2000, 0, 4000],
  );
});

test('the window slides over the whole life: deaths are forgiven as they grow old', () => {
  const healthy = { readyMs: 200_000 };
  assert.not.ok(
    delays(
      series(policy(), [
        [0, healthy],
        [210_000, healthy],
        [420_000, healthy],
        [630_000, healthy],
        [840_000, healthy],
      ]).decisions,
    ).includes('escalate'),
  );
  assert.is(
    delays(
      series(policy(), [
        [0, healthy],
        [190_000, healthy],
        [380_000, healthy],
        [570_000, healthy],
      ]).decisions,
    )[3],
    'escalate',
  );
});

test('a program that was healthy before its crash loop is limited too', () => {
  assert.equal(
    delays(
      series(policy(), [
        [25_000, { readyMs: 25_000 }],
        [25_010, {}],
        [26_100, {}],
        [28_200, {}],
      ]).decisions,
    ),
    [0, 1000, 2000, 'escalate'],
  );
});

test('stay: on in place with growing delays up to the cap, not escalated again, until a reset', () => {
  const p = policy();
  let { history } = series(p, [
    [0, {}],
    [1000, {}],
    [3000, {}],
    [7000, {}],
  ]);
  const stay = goOnInPlace(p, history, 0.5);
  assert.equal(stay.decision, { kind: 'granted', delayMs: 8000, crashLoop: true });
  ({ history } = stay);
  let mono = 20_000;
  const seen: (number | string)[] = [];
  for (let i = 0; i < 8; i += 1) {
    const step = decideRestart(p, history, ended({ launch: 5 + i, readyMs: 2000 }), mono, 0.5);
    assert.ok(step.decision.kind === 'granted' && step.decision.crashLoop);
    seen.push(...delays([step.decision]));
    ({ history } = step);
    mono += 400_000;
  }
  assert.equal(seen, [16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 300_000]);
  assert.equal(history.full, { launch: 4, deaths: 4 }, 'the launch that was asked about stays the same');
  assert.is(history.deaths.length, 2, 'those within the window, and no others');
  let often = history;
  for (let i = 0; i < 150; i += 1)
    often = decideRestart(p, often, ended({ launch: 13 + i, readyMs: 0 }), mono + i, 0.5).history;
  assert.is(often.deaths.length, 100, 'more are not counted one by one');
  const after = decideRestart(p, history, ended({ launch: 20, readyMs: 600_000 }), mono, 0.5);
  assert.equal(after.decision, { kind: 'granted', delayMs: 0, crashLoop: false });
});

test('policies: on-failure is done after exit 0, never after any end, always never', () => {
  const well = { reason: 'exited' as const, code: 0 };
  const kind = (p: RestartPolicy, how: Partial<EndedLaunch>): string =>
    decideRestart(p, clearedHistory(), ended(how), 0, 0.5).decision.kind;
  assert.is(kind(policy({ policy: 'on-failure' }), well), 'done');
  assert.is(kind(policy({ policy: 'on-failure' }), { reason: 'exited', code: 3 }), 'granted');
  assert.is(kind(policy({ policy: 'on-failure' }), { reason: 'unknown' }), 'granted');
  assert.is(kind(policy({ policy: 'never' }), well), 'done');
  assert.is(kind(policy({ policy: 'never' }), { reason: 'exited', code: 3 }), 'failed');
  assert.is(kind(policy({ policy: 'never' }), { reason: 'oom' }), 'failed');
  assert.is(kind(policy(), well), 'granted');
  for (const reason of ['stop', 'update'] as const) assert.is(kind(policy(), { reason }), 'done');
});

test('giveUp fails where it would escalate', () => {
  const { decisions } = series(policy({ giveUp: true, attempts: 1 }), [
    [0, {}],
    [1000, {}],
  ]);
  assert.equal(decisions[1], {
    kind: 'failed',
    code: 'gave-up',
    text: 'it ended 2 times within 600 s, and restart.giveUp is set',
  });
});

test('port-taken is no death: three times at once, then with back-off; with a fixed port with back-off from the begin', () => {
  const taken = { reason: 'port-taken' as const };
  const { decisions, history } = series(policy(), [
    [0, taken],
    [1, taken],
    [2, taken],
    [3, taken],
    [4, taken],
  ]);
  assert.equal(delays(decisions), [0, 0, 0, 1000, 2000]);
  assert.equal(history.deaths, []);
  assert.equal(
    delays(
      series(policy({}, { fixedPort: true }), [
        [0, taken],
        [1, taken],
      ]).decisions,
    ),
    [1000, 2000],
  );
  assert.is(
    series(policy(), [
      [0, taken],
      [1, taken],
      [2, {}],
    ]).history.portTaken,
    0,
  );
});

test('no room counts like a crash, so that it is asked where to go on; but nothing is given up for it', () => {
  const full = { reason: 'no-room' as const };
  assert.is(
    series(policy({ attempts: 1 }), [
      [0, full],
      [1000, full],
    ]).decisions[1]!.kind,
    'escalate',
  );
  for (const restart of [{ policy: 'never' as const }, { giveUp: true, attempts: 1 }]) {
    const { decisions, history } = series(policy(restart), [
      [0, full],
      [1000, full],
      [3000, full],
    ]);
    assert.equal(delays(decisions), [1000, 2000, 4000]);
    assert.equal(history.deaths, []);
  }
});

test('instances that fail their checks together wait for their turn; what is dead already does not', () => {
  const siblings = { total: 5, healthy: 0, underWay: 2, starting: 0 };
  const ask = (reason: EndedLaunch['reason'], s: typeof siblings | null): string =>
    decideRestart(policy(), clearedHistory(), ended({ reason }), 0, 0.5, s).decision.kind;
  assert.is(ask('unhealthy', siblings), 'held');
  assert.is(ask('unhealthy', { ...siblings, underWay: 1 }), 'granted');
  assert.is(ask('unhealthy', { ...siblings, healthy: 1, underWay: 1, starting: 3 }), 'granted');
  assert.is(ask('unhealthy', { ...siblings, healthy: 2 }), 'held', 'more than half are sick');
  assert.is(ask('unhealthy', { ...siblings, healthy: 3, underWay: 2 }), 'granted', 'its own trouble');
  assert.is(ask('unhealthy', null), 'granted');
  assert.is(ask('signal', siblings), 'granted');
});

test('jitter spreads by its share and never goes above the cap', () => {
  const restart = { ...spec, jitter: 0.25 };
  assert.is(backOffMs(restart, 0, 0), 750);
  assert.is(backOffMs(restart, 0, 1), 1250);
  assert.is(backOffMs(restart, 50, 1), 300_000);
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (n, chance) => {
      const delay = backOffMs(restart, n, chance);
      assert.ok(Number.isInteger(delay) && delay >= 750 && delay <= 300_000);
    }),
  );
});

test('no program restarts more than `attempts` times in any period before it escalates', () => {
  const death = fc.record({
    after: fc.integer({ min: 0, max: 400_000 }),
    ready: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(death, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (deaths, attempts) => {
      const p = policy({ attempts });
      let history = clearedHistory();
      let mono = 0;
      const granted: number[] = [];
      for (const [index, { after, ready }] of deaths.entries()) {
        mono += after;
        const step = decideRestart(p, history, ended({ launch: index + 1, readyMs: after * ready }), mono, 0.5);
        ({ history } = step);
        if (step.decision.kind === 'escalate') {
          assert.is(
            granted.filter((at) => mono - at < 600_000).length,
            attempts,
            'and escalates only when the window is full',
          );
          return;
        }
        granted.push(mono);
        assert.ok(granted.filter((at) => mono - at < 600_000).length <= attempts);
      }
    }),
  );
});

test('the history is rebuilt from past launches', () => {
  const deaths: [number, Partial<EndedLaunch>][] = [
    [10_000, { readyMs: 9000 }],
    [20_000, {}],
    [22_000, { reason: 'port-taken' }],
    [30_000, {}],
  ];
  for (const upTo of [1, 2, 3, 4]) {
    const live = series(policy(), deaths.slice(0, upTo)).history;
    const past: PastLaunch[] = deaths
      .slice(0, upTo)
      .map(([mono, how], index) => ({ ...ended({ launch: index + 1, ...how }), agoMs: 50_000 - mono }));
    assert.equal(rebuildHistory(policy(), past, 50_000), live, `${upTo} launches`);
  }
  const full = rebuildHistory(
    policy(),
    [4, 3, 2, 1].map((ago, index) => ({ ...ended({ launch: index + 1 }), agoMs: ago * 1000 })),
    100_000,
  );
  assert.equal(full.full, { launch: 4, deaths: 4 });
  const next = decideRestart(policy(), full, ended({ launch: 5 }), 101_000, 0.5).decision;
  assert.ok(next.kind === 'granted' && next.crashLoop && next.delayMs === 16_000);
});

test.run();

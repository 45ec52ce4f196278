// When a plan is made, committed and made again.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createActor,
  fromPromise,
  initialTransition,
  transition,
  waitFor,
  type EventFromLogic,
  type SnapshotFrom,
} from 'xstate';
import { placementMachine, sweepMs } from '../../machines/placement.ts';
import type { Committed, Planned } from '../../machines/placement.ts';
import { statePath } from '../../src/model/instance/instance-status.ts';

type Snapshot = SnapshotFrom<typeof placementMachine>;
type Event = EventFromLogic<typeof placementMachine>;
const changed: Event = { type: 'cluster.changed' };
const planned = (given: Partial<Planned> = {}): Event =>
  ({
    type: 'xstate.done.actor.0.placement.planning',
    output: { changes: 0, waiting: 0, wakeInMs: null, tookMs: 3, ...given },
  }) as never;
const committed = (refused = 0): Event =>
  ({ type: 'xstate.done.actor.0.placement.committing', output: { written: 1, refused } }) as never;
const failed = (state: string): Event =>
  ({ type: `xstate.error.actor.0.placement.${state}`, error: new Error('store away') }) as never;
const after = (delay: string, state: string): Event => ({ type: `xstate.after.${delay}.placement.${state}` }) as never;

function run(...given: Event[]): Snapshot {
  let [snapshot] = initialTransition(placementMachine);
  for (const event of given) [snapshot] = transition(placementMachine, snapshot, event) as [Snapshot, unknown];
  return snapshot;
}
const at = (...given: Event[]): string => statePath(run(...given).value);

const ways: [string, Event[]][] = [
  ['settling.resting', []],
  ['planning', [changed]],
  ['committing', [changed, planned({ changes: 2 })]],
  ['settling.coalescing', [changed, planned({ changes: 2 }), committed()]],
  ['conflicted', [changed, planned({ changes: 2 }), committed(1)]],
  ['blocked', [changed, planned({ waiting: 1 })]],
];

test('every state is reached', () => {
  for (const [state, way] of ways) assert.is(at(...way), state);
});

test('a change is looked at at once where nothing is in work, else after what is in work', () => {
  const leads: Record<string, string> = { 'settling.resting': 'planning', blocked: 'planning' };
  for (const [state, way] of ways) {
    assert.is(at(...way, changed), leads[state] ?? state, state);
    if (!leads[state]) assert.is(run(...way, changed).context.dirty, true, `${state}: marked`);
  }
});

test('what comes of a plan', () => {
  assert.is(at(changed, planned()), 'settling.resting');
  assert.is(at(changed, planned({ waiting: 3 })), 'blocked');
  assert.is(at(changed, planned({ changes: 1, waiting: 3 })), 'committing');
  assert.is(at(changed, changed, planned()), 'settling.coalescing', 'it changed meanwhile');
  assert.is(
    at(changed, changed, planned({ changes: 1 })),
    'committing',
    'compare-and-swap guards what changed meanwhile',
  );
  assert.is(at(changed, failed('planning')), 'conflicted');
});

test('what comes of a commit: it is always planned again, until nothing is left to do', () => {
  const committing = [changed, planned({ changes: 1 })];
  assert.is(at(...committing, committed(0)), 'settling.coalescing');
  assert.is(at(...committing, committed(2)), 'conflicted');
  assert.is(at(...committing, failed('committing')), 'conflicted');
  assert.is(run(...committing, failed('committing')).context.failure, 'store away');
});

test('times: gathering, waking and backing off lead to a plan', () => {
  assert.is(at(...ways[3]![1], after('coalesce', 'settling.coalescing')), 'planning');
  assert.is(at(after('wake', 'settling.resting')), 'planning');
  assert.is(at(...ways[5]![1], after('wake', 'blocked')), 'planning');
  assert.is(at(...ways[4]![1], after('backOff', 'conflicted')), 'planning');
});

test('it wakes when time alone changes the plan, and looks now and then in any case', () => {
  assert.is(run(changed, planned({ tookMs: 3 })).context.coalesceMs, 6, 'changes are gathered for two plans');
  assert.is(run(changed, planned({ tookMs: 0 })).context.coalesceMs, 1);
  assert.is(run(changed, planned({ tookMs: 900 })).context.coalesceMs, 10, 'but never for long');
  assert.is(run(changed, planned({ wakeInMs: 250 })).context.wakeInMs, 250);
  assert.is(run(changed, planned({ wakeInMs: -3 })).context.wakeInMs, 1);
  assert.is(run(changed, planned({ wakeInMs: 1e12 })).context.wakeInMs, sweepMs);
  assert.is(run(changed, planned()).context.wakeInMs, sweepMs);
});

test('conflicts in a row back off further; a clean plan or commit forgets them', () => {
  const conflict = [planned({ changes: 1 }), committed(1), after('backOff', 'conflicted')];
  assert.is(run(changed, ...conflict, ...conflict, ...conflict).context.conflicts, 3);
  assert.is(run(changed, ...conflict, planned()).context.conflicts, 0);
  assert.is(run(changed, ...conflict, planned({ changes: 1 }), committed()).context.conflicts, 0);
});

test('it runs: plans until nothing is left, again after a conflict, again after a failure', async () => {
  const plans: (Planned | Error)[] = [
    { changes: 2, waiting: 0, wakeInMs: null, tookMs: 3 },
    new Error('store away'),
    { changes: 1, waiting: 0, wakeInMs: null, tookMs: 3 },
    { changes: 0, waiting: 0, wakeInMs: null, tookMs: 3 },
  ];
  const commits: Committed[] = [
    { written: 1, refused: 1 },
    { written: 1, refused: 0 },
  ];
  const actor = createActor(
    placementMachine.provide({
      actors: {
        plan: fromPromise<Planned, object>(async () => {
          const next = plans.shift()!;
          if (next instanceof Error) throw next;
          return next;
        }),
        commit: fromPromise<Committed, object>(async () => commits.shift()!),
      },
    }),
  ).start();
  actor.send(changed);
  await waitFor(actor, (snapshot) => snapshot.matches({ settling: 'resting' }) && plans.length === 0, {
    timeout: 5_000,
  });
  assert.is(commits.length, 0);
  assert.is(actor.getSnapshot().context.conflicts, 0);
  actor.stop();
});

test.run();

// The life of a master: recovering, serving, ending.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createActor,
  fromCallback,
  fromPromise,
  initialTransition,
  transition,
  waitFor,
  type EventFromLogic,
  type SnapshotFrom,
} from 'xstate';
import { masterMachine } from '../../machines/master.ts';
import type { RecoverInput } from '../../machines/master.ts';
import { statePath } from '../../src/model/instance/instance-status.ts';

type Snapshot = SnapshotFrom<typeof masterMachine>;
type Event = EventFromLogic<typeof masterMachine>;
const done = (invoke: string): Event => ({ type: `xstate.done.actor.0.master.${invoke}`, output: undefined }) as never;
const failed = (invoke: string): Event =>
  ({ type: `xstate.error.actor.0.master.${invoke}`, error: new Error('broken') }) as never;
const outranked: Event = { type: 'term.outranked', above: { term: 7, epoch: 70 } };
const stop: Event = { type: 'master.stop' };

function run(...given: Event[]): Snapshot {
  let [snapshot] = initialTransition(masterMachine, {});
  for (const event of given) [snapshot] = transition(masterMachine, snapshot, event) as [Snapshot, unknown];
  return snapshot;
}

const ways: [string, Event[]][] = [
  ['recovering', []],
  ['serving', [done('recovering')]],
  ['stopping.closing', [stop]],
  ['stopping.closed', [stop, done('stopping.closing')]],
];

test('every state is reached', () => {
  for (const [state, way] of ways) assert.is(statePath(run(...way).value), state);
});

test('every state × event leads where it should; what is not named changes nothing', () => {
  const events: Record<string, Event> = {
    outranked,
    stop,
    recovered: done('recovering'),
    notRecovered: failed('recovering'),
    notServing: failed('serving'),
    ended: done('stopping.closing'),
    notEnded: failed('stopping.closing'),
  };
  const leads: Record<string, string> = {
    'recovering stop': 'stopping.closing',
    'recovering recovered': 'serving',
    'recovering notRecovered': 'stopping.closing',
    'serving outranked': 'recovering',
    'serving stop': 'stopping.closing',
    'serving notServing': 'stopping.closing',
    'stopping.closing ended': 'stopping.closed',
    'stopping.closing notEnded': 'stopping.closed',
  };
  // What ends an effect cannot come in a state that has not got that effect; the machine would take it as a failure of its own.
  const impossible = (state: string, name: string): boolean =>
    ({ notRecovered: 'recovering', notServing: 'serving', notEnded: 'stopping.closing' })[name] !== undefined &&
    { notRecovered: 'recovering', notServing: 'serving', notEnded: 'stopping.closing' }[name] !== state;
  for (const [state, way] of ways)
    for (const [name, event] of Object.entries(events)) {
      if (impossible(state, name)) continue;
      assert.is(statePath(run(...way, event).value), leads[`${state} ${name}`] ?? state, `${state} ${name}`);
    }
});

test('why it ended by itself is kept; a stop that was asked for is no failure', () => {
  assert.is(run(failed('recovering')).context.failure, 'broken');
  assert.is(run(done('recovering'), failed('serving')).context.failure, 'broken');
  assert.is(run(done('recovering'), stop, done('stopping.closing')).context.failure, null);
});

test('outranked: it recovers above the highest that was heard of', () => {
  const snapshot = run(done('recovering'), outranked, { type: 'term.outranked', above: { term: 3, epoch: 90 } });
  assert.equal(snapshot.context.above, { term: 7, epoch: 90 });
});

test('it runs: recovers, serves, recovers again above what it heard, and ends what it serves before it closes', async () => {
  const log: string[] = [];
  const actor = createActor(
    masterMachine.provide({
      actors: {
        recover: fromPromise<void, RecoverInput>(async ({ input }) => {
          log.push(`recover ${input.above.term}`);
        }),
        serve: fromCallback(() => {
          log.push('serve');
          return () => log.push('served');
        }) as never,
        shutDown: fromPromise<void, object>(async () => {
          log.push('shut down');
        }),
      },
    }),
    { input: {} },
  ).start();
  await waitFor(actor, (snapshot) => snapshot.matches('serving'));
  actor.send({ type: 'term.outranked', above: { term: 7, epoch: 1 } });
  await waitFor(actor, (snapshot) => snapshot.matches('serving'));
  actor.send({ type: 'master.stop' });
  await waitFor(actor, (snapshot) => snapshot.matches({ stopping: 'closed' }));
  assert.equal(log, ['recover 0', 'serve', 'served', 'recover 7', 'serve', 'served', 'shut down']);
  actor.stop();
});

test.run();

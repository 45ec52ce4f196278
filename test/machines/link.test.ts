// The agent's line to its master: every state, every event, and the times between them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initialTransition, transition, type EventFromLogic, type SnapshotFrom } from 'xstate';
import { linkMachine } from '../../machines/link.ts';
import { statePath } from '../../src/model/instance/instance-status.ts';

type Snapshot = SnapshotFrom<typeof linkMachine>;
type Event = EventFromLogic<typeof linkMachine>;
const closed: Event = { type: 'line.closed', reason: 'ECONNREFUSED', chance: 0 };
const refused = (final: boolean): Event => ({
  type: 'line.refused',
  code: 'node-id-in-use',
  detail: 'in use',
  final,
  chance: 0,
});
const after = (name: string, state: string): Event => ({ type: `xstate.after.${name}.${state}` }) as never;
const tried = (passes: boolean): Event =>
  ({ type: 'xstate.done.actor.0.link.polling.tryingSocket', output: passes }) as never;

function run(...events: Event[]): Snapshot {
  let [snapshot] = initialTransition(linkMachine);
  for (const event of events) [snapshot] = transition(linkMachine, snapshot, event) as [Snapshot, unknown];
  return snapshot;
}
const at = (...events: Event[]): string => statePath(run(...events).value);

const ways: [string, Event[]][] = [
  ['wired.connecting', []],
  ['wired.open', [{ type: 'line.welcomed' }]],
  ['polling.greeting', [closed]],
  ['polling.up', [closed, { type: 'line.welcomed' }]],
  ['polling.tryingSocket', [closed, { type: 'line.welcomed' }, after('tryAgain', 'link.polling.up')]],
  ['backingOff', [closed, closed]],
  ['stopped', [{ type: 'link.stop' }]],
];

test('every state is reached', () => {
  for (const [state, events] of ways) assert.is(at(...events), state);
});

test('every state × event leads where it should; what is not named changes nothing', () => {
  const events: Record<string, Event> = {
    welcomed: { type: 'line.welcomed' },
    closed,
    refused: refused(false),
    stop: { type: 'link.stop' },
  };
  const leads: Record<string, string> = {
    'wired.connecting welcomed': 'wired.open',
    'wired.connecting closed': 'polling.greeting',
    'wired.connecting refused': 'backingOff',
    'wired.open closed': 'backingOff',
    'wired.open refused': 'backingOff',
    'polling.greeting welcomed': 'polling.up',
    'polling.greeting closed': 'backingOff',
    'polling.greeting refused': 'backingOff',
    'polling.up closed': 'backingOff',
    'polling.up refused': 'backingOff',
    'polling.tryingSocket closed': 'backingOff',
    'polling.tryingSocket refused': 'backingOff',
  };
  for (const [state, before] of ways)
    for (const [name, event] of Object.entries(events)) {
      const expected =
        state === 'stopped' ? 'stopped' : name === 'stop' ? 'stopped' : (leads[`${state} ${name}`] ?? state);
      assert.is(at(...before, event), expected, `${state} ${name}`);
    }
});

test('times: a silent WebSocket goes to polling, a silent poll backs off, backing off tries the WebSocket again', () => {
  assert.is(at(after('connect', 'link.wired.connecting')), 'polling.greeting');
  assert.is(at(closed, after('connect', 'link.polling.greeting')), 'backingOff');
  assert.is(at(closed, closed, after('backOff', 'link.backingOff')), 'wired.connecting');
});

test('from polling the WebSocket is tried while the poll goes on', () => {
  const trying: Event[] = [closed, { type: 'line.welcomed' }, after('tryAgain', 'link.polling.up')];
  assert.is(at(...trying, tried(true)), 'wired.connecting');
  assert.is(at(...trying, tried(false)), 'polling.up');
});

test('failures are counted and forgotten with a welcome; a final refusal is remembered', () => {
  assert.is(run(closed, closed).context.failures, 1);
  assert.equal(run(closed, closed, after('backOff', 'link.backingOff'), { type: 'line.welcomed' }).context.failures, 0);
  assert.equal(run(refused(true)).context, { failures: 1, chance: 0, trouble: 'in use', final: true });
});

test.run();

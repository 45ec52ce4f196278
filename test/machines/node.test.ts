// A node as its master sees it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initialTransition, transition, type EventFromLogic, type SnapshotFrom } from 'xstate';
import { nodeMachine } from '../../machines/node.ts';

type Snapshot = SnapshotFrom<typeof nodeMachine>;
type Event = EventFromLogic<typeof nodeMachine>;

const connected: Event = { type: 'node.connected', obeys: true, at: 5 };
const foreign: Event = { type: 'node.connected', obeys: false, at: 5 };
const events: Record<string, Event> = {
  connected,
  foreign,
  resumed: { type: 'node.resumed', at: 6 },
  silenced: { type: 'node.silenced', at: 7 },
  vanished: { type: 'node.vanished', at: 8 },
  cordoned: { type: 'node.cordoned', at: 9 },
  uncordoned: { type: 'node.uncordoned', at: 10 },
  drainBegan: { type: 'node.drainBegan', at: 11 },
};

function run(...given: Event[]): Snapshot {
  let [snapshot] = initialTransition(nodeMachine, { id: 'n1', cordoned: false, draining: false });
  for (const event of given) [snapshot] = transition(nodeMachine, snapshot, event) as [Snapshot, unknown];
  return snapshot;
}

const ways: [string, Event[]][] = [
  ['joining', []],
  ['ready', [connected]],
  ['cordoned', [connected, events['cordoned']!]],
  ['draining', [connected, events['drainBegan']!]],
  ['suspect', [connected, events['silenced']!]],
  ['lost', [connected, events['vanished']!]],
];

test('every state is reached', () => {
  for (const [state, way] of ways) assert.is(run(...way).value, state);
});

test('every state × event leads where it should; what is not named changes no state', () => {
  const leads: Record<string, string> = {
    'joining connected': 'ready',
    'joining silenced': 'suspect',
    'joining vanished': 'lost',
    'ready foreign': 'joining',
    'ready silenced': 'suspect',
    'ready vanished': 'lost',
    'ready cordoned': 'cordoned',
    'ready drainBegan': 'draining',
    'cordoned foreign': 'joining',
    'cordoned silenced': 'suspect',
    'cordoned vanished': 'lost',
    'cordoned uncordoned': 'ready',
    'cordoned drainBegan': 'draining',
    'draining foreign': 'joining',
    'draining silenced': 'suspect',
    'draining vanished': 'lost',
    'draining uncordoned': 'ready',
    'draining cordoned': 'cordoned',
    'suspect connected': 'ready',
    'suspect foreign': 'joining',
    'suspect resumed': 'ready',
    'suspect vanished': 'lost',
    'lost connected': 'ready',
    'lost foreign': 'joining',
    'lost resumed': 'ready',
  };
  for (const [state, way] of ways)
    for (const [name, event] of Object.entries(events)) {
      assert.is(run(...way, event).value, leads[`${state} ${name}`] ?? state, `${state} ${name}`);
    }
});

test('stored facts are kept while the link decides what is shown, and shown when it answers', () => {
  for (const [fact, shown] of [
    ['cordoned', 'cordoned'],
    ['drainBegan', 'draining'],
  ] as const) {
    for (const quiet of ['silenced', 'vanished']) {
      assert.is(run(connected, events[quiet]!, events[fact]!).value, quiet === 'silenced' ? 'suspect' : 'lost');
      assert.is(run(connected, events[quiet]!, events[fact]!, events['resumed']!).value, shown);
      assert.is(run(connected, events[fact]!, events[quiet]!, events['uncordoned']!, connected).value, 'ready');
    }
    assert.is(run(events[fact]!, connected).value, shown, 'a fact from the store, before the first hello');
  }
  const [stored] = initialTransition(nodeMachine, { id: 'n1', cordoned: true, draining: true });
  assert.is(transition(nodeMachine, stored, connected)[0].value, 'draining');
});

test('a node of another hub stays joining, also after silence, until it comes as ours', () => {
  assert.is(run(foreign).value, 'joining');
  assert.is(run(foreign, events['silenced']!, events['resumed']!).value, 'joining');
  assert.is(run(foreign, connected).value, 'ready');
});

test('it knows since when it is in its state', () => {
  assert.is(run(connected).context.since, 5);
  assert.is(run(connected, events['silenced']!).context.since, 7);
  assert.is(run(connected, events['silenced']!, events['cordoned']!).context.since, 7);
});

test.run();

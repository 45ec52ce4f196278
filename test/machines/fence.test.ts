// The fence: every deadline is told once it is reached, the earliest first, and contact begins the count anew.
import { createActor, SimulatedClock } from 'xstate';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fenceMachine } from '../../machines/fence.ts';
import { leavesOf } from './leaves.ts';

function bench() {
  const clock = new SimulatedClock();
  const reached: number[] = [];
  const actor = createActor(fenceMachine, { clock });
  actor.on('deadline.reached', ({ deadlineMs }) => reached.push(deadlineMs));
  actor.start();
  return { actor, clock, reached, state: () => actor.getSnapshot().value };
}

test('every state is reached, and no other is there', () => {
  const b = bench();
  const seen = new Set([b.state()]);
  b.actor.send({ type: 'contact.made', silentMs: 0 });
  seen.add(b.state());
  b.actor.send({ type: 'fence.adjust', deadlines: [10], silentMs: 0 });
  seen.add(b.state());
  b.clock.increment(10);
  seen.add(b.state());
  assert.equal([...seen], ['open', 'counting', 'closed']);
  assert.equal(
    leavesOf(fenceMachine).sort(),
    ['closed', 'counting', 'judging', 'open'],
    'judging is passed through at once',
  );
});

test('deadlines are told in their order, each when the silence has reached it', () => {
  const b = bench();
  b.actor.send({ type: 'fence.adjust', deadlines: [10_000, 20_000, 29_000], silentMs: 2000 });
  b.clock.increment(7999);
  assert.equal(b.reached, []);
  b.clock.increment(1);
  assert.equal(b.reached, [10_000]);
  b.clock.increment(10_000);
  assert.equal(b.reached, [10_000, 20_000]);
  b.clock.increment(9_000);
  assert.equal(b.reached, [10_000, 20_000, 29_000]);
  assert.is(b.state(), 'closed');
});

test('contact begins the count anew, from the sending of the beat', () => {
  const b = bench();
  b.actor.send({ type: 'fence.adjust', deadlines: [20_000], silentMs: 0 });
  for (let beat = 0; beat < 10; beat++) {
    b.clock.increment(5000);
    b.actor.send({ type: 'contact.made', silentMs: 40 });
  }
  assert.equal(b.reached, []);
  b.clock.increment(19_959);
  assert.equal(b.reached, []);
  b.clock.increment(1);
  assert.equal(b.reached, [20_000]);
  b.actor.send({ type: 'contact.made', silentMs: 40 });
  assert.is(b.state(), 'counting');
  b.clock.increment(19_960);
  assert.equal(b.reached, [20_000, 20_000], 'a second silence is told like the first');
});

test('a deadline that is already behind when it comes is told at once', () => {
  const b = bench();
  b.actor.send({ type: 'fence.adjust', deadlines: [10_000, 20_000], silentMs: 15_000 });
  assert.equal(b.reached, [10_000]);
  b.actor.send({ type: 'fence.adjust', deadlines: [12_000, 14_000], silentMs: 16_000 });
  assert.equal(b.reached, [10_000, 14_000], 'the highest stands for those below it');
  assert.is(b.state(), 'closed');
  b.actor.send({ type: 'fence.adjust', deadlines: [], silentMs: 17_000 });
  assert.is(b.state(), 'open');
});

test.run();

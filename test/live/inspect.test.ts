// The inspection feed: attached only while watched, steps with the edges they took, contexts of bounded size.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, createActor, enqueueActions, setup, type AnyActorRef } from 'xstate';
import { chartOf } from '../../machines/chart/chart.ts';
import { bounded, maxContext } from '../../src/live/bounded.ts';
import { Roster } from '../../src/live/roster.ts';
import { Refusal } from '../../src/model/errors.ts';
import type { InspectFrame } from '../../src/protocol/live.ts';
import { letPass, until } from '../support/until.ts';

const probe = setup({ types: {} as { events: { type: 'passed' } } }).createMachine({
  id: 'probe',
  initial: 'waiting',
  states: { waiting: { on: { passed: 'passing' } }, passing: {} },
});
const worker = setup({
  types: {} as {
    context: { count: number; envs: Record<string, string> };
    events: { type: 'go' | 'stop' | 'tick' | 'spawn' | 'crash' };
  },
  actors: { probe },
}).createMachine({
  id: 'worker',
  context: { count: 0, envs: { DB_PASSWORD: 'hunter2', MODE: 'x' } },
  initial: 'off',
  states: {
    off: { on: { go: 'on' } },
    on: {
      initial: 'fresh',
      states: { fresh: { always: { guard: ({ context }) => context.count > 0, target: 'used' } }, used: {} },
      on: {
        stop: 'off',
        tick: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        spawn: {
          actions: enqueueActions(({ enqueue }) => {
            enqueue.spawnChild('probe', { id: 'probe-0' });
          }),
        },
        crash: {
          actions: assign(() => {
            throw new Error('it broke');
          }),
        },
      },
    },
  },
});

/** How many have attached to an actor's system. */
function counting(actor: AnyActorRef): { attached: number } {
  const count = { attached: 0 };
  const { system } = actor as unknown as { system: { inspect: (observer: unknown) => { unsubscribe(): void } } };
  const inspect = system.inspect.bind(system);
  system.inspect = (observer) => {
    count.attached++;
    const subscription = inspect(observer);
    return {
      unsubscribe: () => {
        count.attached--;
        subscription.unsubscribe();
      },
    };
  };
  return count;
}

function setUp() {
  const actors = new Map<string, AnyActorRef>();
  const roster = new Roster('n1', () => 42);
  const remove = roster.add({
    *entries() {
      for (const [id, actor] of actors) yield { id, parent: null, label: id, actor };
    },
  });
  const start = (id: string) => {
    const actor = createActor(worker);
    actor.subscribe({ error: () => {} });
    actors.set(id, actor);
    return actor.start();
  };
  return { roster, actors, start, remove };
}
const watching = (roster: Roster, id: string) => {
  const frames: InspectFrame[] = [];
  const over = new AbortController();
  roster.watch(id, (frame) => frames.push(frame), over.signal);
  return { frames, leave: () => over.abort() };
};

test('the tree lists actors with their state, and machines within them', () => {
  const { roster, start, remove } = setUp();
  const actor = start('a');
  actor.send({ type: 'go' });
  actor.send({ type: 'spawn' });
  assert.equal(roster.actors(), [
    { id: 'a', parent: null, machine: 'worker', label: 'a', where: 'n1', state: 'on.fresh', status: 'active', at: 0 },
    {
      id: 'a/probe-0',
      parent: 'a',
      machine: 'probe',
      label: 'probe-0',
      where: 'n1',
      state: 'waiting',
      status: 'active',
      at: 0,
    },
  ]);
  remove();
  assert.equal(roster.actors(), []);
  actor.stop();
});

test('nothing is attached until somebody watches, and nothing stays after the last', async () => {
  const { roster, start } = setUp();
  const actor = start('a');
  const count = counting(actor);
  actor.send({ type: 'go' });
  assert.is(count.attached, 0);
  const first = watching(roster, 'a');
  const second = watching(roster, 'a');
  assert.equal([count.attached, roster.watched], [1, 1], 'one for both');
  first.leave();
  assert.is(count.attached, 1);
  second.leave();
  assert.equal([count.attached, roster.watched], [0, 0]);
  actor.send({ type: 'tick' });
  await letPass(150);
  assert.equal([first.frames.length, second.frames.length], [1, 1], 'what they were given at first');
  actor.stop();
});

test('each step has its event, its edges, the active states and the context', async () => {
  const { roster, start } = setUp();
  const actor = start('a');
  const { frames, leave } = watching(roster, 'a');
  const [first] = frames;
  assert.equal(
    [first!.seq, first!.event, first!.edges, first!.state, first!.machine, first!.actor, first!.at],
    [0, '', [], ['off'], 'worker', 'a', 42],
  );
  assert.equal(first!.chart, chartOf(worker));
  assert.equal(first!.context, { count: 0, envs: { DB_PASSWORD: '***', MODE: 'x' } });
  actor.send({ type: 'go' });
  actor.send({ type: 'tick' });
  actor.send({ type: 'go' });
  actor.send({ type: 'stop' });
  await until('all steps', () => frames.length === 5);
  const edge = (id: string) => {
    const found = first!.chart!.edges.find((e) => e.id === id);
    return found && `${found.from} -> ${found.to}`;
  };
  assert.equal(
    frames
      .slice(1)
      .map(({ seq, event, state, edges, chart }) => ({ seq, event, state, edges: edges.map(edge), chart })),
    [
      { seq: 1, event: 'go', state: ['on', 'on.fresh'], edges: ['off -> on'], chart: undefined },
      {
        seq: 2,
        event: 'tick',
        state: ['on', 'on.used'],
        edges: ['on -> null', 'on.fresh -> on.used'],
        chart: undefined,
      },
      { seq: 3, event: 'go', state: ['on', 'on.used'], edges: [], chart: undefined },
      { seq: 4, event: 'stop', state: ['off'], edges: ['on -> off'], chart: undefined },
    ],
  );
  assert.equal((frames[2]!.context as { count: number }).count, 1);
  leave();
  actor.stop();
});

test('a busy actor is ten batches a second of at most fifty steps; numbers tell what was left out', async () => {
  const { roster, start } = setUp();
  const actor = start('a');
  actor.send({ type: 'go' });
  const { frames, leave } = watching(roster, 'a');
  for (let i = 0; i < 2000; i++) actor.send({ type: 'tick' });
  await until('the last step', () => frames.at(-1)?.seq === 2000);
  assert.is(frames.length, 51);
  assert.equal((frames.at(-1)!.context as { count: number }).count, 2000);
  leave();
  actor.stop();
});

test('who comes later gets the chart and the present state', async () => {
  const { roster, start } = setUp();
  const actor = start('a');
  const first = watching(roster, 'a');
  actor.send({ type: 'go' });
  await until('the step', () => first.frames.length === 2);
  const second = watching(roster, 'a');
  assert.equal(
    [second.frames[0]!.seq, second.frames[0]!.state, second.frames[0]!.chart?.id],
    [1, ['on', 'on.fresh'], 'worker'],
  );
  first.leave();
  second.leave();
  actor.stop();
});

test('a crash is told, and the actor that takes its place is watched on', async () => {
  const { roster, start } = setUp();
  const actor = start('a');
  actor.send({ type: 'go' });
  const { frames, leave } = watching(roster, 'a');
  actor.send({ type: 'crash' });
  const crash = await until('the crash', () => frames.find((f) => f.status === 'error'));
  assert.match(JSON.stringify(crash.context), /it broke/);
  const next = start('a');
  const fresh = await until('the new actor', () => frames.find((f) => f.status === 'active' && f.seq > crash.seq));
  assert.equal([fresh.state, fresh.chart?.id], [['off'], 'worker']);
  next.send({ type: 'go' });
  await until('its steps', () => frames.at(-1)!.event === 'go' && frames.at(-1)!.state.includes('on'));
  leave();
  next.stop();
});

test('a child machine is watched by its path, and what is not there is refused', () => {
  const { roster, start } = setUp();
  const actor = start('a');
  actor.send({ type: 'go' });
  actor.send({ type: 'spawn' });
  const { frames, leave } = watching(roster, 'a/probe-0');
  assert.equal([frames[0]!.machine, frames[0]!.state], ['probe', ['waiting']]);
  roster.send('a/probe-0', { type: 'passed' });
  assert.is(roster.actors()[1]!.state, 'passing');
  leave();
  for (const id of ['b', 'a/none', '']) {
    assert.throws(
      () => watching(roster, id),
      (error: Error) => error instanceof Refusal && error.code === 'not-found',
    );
    assert.throws(
      () => roster.send(id, { type: 'x' }),
      (error: Error) => error instanceof Refusal && error.code === 'not-found',
    );
  }
  assert.is(roster.watched, 0);
  actor.stop();
});

test('any context becomes bounded JSON without secrets', () => {
  const cyclic: Record<string, unknown> = { name: 'x' };
  cyclic.self = cyclic;
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, 'v'.repeat(1000)]));
  for (const value of [
    cyclic,
    wide,
    Array(100_000).fill('x'.repeat(100)),
    { deep: JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`) },
  ]) {
    assert.ok(JSON.stringify(bounded(value)).length < maxContext * 1.5, `${JSON.stringify(bounded(value)).length}`);
  }
  const actor = createActor(worker);
  assert.equal(
    bounded({
      a: 1n,
      f: () => 1,
      e: new Error('no'),
      d: new Date(0),
      m: new Map([['k', 1]]),
      s: new Set([1]),
      b: Buffer.alloc(9),
      r: actor,
      u: undefined,
      apiKey: 'hunter2',
      url: 'https://u:hunter2@h',
    }),
    {
      a: '1',
      f: '(function)',
      e: 'Error: no',
      d: '1970-01-01T00:00:00.000Z',
      m: { k: 1 },
      s: [1],
      b: '(9 bytes)',
      r: `(actor ${actor.id})`,
      u: undefined,
      apiKey: '***',
      url: 'https://u:***@h',
    },
  );
});

test.run();

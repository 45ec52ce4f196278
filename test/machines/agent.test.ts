// The agent's head: recovery before anything else, supervisors started again with growing delays, the end.
import { createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { agentMachine, type AgentEmitted, type AgentEvent } from '../../machines/agent.ts';
import { leavesOf } from './leaves.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function bench() {
  const clock = new SimulatedClock();
  const wanted: string[] = [];
  const link = { starts: 0, stops: 0, crash: () => {} };
  let done: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const actor = createActor(
    agentMachine.provide({
      actors: {
        recover: fromPromise<void, object>(
          () =>
            new Promise<void>((resolve, reject) => {
              done = resolve;
              fail = reject;
            }),
        ),
        link: fromCallback<AgentEvent, object>(({ receive }) => {
          link.starts++;
          receive(() => {
            throw new Error('bug');
          });
          return () => {
            link.stops++;
          };
        }),
      },
    }),
    { clock, input: {} },
  );
  actor.on('supervisor.wanted', ({ key }: AgentEmitted) => wanted.push(key));
  actor.subscribe({ error: () => undefined });
  actor.start();
  return {
    actor,
    clock,
    wanted,
    link,
    state: () => String(actor.getSnapshot().value),
    recovered: async () => {
      done();
      await turn();
    },
    failed: async () => {
      fail(new Error('the disk is gone'));
      await turn();
    },
  };
}
const samples: Record<string, AgentEvent> = {
  'app.start': { type: 'app.start', key: 'web#0' },
  'app.crashed': { type: 'app.crashed', key: 'web#0', mono: 0 },
  'agent.drain': { type: 'agent.drain', deadlineMs: 60_000 },
  'agent.emptied': { type: 'agent.emptied' },
  'agent.drainEnded': { type: 'agent.drainEnded' },
  'agent.stop': { type: 'agent.stop' },
  'link.start': { type: 'link.start' },
};
/** State -> event -> where it leads; what is not here leaves the state as it is. */
const table: Record<string, Record<string, string>> = {
  recovering: { 'agent.stop': 'stopped' },
  serving: { 'agent.drain': 'draining', 'agent.stop': 'stopped' },
  draining: { 'agent.emptied': 'stopped', 'agent.drainEnded': 'serving', 'agent.stop': 'stopped' },
  stopped: {},
};
async function at(state: string) {
  const b = bench();
  if (state !== 'recovering') await b.recovered();
  if (state === 'draining') b.actor.send(samples['agent.drain']!);
  if (state === 'stopped') b.actor.send(samples['agent.stop']!);
  return b;
}

const agent = suite('agent');
for (const state of Object.keys(table)) {
  agent(`${state}: every event`, async () => {
    for (const [name, event] of Object.entries(samples)) {
      const b = await at(state);
      assert.is(b.state(), state);
      b.actor.send(event);
      assert.is(b.state(), table[state]![name] ?? state, `${state} on ${name}`);
    }
  });
}
agent('the table names every state', () => assert.equal(Object.keys(table), leavesOf(agentMachine)));
agent('nothing is linked or wanted before all is recovered', async () => {
  const b = bench();
  b.actor.send(samples['app.start']!);
  assert.equal([b.link.starts, b.wanted.length], [0, 0]);
  await b.recovered();
  assert.is(b.link.starts, 1);
});
agent('a recovery that fails ends it, and says why', async () => {
  const b = bench();
  await b.failed();
  assert.is(b.state(), 'stopped');
  assert.is(b.actor.getSnapshot().context.failure, 'the disk is gone');
});
agent('a supervisor that fails is started again, later each time, and others are not held up', async () => {
  const b = await at('serving');
  for (const [n, delay] of [
    [1, 100],
    [2, 200],
    [3, 400],
  ] as const) {
    b.actor.send({ type: 'app.crashed', key: 'web#0', mono: n });
    b.clock.increment(delay - 1);
    assert.is(b.wanted.length, n - 1);
    b.clock.increment(1);
    assert.is(b.wanted.length, n);
  }
  b.actor.send({ type: 'app.crashed', key: 'db#0', mono: 4 });
  b.clock.increment(100);
  assert.is(b.wanted.at(-1), 'db#0');
  b.actor.send({ type: 'app.crashed', key: 'web#0', mono: 700_000 });
  b.clock.increment(100);
  assert.is(b.wanted.at(-1), 'web#0', 'old failures are forgotten');
});
agent('a link that crashes is started again', async () => {
  const b = await at('serving');
  b.actor.getSnapshot().children['link']!.send({ type: 'anything' });
  assert.is(b.state(), 'serving');
  b.clock.increment(1000);
  assert.is(b.link.starts, 2);
});
agent('draining ends at its deadline; the link is let go at the end', async () => {
  const b = await at('draining');
  b.clock.increment(59_999);
  assert.is(b.state(), 'draining');
  b.clock.increment(1);
  assert.is(b.state(), 'stopped');
  assert.is(b.link.stops, 1);
});
agent('a drain that is called off leaves the link as it was', async () => {
  const b = await at('draining');
  b.actor.send({ type: 'agent.drainEnded' });
  b.clock.increment(100_000);
  assert.equal([b.state(), b.link.starts, b.link.stops], ['serving', 1, 0]);
});
agent.run();

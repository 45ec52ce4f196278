// One health check: when it looks, what it tells, and every state x event.
import { createActor, fromPromise, setup, SimulatedClock, type ActorRefFrom, type AnyActorRef } from 'xstate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { probeMachine, type ProbeInput, type ProbeLook, type ProbeReport } from '../../machines/probe.ts';
import type { HealthCheckSpec } from '../../src/model/app/app.ts';
import { leavesOf } from './leaves.ts';
import { healthCheck } from '../support/specs.ts';

const check = healthCheck({ initialDelaySeconds: 10 });
const input: ProbeInput = { instance: 'web.0.abcdefgh', index: 0, check, launchedMono: 0, passed: false, chance: 0.5 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function bench(given: Partial<ProbeInput> = {}) {
  const reports: ProbeReport[] = [];
  const clock = new SimulatedClock();
  let answer: (look: ProbeLook) => void = () => {};
  let fail: (error: Error) => void = () => {};
  let looks = 0;
  const machine = probeMachine.provide({
    actors: {
      look: fromPromise<ProbeLook, { instance: string; check: HealthCheckSpec }>(
        () =>
          new Promise((done, broken) => {
            looks++;
            answer = done;
            fail = broken;
          }),
      ),
    },
  });
  const parent = createActor(
    setup({ types: {} as { events: ProbeReport }, actors: { machine } }).createMachine({
      invoke: { src: 'machine', id: 'child', input: { ...input, ...given } },
      on: {
        'probe.reported': {
          actions: ({ event }) => {
            reports.push(event);
          },
        },
      },
    }),
    { clock },
  );
  parent.start();
  const child = (parent.getSnapshot().children as Record<string, AnyActorRef>)['child'] as ActorRefFrom<
    typeof probeMachine
  >;
  return {
    reports,
    clock,
    state: () => String(child.getSnapshot().value),
    looks: () => looks,
    child,
    answer: async (ok: boolean, mono: number, detail = ok ? 'ok' : 'refused') => {
      answer({ ok, detail, at: mono, mono, beganMono: mono - 10 });
      await turn();
    },
    fail: async () => {
      fail(new Error('bug'));
      await turn();
    },
  };
}

const probing = suite('probe');
probing('looks at once, then every second until it has passed, then by its interval', async () => {
  const b = bench();
  b.clock.increment(0);
  assert.is(b.looks(), 1);
  await b.answer(false, 100);
  assert.is(b.state(), 'waiting', 'forgiven within initialDelaySeconds');
  b.clock.increment(990);
  assert.is(b.looks(), 2);
  await b.answer(true, 1100);
  assert.is(b.state(), 'passing');
  b.clock.increment(9_994);
  assert.is(b.looks(), 2);
  b.clock.increment(2);
  assert.is(b.looks(), 3, 'the first interval is drawn: half of it at chance 0.5');
  await b.answer(true, 12_000);
  b.clock.increment(19_989);
  assert.is(b.looks(), 3);
  b.clock.increment(2);
  assert.is(b.looks(), 4);
});
probing('a check that goes on passing tells its instance nothing', async () => {
  const b = bench();
  b.clock.increment(0);
  for (let i = 0; i < 5; i++) {
    await b.answer(true, 1000 + i);
    b.clock.increment(20_000);
  }
  assert.is(b.reports.length, 1);
});
probing('tells each failure, and when it is beyond its limit', async () => {
  const b = bench();
  b.clock.increment(0);
  await b.answer(true, 11_000);
  for (let i = 1; i <= 3; i++) {
    b.clock.increment(20_000);
    await b.answer(false, 11_000 + i * 20_000);
  }
  assert.equal(
    b.reports.slice(1).map(({ check: { status, failures }, exceeded }) => [status, failures, exceeded]),
    [
      ['failing', 1, false],
      ['failing', 2, true],
      ['failing', 3, true],
    ],
  );
  b.clock.increment(20_000);
  await b.answer(true, 100_000);
  assert.equal(b.reports.at(-1)!.check.status, 'passing');
});
probing('a ready check that fails is told, but never beyond the limit of a live one', async () => {
  const b = bench({ check: { ...check, role: 'ready', initialDelaySeconds: 0 } });
  b.clock.increment(0);
  await b.answer(true, 1000);
  for (let i = 1; i <= 3; i++) {
    b.clock.increment(20_000);
    await b.answer(false, i * 20_000);
  }
  assert.not.ok(b.reports.some(({ exceeded }) => exceeded));
});
probing('a startup check is over once it has passed', async () => {
  const b = bench({ check: { ...check, role: 'startup' } });
  b.clock.increment(0);
  await b.answer(true, 1000);
  assert.is(b.child.getSnapshot().status, 'done');
});
probing('what had passed before an agent restart is not looked at by all at once', () => {
  const b = bench({ passed: true, chance: 0.25 });
  b.clock.increment(4_999);
  assert.is(b.looks(), 0);
  b.clock.increment(1);
  assert.is(b.looks(), 1);
});
probing('an effect that breaks is said and tried again', async () => {
  const b = bench();
  b.clock.increment(0);
  await b.fail();
  assert.is(b.state(), 'waiting');
  assert.match(b.child.getSnapshot().context.state.detail, 'bug');
  b.clock.increment(20_000);
  assert.is(b.looks(), 2);
});
probing('every state is reached, and none of them hears events from outside', async () => {
  const reached = new Set<string>();
  const b = bench();
  const see = (): void => {
    reached.add(b.state());
    const before = b.child.getSnapshot();
    b.child.send({ type: 'probe.look' });
    assert.is(b.child.getSnapshot(), before);
  };
  see();
  b.clock.increment(0);
  see();
  await b.answer(true, 11_000);
  see();
  b.clock.increment(20_000);
  await b.answer(false, 31_000);
  see();
  // judging is left in the step that enters it; over is the startup check's, above
  assert.equal([...reached, 'judging', 'over'].sort(), leavesOf(probeMachine).sort());
});
probing.run();

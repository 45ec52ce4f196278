// The app-supervisor: who is granted a restart, whose turn it is, and what becomes of an actor that crashes.
import { createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { appSupervisorMachine } from '../../machines/app-supervisor.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { InstanceEvent, ProgramCommand } from '../../machines/instance/events.ts';
import type { InstanceInput } from '../../machines/instance/facts.ts';
import { judge } from '../../machines/supervisor/supervision.ts';
import type { SupervisorEmitted, SupervisorEvent } from '../../machines/supervisor/facts.ts';
import type { RestartSpec } from '../../src/model/app/app.ts';
import type { Exit } from '../../src/model/instance/instance.ts';
import { statePath } from '../../src/model/instance/instance-status.ts';
import { clearedHistory } from '../../src/model/instance/restart.ts';
import { leavesOf } from './leaves.ts';
import { healthCheck, restartSpec } from '../support/specs.ts';

const restart = restartSpec();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const idOf = (slot: number): string => `web.${slot}.abcdefgh`;

function bench(slots: number, options: { answerMs?: number; restart?: Partial<RestartSpec>; checks?: boolean } = {}) {
  const clock = new SimulatedClock();
  const told: SupervisorEmitted[] = [];
  const programs = new Map<string, (event: InstanceEvent) => void>();
  const check = healthCheck();
  const machine = appSupervisorMachine.provide({
    actors: {
      instance: instanceMachine.provide({
        actors: {
          fetch: fromPromise<void, { id: string }>(async () => undefined),
          program: fromCallback<ProgramCommand, { id: string }>(({ input, sendBack, receive }) => {
            programs.set(input.id, sendBack);
            receive((command) => {
              if (command.type === 'program.signal')
                sendBack({
                  type: 'program.exited',
                  exit: exitAt(clock.now(), 0),
                  when: when(clock.now()),
                  empty: true,
                });
            });
          }),
        },
      }),
    },
  });
  const actor = createActor(machine, {
    clock,
    input: { key: 'web#0', app: 'web', answerMs: options.answerMs ?? 10_000 },
  });
  const failures: unknown[] = [];
  actor.subscribe({ error: (error) => failures.push(error) });
  actor.on('*', (event) => told.push(event));
  actor.start();
  const input = (slot: number): InstanceInput => ({
    id: idOf(slot),
    policy: {
      checks: options.checks ? [check] : [],
      startTimeoutMs: 60_000,
      killTimeoutMs: 10_000,
      aliveMs: 1000,
      fetches: true,
    },
    adopt: null,
    chance: 0.5,
    exit: null,
  });
  const policy = { restart: { ...restart, ...options.restart }, type: 'service' as const, fixedPort: false };
  for (let slot = 0; slot < slots; slot++)
    actor.send({
      type: 'instance.add',
      child: `slot-${slot}.a`,
      input: input(slot),
      policy,
      history: clearedHistory(),
    });
  let launches = 0;
  const child = (slot: number) =>
    actor.getSnapshot().children[`slot-${slot}.a`] as unknown as
      | {
          getSnapshot(): {
            value: never;
            context: { plan: { delayMs: number; crashLoop: boolean; held: boolean } | null };
          };
          send(event: InstanceEvent): void;
        }
      | undefined;
  return {
    actor,
    clock,
    told,
    failures,
    input,
    policy,
    send: (event: SupervisorEvent) => actor.send(event),
    state: (slot: number) => {
      const found = child(slot);
      return found ? statePath(found.getSnapshot().value) : 'gone';
    },
    plan: (slot: number) => child(slot)!.getSnapshot().context.plan,
    child,
    facts: (slot: number) => actor.getSnapshot().context.children[idOf(slot)],
    started: (slot: number) =>
      programs.get(idOf(slot))!({
        type: 'program.started',
        launch: {
          launch: ++launches,
          pid: 1000 + launches,
          at: clock.now(),
          mono: clock.now(),
          ports: [],
          debugPort: null,
          consolePort: null,
          restarts: 0,
        },
      }),
    dies: (slot: number, code = 1) =>
      programs.get(idOf(slot))!({
        type: 'program.exited',
        exit: exitAt(clock.now(), code, launches),
        when: when(clock.now()),
        empty: true,
      }),
    report: (slot: number, failures: number, index = 0) =>
      child(slot)!.send({
        type: 'probe.reported',
        check: {
          index,
          role: 'live',
          status: failures > 0 ? 'failing' : 'passing',
          failures,
          at: clock.now(),
          detail: '',
          passedOnce: true,
        },
        exceeded: failures >= 2,
        mono: clock.now(),
      }),
  };
}
const when = (mono: number) => ({ at: mono, mono, chance: 0.5 });
const exitAt = (at: number, code: number, launch = 1): Exit => ({
  code,
  signal: null,
  reason: 'exited',
  at,
  durationMs: 0,
  launch,
  core: false,
  peakMem: null,
  by: null,
  text: null,
  quota: null,
  tail: [],
});

async function running(slots: number, options: Parameters<typeof bench>[1] = {}) {
  const b = bench(slots, options);
  await turn();
  for (let slot = 0; slot < slots; slot++) {
    b.started(slot);
    if (options.checks) b.report(slot, 0);
  }
  b.clock.increment(1000);
  return b;
}

const restarts = suite('app-supervisor: restarts');
restarts('the first restart after a second of ready uptime is immediate, the next ones back off', async () => {
  const b = await running(1, { restart: { attempts: 10 } });
  b.clock.increment(1000);
  b.dies(0);
  assert.is(b.state(0), 'starting', 'no timer in between');
  for (const delay of [1000, 2000, 4000]) {
    b.started(0);
    b.dies(0);
    assert.is(b.state(0), 'restarting.waiting');
    assert.is(b.plan(0)!.delayMs, delay);
    b.clock.increment(delay);
    assert.is(b.state(0), 'starting');
  }
});
restarts('a full window escalates, and no answer is "stay": a crash loop with growing delays', async () => {
  const b = await running(1);
  for (let death = 0; death < 3; death++) {
    b.dies(0);
    b.clock.increment(60_000);
    b.started(0);
  }
  b.dies(0);
  assert.is(b.state(0), 'restarting.asking');
  b.clock.increment(9_999);
  assert.is(b.state(0), 'restarting.asking');
  b.clock.increment(1);
  assert.is(b.state(0), 'restarting.waiting');
  assert.is(b.plan(0)!.crashLoop, true);
  const delays = [b.plan(0)!.delayMs];
  for (let death = 0; death < 3; death++) {
    b.clock.increment(300_000);
    b.started(0);
    b.dies(0);
    delays.push(b.plan(0)!.delayMs);
  }
  assert.equal(
    delays,
    [...delays].sort((x, y) => x - y),
  );
  assert.ok(delays.at(-1)! > delays[0]!);
});
restarts('the answer "stay" is taken at once, also when it comes late', async () => {
  const b = await running(1);
  for (let death = 0; death < 3; death++) {
    b.dies(0);
    b.clock.increment(60_000);
    b.started(0);
  }
  b.dies(0);
  const { launch } = b.facts(0)!.history.full!;
  b.send({ type: 'escalation.answered', id: idOf(0), launch: launch - 1 });
  assert.is(b.state(0), 'restarting.asking', 'an answer to another launch is none');
  b.send({ type: 'escalation.answered', id: idOf(0), launch });
  assert.is(b.state(0), 'restarting.waiting');
  assert.is(b.facts(0)!.answered, true);
});
restarts('with nobody above there is nobody to ask', async () => {
  const b = await running(1, { answerMs: 0 });
  for (let death = 0; death < 4; death++) {
    b.dies(0);
    if (death < 3) {
      b.clock.increment(60_000);
      b.started(0);
    }
  }
  assert.is(b.state(0), 'restarting.waiting');
  assert.is(b.plan(0)!.crashLoop, true);
});
restarts("an operator's restart clears window and back-off and starts at once", async () => {
  const b = await running(1);
  for (let death = 0; death < 3; death++) {
    b.dies(0);
    b.clock.increment(60_000);
    b.started(0);
  }
  b.dies(0);
  b.send({ type: 'instance.tell', id: idOf(0), event: { type: 'instance.restart', by: 'ann', text: null, at: 1 } });
  assert.is(b.state(0), 'starting');
  assert.equal(b.facts(0)!.history, clearedHistory());
});
restarts('policies: never fails, on-failure is done after 0 and restarts after 1', async () => {
  const never = await running(1, { restart: { policy: 'never' } });
  never.dies(0);
  assert.is(never.state(0), 'failed');
  const onFailure = await running(1, { restart: { policy: 'on-failure' } });
  onFailure.dies(0, 1);
  assert.is.not(onFailure.state(0), 'gone');
  onFailure.clock.increment(60_000);
  onFailure.started(0);
  onFailure.dies(0, 0);
  assert.is(onFailure.state(0), 'gone');
  assert.equal(onFailure.told.filter(({ type }) => type === 'instance.ended').length, 1);
  assert.is(onFailure.actor.getSnapshot().value, 'idle');
});
restarts('one for one: a sibling is not touched', async () => {
  const b = await running(3);
  b.dies(1);
  assert.equal([b.state(0), b.state(2)], ['running', 'running']);
});
restarts('a policy can be changed while it runs', async () => {
  const b = await running(1);
  b.send({
    type: 'policy.adjust',
    id: idOf(0),
    policy: { ...b.policy, restart: { ...b.policy.restart, policy: 'never' } },
  });
  b.dies(0);
  assert.is(b.state(0), 'failed');
});
restarts('a node that is back starts what was ended for being cut off, not what had ended for good before', () => {
  const partition = 'over' as const;
  const judged = (policy: RestartSpec['policy'], reason: Exit['reason'], code: number | null) =>
    judge(
      {
        child: 'slot-0.a',
        policy: { restart: { ...restart, policy }, type: 'batch', fixedPort: false },
        history: clearedHistory(),
        phase: 'down',
        crashes: [],
        answered: true,
        asked: false,
        chance: 0.5,
        endedAt: 0,
      },
      {
        type: 'restart.asked',
        id: idOf(0),
        exit: { ...exitAt(1, 0, 1), reason, code },
        ended: when(1),
        launch: 1,
        readyMs: null,
        byOperator: false,
        partition,
      },
      0,
    ).answer?.type;
  assert.is(judged('always', 'exited', 1), 'restart.granted');
  assert.is(judged('never', 'partition', null), 'restart.granted');
  assert.is(judged('never', 'exited', 0), 'restart.refused');
  assert.is(judged('never', 'exited', 1), 'restart.refused');
  assert.is(judged('on-failure', 'exited', 0), 'restart.refused');
});

restarts.run();

const turns = suite('app-supervisor: turns of unhealthy ones');
turns('when all fail at once the first half is ended, the others wait until half run', async () => {
  const b = await running(4, { checks: true });
  for (let slot = 0; slot < 4; slot++) {
    b.report(slot, 1);
    b.report(slot, 2);
  }
  const states = () => [0, 1, 2, 3].map((slot) => b.state(slot));
  assert.equal(
    states().map((state) => state === 'unhealthy'),
    [false, false, true, true],
    'also one that failed while another was still healthy',
  );
  assert.is(b.plan(3)!.held, true);
  b.started(0);
  b.report(0, 0);
  assert.is(b.state(0), 'running');
  assert.equal([b.state(2), b.state(3)], ['unhealthy', 'unhealthy'], 'the second has its turn yet');
  b.started(1);
  b.report(1, 0);
  assert.is.not(b.state(2), 'unhealthy', 'half are healthy again');
});
turns('two of two: the second waits until the first runs or ends', async () => {
  const b = await running(2, { checks: true });
  b.report(0, 2);
  b.report(1, 2);
  assert.equal([b.state(0), b.state(1)], ['starting', 'unhealthy']);
  b.started(0);
  b.dies(0);
  assert.is(b.state(0), 'restarting.waiting', 'back-off: nobody waits for it');
  assert.is(b.state(1), 'starting');
});
turns('one that recovers leaves the queue', async () => {
  const b = await running(2, { checks: true });
  b.report(0, 2);
  b.report(1, 2);
  b.report(1, 0);
  assert.is(b.state(1), 'running');
  assert.equal(b.actor.getSnapshot().context.queue, []);
});
turns.run();

const crashes = suite('app-supervisor: crashes of actors');
crashes('a crashed actor is told and started again from facts, its siblings run on', async () => {
  const b = await running(2);
  b.child(0)!.send({ type: 'restart.granted' } as never); // ignored: running
  b.child(0)!.send({ type: 'instance.adjust' } as never); // an event without its parts: the actor throws
  assert.equal(
    b.told.filter(({ type }) => type === 'instance.crashed').map(({ id }) => id),
    [idOf(0)],
  );
  assert.is(b.state(0), 'gone');
  assert.is(b.state(1), 'running');
  b.send({
    type: 'instance.revive',
    id: idOf(0),
    mono: 1,
    input: {
      ...b.input(0),
      adopt: {
        launch: { launch: 1, pid: 5, at: 0, mono: 0, ports: [], debugPort: null, consolePort: null, restarts: 0 },
        exit: null,
        ended: null,
        stopping: null,
        ready: { at: 1, mono: 1 },
        startLeftMs: 0,
      },
    },
  });
  assert.is(b.state(0), 'running');
  assert.is(b.failures.length, 0);
});
crashes("more than five crashes within a minute are the supervisor's own failure", async () => {
  const b = await running(2);
  for (let i = 0; i <= 5; i++) {
    assert.is(b.actor.getSnapshot().value, 'guarding');
    b.child(0)!.send({ type: 'instance.adjust' } as never);
    b.send({ type: 'instance.revive', id: idOf(0), mono: i * 1000, input: b.input(0) });
    await turn();
  }
  assert.is(b.actor.getSnapshot().value, 'overwhelmed');
  assert.is(b.actor.getSnapshot().status, 'done');
});
crashes('crashes far apart are never too many', async () => {
  const b = await running(1);
  for (let i = 0; i < 20; i++) {
    b.child(0)!.send({ type: 'instance.adjust' } as never);
    b.send({ type: 'instance.revive', id: idOf(0), mono: i * 60_001, input: b.input(0) });
    await turn();
  }
  assert.is(b.actor.getSnapshot().value, 'guarding');
});
crashes('a child id in use is never given away', async () => {
  const b = await running(1);
  const before = b.child(0);
  b.send({
    type: 'instance.add',
    child: 'slot-0.a',
    input: { ...b.input(0), id: 'web.0.zzzzzzzz' },
    policy: b.policy,
    history: clearedHistory(),
  });
  assert.is(b.child(0), before);
  assert.equal(Object.keys(b.actor.getSnapshot().context.children), [idOf(0)]);
});
crashes.run();

const table = suite('app-supervisor: state x event');
const samples: Record<string, SupervisorEvent> = {
  'instance.tell': { type: 'instance.tell', id: 'x', event: { type: 'fetch.retry' } },
  'policy.adjust': { type: 'policy.adjust', id: 'x', policy: { restart, type: 'service', fixedPort: false } },
  'restart.asked': {
    type: 'restart.asked',
    id: 'x',
    exit: null,
    ended: when(1),
    launch: 1,
    readyMs: null,
    byOperator: false,
    partition: null,
  },
  'turn.asked': { type: 'turn.asked', id: 'x' },
  'instance.becameReady': { type: 'instance.becameReady', id: 'x' },
  'turn.withdrawn': { type: 'turn.withdrawn', id: 'x' },
  'escalation.answered': { type: 'escalation.answered', id: 'x', launch: 1 },
  'escalation.expired': { type: 'escalation.expired', id: 'x', launch: 1 },
  'instance.revive': { type: 'instance.revive', id: 'x', input: bench(0).input(0), mono: 1 },
};
table('nothing about a child that is not there moves any state', async () => {
  for (const b of [bench(0), await running(1)]) {
    const before = b.actor.getSnapshot().value;
    const children = b.actor.getSnapshot().context.children;
    for (const [name, event] of Object.entries(samples)) {
      b.send(event);
      assert.is(b.actor.getSnapshot().value, before, name);
      assert.equal(b.actor.getSnapshot().context.children, children, name);
    }
  }
});
table('the tests above reach every state', () =>
  assert.equal(leavesOf(appSupervisorMachine), ['idle', 'guarding', 'overwhelmed']),
);
table.run();

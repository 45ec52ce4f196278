// The instance's chart: every state reached, and for every state what each event does. What is not in a state's row is ignored
// there on purpose; the test holds the machine to it.
import {
  createActor,
  fromCallback,
  fromPromise,
  setup,
  SimulatedClock,
  type ActorRefFrom,
  type AnyActorRef,
} from 'xstate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instanceMachine } from '../../machines/instance.ts';
import type { InstanceEvent, ProgramCommand, SupervisorReport } from '../../machines/instance/events.ts';
import type { Adoption, InstanceInput, LaunchFacts, RestartPlan } from '../../machines/instance/facts.ts';
import { probeMachine, type ProbeLook } from '../../machines/probe.ts';
import type { HealthCheckSpec } from '../../src/model/app/app.ts';
import type { CheckState } from '../../src/model/instance/health.ts';
import type { Exit } from '../../src/model/instance/instance.ts';
import { leavesOf } from './leaves.ts';
import { healthCheck } from '../support/specs.ts';
import { statePath } from '../../src/model/instance/instance-status.ts';

const check = healthCheck();
const launch: LaunchFacts = {
  launch: 1,
  pid: 4711,
  at: 1000,
  mono: 1000,
  ports: [20001],
  debugPort: null,
  consolePort: null,
  restarts: 0,
};
const exit: Exit = {
  code: 1,
  signal: null,
  reason: 'exited',
  at: 5000,
  durationMs: 4000,
  launch: 1,
  core: false,
  peakMem: null,
  by: null,
  text: null,
  quota: null,
  tail: ['bad'],
};
const when = { at: 5000, mono: 5000, chance: 0.5 };
const plan: RestartPlan = {
  at: 6000,
  delayMs: 1000,
  crashLoop: false,
  deaths: 1,
  held: false,
  periodSeconds: 600,
  closed: true,
};
const passing: CheckState = {
  index: 0,
  role: 'live',
  status: 'passing',
  failures: 0,
  at: 2000,
  detail: 'ok',
  passedOnce: true,
};
const failing: CheckState = { ...passing, status: 'failing', failures: 2, detail: 'refused', passedOnce: false };

const events = {
  stop: { type: 'instance.stop', reason: 'stop', by: 'ann', text: null, at: 4000 },
  restart: { type: 'instance.restart', by: 'ann', text: null, at: 4000 },
  kill: { type: 'instance.kill', by: 'ann', at: 4000 },
  adjust: {
    type: 'instance.adjust',
    policy: { checks: [check], startTimeoutMs: 1, killTimeoutMs: 1, aliveMs: 1, fetches: true },
  },
  'over the limit': { type: 'limit.exceeded', what: 'disk', text: 'disk', at: 4000 },
  sever: { type: 'instance.sever', graceMs: 3000, at: 4000 },
  rejoin: { type: 'instance.rejoin' },
  'fetch.retry': { type: 'fetch.retry' },
  started: { type: 'program.started', launch },
  'exited, empty': { type: 'program.exited', exit, when, empty: true },
  'exited, others left': { type: 'program.exited', exit, when, empty: false },
  emptied: { type: 'program.emptied', when },
  unprepared: { type: 'program.unprepared' },
  survived: { type: 'program.survived' },
  'probe passed': { type: 'probe.reported', check: passing, exceeded: false, mono: 2000 },
  'probe failed': {
    type: 'probe.reported',
    check: { ...failing, failures: 1, passedOnce: false },
    exceeded: false,
    mono: 2000,
  },
  'probe failed too often': { type: 'probe.reported', check: failing, exceeded: true, mono: 2000 },
  granted: { type: 'restart.granted', plan },
  'granted at once': { type: 'restart.granted', plan: { ...plan, delayMs: 0 } },
  held: { type: 'restart.held' },
  escalated: { type: 'restart.escalated', deaths: 4, launch: 1, until: 9000 },
  closed: { type: 'escalation.closed' },
  'refused: done': { type: 'restart.refused', outcome: 'done' },
  'refused: failed': { type: 'restart.refused', outcome: 'failed', code: 'policy-never', text: 'it failed' },
} satisfies Record<string, InstanceEvent>;
type Name = keyof typeof events;

interface Bench {
  actor: () => ActorRefFrom<typeof instanceMachine>;
  send: (...names: Name[]) => void;
  commands: ProgramCommand[];
  reports: SupervisorReport[];
  clock: SimulatedClock;
  fetch: { done: () => void; fail: (error: Error) => void; count: number };
  state: () => string;
}

/** The machine under a parent that only listens; its effects do nothing by themselves. */
function bench(
  options: {
    checks?: HealthCheckSpec[];
    adopt?: Adoption | null;
    fetches?: boolean;
    severed?: { graceMs: number };
  } = {},
): Bench {
  const commands: ProgramCommand[] = [];
  const reports: SupervisorReport[] = [];
  const clock = new SimulatedClock();
  const fetch = { done: () => {}, fail: (_error: Error) => {}, count: 0 };
  const machine = instanceMachine.provide({
    actors: {
      fetch: fromPromise<void, { id: string }>(
        () =>
          new Promise<void>((done, fail) => {
            fetch.count++;
            fetch.done = done;
            fetch.fail = fail;
          }),
      ),
      program: fromCallback<ProgramCommand, { id: string }>(({ receive }) => {
        receive((command) => commands.push(command));
      }),
      probe: probeMachine.provide({
        actors: {
          look: fromPromise<ProbeLook, { instance: string; check: HealthCheckSpec }>(() => new Promise(() => {})),
        },
      }),
    },
  });
  const input: InstanceInput = {
    id: 'web.0.abcdefgh',
    policy: {
      checks: options.checks ?? [check],
      startTimeoutMs: 60_000,
      killTimeoutMs: 10_000,
      aliveMs: 1000,
      fetches: options.fetches ?? true,
    },
    adopt: options.adopt ?? null,
    chance: 0.5,
    exit: null,
    severed: options.severed ?? null,
  };
  const parent = createActor(
    setup({ types: {} as { events: SupervisorReport }, actors: { machine } }).createMachine({
      invoke: { src: 'machine', id: 'child', input },
      on: {
        '*': {
          actions: ({ event }) => {
            reports.push(event);
          },
        },
      },
    }),
    { clock },
  );
  parent.subscribe({
    error: (error) => {
      throw error as Error;
    },
  });
  parent.start();
  const actor = () =>
    (parent.getSnapshot().children as Record<string, AnyActorRef>)['child'] as ActorRefFrom<typeof instanceMachine>;
  const child = actor();
  return {
    actor: () => child,
    send: (...names) => {
      for (const name of names) child.send(events[name]);
    },
    commands,
    reports,
    clock,
    fetch,
    state: () => statePath(child.getSnapshot().value),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function fetched(options: Parameters<typeof bench>[0] = {}): Promise<Bench> {
  const b = bench(options);
  b.fetch.done();
  await turn();
  return b;
}

/** The way to each state. `recovering` is passed through at once: see the adoption table. */
const ways: Record<string, Name[] | null> = {
  fetching: null,
  starting: ['started'],
  running: ['started', 'probe passed'],
  unhealthy: ['started', 'probe passed', 'probe failed too often'],
  'killing.terminating': ['started', 'probe passed', 'stop'],
  'killing.forcing': ['started', 'probe passed', 'stop', 'kill'],
  'restarting.clearing': ['started', 'probe passed', 'exited, others left'],
  'restarting.asking': ['started', 'probe passed', 'exited, empty'],
  'restarting.waiting': ['started', 'probe passed', 'exited, empty', 'granted'],
  failed: ['started', 'probe passed', 'exited, empty', 'refused: failed'],
  stopped: ['started', 'probe passed', 'stop', 'exited, empty'],
};

/** State -> event -> where it leads. Staying where it is, but noting something, is written as the state itself. */
const table: Record<string, Partial<Record<Name, string>>> = {
  fetching: {
    stop: 'stopped',
    restart: 'fetching',
    adjust: 'fetching',
    'fetch.retry': 'fetching',
    sever: 'restarting.asking',
  },
  starting: {
    sever: 'killing.terminating',
    stop: 'killing.terminating',
    restart: 'killing.terminating',
    kill: 'starting',
    adjust: 'starting',
    'over the limit': 'killing.terminating',
    started: 'starting',
    'exited, empty': 'restarting.asking',
    'exited, others left': 'restarting.clearing',
    unprepared: 'fetching',
    survived: 'running',
    'probe passed': 'running',
    'probe failed': 'starting',
    'probe failed too often': 'starting',
  },
  running: {
    sever: 'killing.terminating',
    stop: 'killing.terminating',
    restart: 'killing.terminating',
    kill: 'running',
    adjust: 'running',
    'over the limit': 'killing.terminating',
    'exited, empty': 'restarting.asking',
    'exited, others left': 'restarting.clearing',
    'probe passed': 'running',
    'probe failed': 'running',
    'probe failed too often': 'unhealthy',
  },
  unhealthy: {
    sever: 'killing.terminating',
    stop: 'killing.terminating',
    restart: 'killing.terminating',
    kill: 'unhealthy',
    adjust: 'unhealthy',
    'over the limit': 'killing.terminating',
    'exited, empty': 'restarting.asking',
    'exited, others left': 'restarting.clearing',
    'probe passed': 'running',
    'probe failed': 'running',
    'probe failed too often': 'unhealthy',
    granted: 'killing.terminating',
    'granted at once': 'killing.terminating',
    held: 'unhealthy',
  },
  'killing.terminating': {
    sever: 'killing.terminating',
    stop: 'killing.terminating',
    adjust: 'killing.terminating',
    kill: 'killing.forcing',
    'exited, empty': 'stopped',
    'exited, others left': 'killing.terminating',
    emptied: 'stopped',
  },
  'killing.forcing': {
    sever: 'killing.terminating',
    stop: 'killing.forcing',
    adjust: 'killing.forcing',
    'exited, empty': 'stopped',
    'exited, others left': 'killing.forcing',
    emptied: 'stopped',
  },
  'restarting.clearing': {
    sever: 'restarting.clearing',
    stop: 'killing.terminating',
    adjust: 'restarting.clearing',
    restart: 'restarting.clearing',
    kill: 'restarting.clearing',
    emptied: 'restarting.asking',
  },
  'restarting.asking': {
    sever: 'restarting.asking',
    stop: 'stopped',
    restart: 'starting',
    adjust: 'restarting.asking',
    unprepared: 'fetching',
    granted: 'restarting.waiting',
    'granted at once': 'starting',
    held: 'restarting.asking',
    escalated: 'restarting.asking',
    'refused: done': 'stopped',
    'refused: failed': 'failed',
  },
  'restarting.waiting': {
    sever: 'restarting.asking',
    stop: 'stopped',
    restart: 'starting',
    adjust: 'restarting.waiting',
    unprepared: 'fetching',
    granted: 'restarting.waiting',
    'granted at once': 'restarting.waiting',
  },
  failed: {
    sever: 'failed',
    stop: 'stopped',
    restart: 'starting',
    adjust: 'failed',
    unprepared: 'fetching',
  },
  stopped: {},
};
/** Taken in every state, whatever it is: the parent's answer to an escalation. */
const everywhere: Name[] = ['closed'];

const chart = suite('instance: state x event');
for (const [state, way] of Object.entries(ways)) {
  chart(`${state}: every event is in the table or ignored on purpose`, async () => {
    for (const name of Object.keys(events) as Name[]) {
      const b = way === null ? bench() : await fetched();
      b.send(...(way ?? []));
      assert.is(b.state(), state, 'the way leads there');
      const before = b.actor().getSnapshot();
      b.send(name);
      const after = b.actor().getSnapshot();
      const expected = table[state]![name];
      if (expected === undefined && !everywhere.includes(name)) assert.is(after, before, `${state} ignores "${name}"`);
      else assert.is(b.state(), expected ?? state, `${state} on "${name}"`);
      if (expected === undefined && state === 'stopped') assert.is(after.status, 'done');
    }
  });
}
chart('the tables name every leaf state of the machine', () => {
  const leaves = leavesOf(instanceMachine);
  assert.equal([...leaves].sort(), ['recovering', ...Object.keys(ways)].sort());
  assert.equal(Object.keys(table).sort(), Object.keys(ways).sort());
  assert.ok(leaves.length <= 12, 'at most 12 leaf states');
});
chart.run();

const life = suite('instance: a life');
life('starts by itself once fetched, and is running when every check has passed', async () => {
  const b = await fetched({ checks: [check, { ...check, role: 'ready' }] });
  assert.equal(b.commands, [{ type: 'program.start' }]);
  b.send('started', 'probe passed');
  assert.is(b.state(), 'starting', 'the second check has not passed');
  b.actor().send({ type: 'probe.reported', check: { ...passing, index: 1, at: 3000 }, exceeded: false, mono: 3000 });
  assert.is(b.state(), 'running');
  assert.equal(b.actor().getSnapshot().context.ready, { at: 3000, mono: 3000 });
  assert.equal(b.reports, [{ type: 'instance.becameReady', id: 'web.0.abcdefgh' }]);
});
life('with nothing to fetch it starts in the very step that makes it', () => {
  const b = bench({ fetches: false });
  assert.is(b.state(), 'starting');
  assert.equal(b.commands, [{ type: 'program.start' }]);
});
life('without checks it is running after a second alive, and not before', async () => {
  const b = await fetched({ checks: [] });
  b.send('started');
  b.clock.increment(999);
  assert.is(b.state(), 'starting');
  b.clock.increment(1);
  assert.is(b.state(), 'running');
});
life('a program that ends while it starts is never running, however long one waits', async () => {
  const b = await fetched({ checks: [] });
  b.send('started', 'exited, empty');
  b.clock.increment(5000);
  assert.is(b.state(), 'restarting.asking');
});
life('a start that takes too long is ended as failed and asks for a restart', async () => {
  const b = await fetched();
  b.send('started');
  b.clock.increment(60_000);
  assert.is(b.state(), 'killing.terminating');
  b.send('exited, empty');
  const asked = b.reports.at(-1) as Extract<SupervisorReport, { type: 'restart.asked' }>;
  assert.is(asked.type, 'restart.asked');
  assert.is(asked.exit?.reason, 'start-timeout');
  assert.is(asked.readyMs, null);
});
life('the kill timeout leads to SIGKILL, and only an empty tree ends it', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'stop');
  b.clock.increment(9_999);
  assert.is(b.commands.filter(({ type }) => type === 'program.kill').length, 0);
  b.clock.increment(1);
  assert.is(b.state(), 'killing.forcing');
  b.send('exited, others left');
  assert.is(b.state(), 'killing.forcing');
  b.send('emptied');
  assert.is(b.state(), 'stopped');
  assert.is(b.actor().getSnapshot().context.exit?.reason, 'stop');
  assert.is(b.actor().getSnapshot().context.exit?.by, 'ann');
});
life('a stop that meets a kill for health wins: no restart follows', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'probe failed too often', 'granted', 'stop', 'exited, empty');
  assert.is(b.state(), 'stopped');
  assert.is(b.reports.filter(({ type }) => type === 'restart.asked').length, 0);
});
life('unhealthy asks for its turn, waits while it is held, and gives the turn back when it recovers', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'probe failed too often', 'held');
  assert.is(b.reports.at(-1)?.type, 'turn.asked');
  assert.is(b.actor().getSnapshot().context.plan?.held, true);
  b.send('probe passed');
  assert.is(b.state(), 'running');
  assert.ok(b.reports.some(({ type }) => type === 'turn.withdrawn'));
});
life('a restart asked by an operator is told as such', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'restart', 'exited, empty');
  const asked = b.reports.at(-1) as Extract<SupervisorReport, { type: 'restart.asked' }>;
  assert.is(asked.byOperator, true);
});
life('a granted restart waits its delay, then starts again with the same program actor', async () => {
  const b = await fetched();
  b.send('started', 'probe passed');
  const program = b.actor().getSnapshot().children.program;
  b.send('exited, empty', 'granted');
  b.clock.increment(999);
  assert.is(b.state(), 'restarting.waiting');
  b.clock.increment(1);
  assert.is(b.state(), 'starting');
  assert.is(b.actor().getSnapshot().children.program, program);
  assert.is(b.commands.filter(({ type }) => type === 'program.start').length, 2);
  assert.equal(
    b
      .actor()
      .getSnapshot()
      .context.checks.map(({ status }) => status),
    ['waiting'],
  );
});
life('what a crashed program left behind is signalled, then killed, before it asks', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'exited, others left');
  assert.is(b.commands.at(-1)?.type, 'program.signal');
  b.clock.increment(10_000);
  assert.is(b.commands.at(-1)?.type, 'program.kill');
  assert.is(b.reports.filter(({ type }) => type === 'restart.asked').length, 0);
  b.send('emptied');
  assert.is(b.reports.filter(({ type }) => type === 'restart.asked').length, 1);
});
life('a failed fetch is tried again with growing delays, and said', async () => {
  const b = bench();
  for (const [tries, delay] of [
    [1, 1000],
    [2, 2000],
    [3, 4000],
  ] as const) {
    b.fetch.fail(Object.assign(new Error('the origin is down'), { code: 'unreachable' }));
    await turn();
    assert.equal(b.actor().getSnapshot().context.fetch, {
      code: 'unreachable',
      detail: 'the origin is down',
      failures: tries,
      delayMs: delay,
    });
    b.clock.increment(delay);
    assert.is(b.fetch.count, tries + 1);
  }
  b.fetch.done();
  await turn();
  assert.is(b.state(), 'starting');
  assert.is(b.actor().getSnapshot().context.fetch, null);
});
life('a probe that crashes leaves its check failing and the program untouched', async () => {
  const b = await fetched();
  b.send('started', 'probe passed');
  b.actor().send({ type: 'xstate.error.actor.probe.0', actorId: 'probe.0', error: new Error('bug') });
  assert.is(b.state(), 'running');
  assert.is(b.actor().getSnapshot().context.checks[0]!.status, 'failing');
  assert.is(b.actor().getSnapshot().children['probe.0'], undefined);
});
life('a changed check is probed anew; checks that passed stay passed', async () => {
  const b = await fetched();
  b.send('started', 'probe passed');
  const before = b.actor().getSnapshot().children['probe.0'];
  b.actor().send({
    type: 'instance.adjust',
    policy: {
      checks: [{ ...check, intervalSeconds: 5 }],
      startTimeoutMs: 60_000,
      killTimeoutMs: 10_000,
      aliveMs: 1000,
      fetches: true,
    },
  });
  assert.is(b.state(), 'running');
  assert.is.not(b.actor().getSnapshot().children['probe.0'], before);
  assert.is(b.actor().getSnapshot().context.checks[0]!.passedOnce, true);
});
const askedOf = (b: Bench) => b.reports.filter((each) => each.type === 'restart.asked');
life(
  'cut off, it ends within the grace, not its own kill timeout, and stands still until it may run again',
  async () => {
    const b = await fetched();
    b.send('started', 'probe passed', 'sever');
    assert.is((b.commands.at(-1) as Extract<ProgramCommand, { type: 'program.signal' }>).killTimeoutMs, 3000);
    b.clock.increment(3000);
    assert.is(b.state(), 'killing.forcing', 'the app would have had 10 s');
    b.send('emptied');
    assert.is(b.state(), 'restarting.asking');
    assert.is(askedOf(b).at(-1)!.partition, 'severed');
    b.send('granted at once', 'granted');
    assert.is(b.state(), 'restarting.asking', 'a grant decided before does not start it');
    b.send('rejoin');
    assert.is(askedOf(b).at(-1)!.partition, 'over');
    b.send('granted at once');
    assert.is(b.state(), 'starting');
    assert.is(b.actor().getSnapshot().context.partition, null);
    b.send('rejoin', 'started', 'probe passed');
    assert.is(b.state(), 'running');
  },
);
life('what waited for its next start when it was cut off asks again when it may', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'exited, empty', 'granted', 'sever');
  b.clock.increment(600_000);
  assert.is(b.state(), 'restarting.asking');
  b.send('rejoin', 'granted at once');
  assert.is(b.state(), 'starting');
});
life("an operator's restart does not start what is cut off: another one may run elsewhere", async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'exited, empty', 'granted', 'sever');
  const { length } = b.commands;
  b.send('restart');
  assert.is(b.state(), 'restarting.asking');
  assert.is(askedOf(b).at(-1)!.partition, 'severed');
  assert.is(b.commands.length, length);
  b.send('rejoin', 'granted at once');
  assert.is(b.state(), 'starting');
});
life(
  'what has given up stays so when its node is cut off, and is not started by a restart before the node is back',
  async () => {
    const b = await fetched();
    b.send('started', 'probe passed', 'exited, empty', 'refused: failed', 'sever');
    const { length } = b.commands;
    b.send('restart');
    assert.is(b.state(), 'failed');
    assert.is(b.commands.length, length);
    b.send('rejoin');
    assert.is(b.state(), 'failed', 'coming back starts nothing that had given up');
    b.send('restart');
    assert.is(b.state(), 'starting');
  },
);
life('the master is back while it is still being ended: it starts again once its tree is empty', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'sever', 'rejoin', 'exited, empty');
  assert.is(askedOf(b).at(-1)!.partition, 'over');
  assert.is(b.actor().getSnapshot().context.exit?.reason, 'partition');
});
life('a stop stays a stop when the node is cut off meanwhile', async () => {
  const b = await fetched();
  b.send('started', 'probe passed', 'stop', 'sever', 'exited, empty');
  assert.is(b.state(), 'stopped');
});
life('found at the start of an agent that is cut off: what runs is ended, what does not run is not started', () => {
  const fresh = bench({ severed: { graceMs: 500 }, fetches: false });
  assert.is(fresh.state(), 'restarting.asking');
  assert.is(fresh.commands.length, 0);
  fresh.send('rejoin', 'granted at once');
  assert.equal(fresh.commands, [{ type: 'program.start' }]);
  const found = bench({
    severed: { graceMs: 500 },
    adopt: { launch, exit: null, ended: null, stopping: null, ready: { at: 1, mono: 1 }, startLeftMs: 0 },
  });
  assert.is(found.state(), 'killing.terminating');
  found.clock.increment(500);
  assert.is(found.state(), 'killing.forcing');
});
life.run();

const adoption = suite('instance: adoption, in the order of the facts');
const facts: Adoption = { launch, exit: null, ended: null, stopping: null, ready: null, startLeftMs: 5000 };
const stopping = { reason: 'stop' as const, by: 'ann', text: null, at: 900, leftMs: 3000 };
const cases: [string, Adoption, string][] = [
  ['no launch', { ...facts, launch: null }, 'fetching'],
  ['a pid', facts, 'starting'],
  ['ready', { ...facts, ready: { at: 1, mono: 1 } }, 'running'],
  ['stopping', { ...facts, ready: { at: 1, mono: 1 }, stopping }, 'killing.terminating'],
  ['exited', { ...facts, ready: { at: 1, mono: 1 }, exit, ended: when }, 'restarting.clearing'],
  ['exited while stopping', { ...facts, exit, ended: when, stopping }, 'killing.terminating'],
];
for (const [name, adopt, state] of cases)
  adoption(`${name} -> ${state}`, () => assert.is(bench({ adopt }).state(), state));
adoption('an adopted program is never started a second time', () => {
  for (const [, adopt] of cases)
    assert.is(bench({ adopt }).commands.filter(({ type }) => type === 'program.start').length, 0);
});
adoption('a deadline begun before goes on: the stop', () => {
  const b = bench({ adopt: { ...facts, stopping } });
  b.clock.increment(3000);
  assert.is(b.state(), 'killing.forcing');
});
adoption('a deadline begun before goes on: the start', () => {
  const b = bench({ adopt: facts });
  b.clock.increment(5000);
  assert.is(b.state(), 'killing.terminating');
});
adoption('the end of a stop that nobody saw ends it for good', () => {
  const b = bench({ adopt: { ...facts, stopping } });
  b.send('exited, others left', 'emptied');
  assert.is(b.state(), 'stopped');
});
adoption('what is probed had passed: it is running, not starting', () => {
  const b = bench({ adopt: { ...facts, ready: { at: 1, mono: 1 } } });
  assert.is(b.state(), 'running');
  assert.equal(
    b
      .actor()
      .getSnapshot()
      .context.checks.map(({ passedOnce }) => passedOnce),
    [true],
  );
});
adoption.run();

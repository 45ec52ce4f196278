// The words of the instance's chart: its guards, delays, effects, and what each action writes into the context.
import { assign, cancel, enqueueActions, raise, sendTo, setup, type AnyActorRef } from 'xstate';
import { callbackHole, promiseHole } from './effect.ts';
import {
  endsForGood, exitWithCause, waitingHealth,
  type InstanceContext, type InstanceEvent, type InstanceInput, type Killing, type ProgramCommand, type SupervisorReport,
} from './instance-facts.ts';
import { probeMachine, type ProbeInput, type ProbeReport } from './probe.ts';

type Of<T extends InstanceEvent['type']> = Extract<InstanceEvent, { type: T }>;
/** The event as the one that the chart lets come here. */
const as = <T extends InstanceEvent['type']>(event: { type: string }, _type: T): Of<T> => event as Of<T>;
const parent = ({ self }: { self: AnyActorRef }): AnyActorRef => self._parent ?? self;
const report = (event: SupervisorReport): SupervisorReport => event;
const command = (event: ProgramCommand): ProgramCommand => event;
const causes = { 'instance.stop': 'stop', 'instance.restart': 'restart', 'limit.exceeded': 'disk' } as const;

function killingOf(event: InstanceEvent, before: Killing | null): Killing | null {
  if (endsForGood(before)) return before; // a stop stays a stop
  switch (event.type) {
    case 'instance.stop': return { reason: event.reason, by: event.by, text: event.text, at: event.at };
    case 'instance.restart': return { reason: causes[event.type], by: event.by, text: event.text, at: event.at };
    case 'limit.exceeded': return { reason: event.what, by: null, text: event.text, at: event.at };
    default: return before;
  }
}
const backOff = (failures: number): number => Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
const allOthersPassed = (context: InstanceContext, index: number): boolean => context.policy.checks.every((_, i) => i === index || context.passed[i]);
const probeInputs = (context: InstanceContext): ProbeInput[] => context.policy.checks.map((check, index) => ({
  instance: context.id, index, check, startedMono: context.launch?.mono ?? 0, passed: context.passed[index] ?? false, chance: context.chance,
}));
const put = <T>(list: T[], index: number, value: T): T[] => list.map((old, i) => (i === index ? value : old));

export const instanceActions = setup({
  types: {} as { context: InstanceContext; events: InstanceEvent; input: InstanceInput },
  actors: {
    /** Brings the content of the revision, and the first work directory, into place. */
    fetch: promiseHole<void, { id: string }>('fetch'),
    /** One run after the other of the instance's program. */
    program: callbackHole<ProgramCommand, { id: string }>('program'),
    probe: probeMachine,
  },
  delays: {
    startTimeout: ({ context }) => context.leftMs ?? context.policy.startTimeoutMs,
    killTimeout: ({ context }) => context.leftMs ?? context.policy.killTimeoutMs,
    stuckAfter: 10_000,
    backOff: ({ context }) => context.delayMs,
  },
  guards: {
    isNew: ({ context }) => !context.adopt?.launch,
    wasStopping: ({ context }) => !!context.adopt?.stopping,
    hadEnded: ({ context }) => !!context.adopt?.exit,
    wasReady: ({ context }) => !!context.adopt?.ready,
    empty: ({ event }) => as(event, 'program.exited').empty,
    forGood: ({ context }) => endsForGood(context.killing),
    emptyForGood: ({ context, event }) => as(event, 'program.exited').empty && endsForGood(context.killing),
    exceeded: ({ event }) => { const it = as(event, 'probe.failed'); return it.exceeded && it.view.role === 'live'; },
    /** No live check fails any more, this one included. */
    recovered: ({ context, event }) => context.health.every((view, i) => i === (event as ProbeReport).index || view.role !== 'live' || view.status !== 'failing'),
    lastToPass: ({ context, event }) => allOthersPassed(context, (event as ProbeReport).index),
    atOnce: ({ event }) => as(event, 'restart.granted').delayMs <= 0,
    done: ({ event }) => as(event, 'restart.refused').outcome === 'stopped',
  },
  actions: {
    takeUp: assign(({ context: { adopt, policy } }) => ({
      launch: adopt!.launch, pid: adopt!.exit ? null : adopt!.launch!.pid, ready: adopt!.ready, exit: adopt!.exit && exitWithCause(adopt!.exit, adopt!.stopping),
      exitMono: adopt!.exitMono ?? 0, killing: adopt!.stopping, leftMs: adopt!.stopping?.leftMs ?? (adopt!.ready || adopt!.exit ? null : adopt!.startLeftMs),
      health: waitingHealth(policy.checks), passed: policy.checks.map(() => !!adopt!.ready), adopt: null,
    })),
    spawnProgram: enqueueActions(({ context, enqueue }) => {
      if (context.hasProgram) return;
      enqueue.spawnChild('program', { id: 'program', input: { id: context.id } });
      enqueue.assign({ hasProgram: true });
    }),
    dropProgram: enqueueActions(({ context, enqueue }) => {
      if (context.hasProgram) enqueue.stopChild('program');
      enqueue.assign({ hasProgram: false, pid: null });
    }),
    sendStart: enqueueActions(({ context, enqueue }) => {
      enqueue.assign({ ready: null, killing: null, reason: null, health: waitingHealth(context.policy.checks), passed: context.policy.checks.map(() => false) });
      enqueue.sendTo('program', command({ type: 'program.start' }));
    }),
    signalProgram: sendTo('program', ({ context }) => command({ type: 'program.signal', killing: context.killing, killTimeoutMs: context.leftMs ?? context.policy.killTimeoutMs })),
    killProgram: sendTo('program', ({ event }) => command({ type: 'program.kill', by: event.type === 'instance.kill' ? event.by : null })),
    spawnProbes: enqueueActions(({ context, enqueue }) => {
      if (context.probes > 0 || !context.launch || context.pid === null) return;
      for (const [index, input] of probeInputs(context).entries()) enqueue.spawnChild('probe', { id: `probe.${index}`, input });
      enqueue.assign({ probes: context.policy.checks.length });
      if (context.policy.checks.length === 0 && !context.ready) enqueue.raise({ type: 'program.survived' }, { id: 'alive', delay: Math.min(context.policy.aliveMs, context.leftMs ?? Infinity) });
    }),
    stopProbes: enqueueActions(({ context, enqueue }) => {
      for (let index = 0; index < context.probes; index++) enqueue.stopChild(`probe.${index}`);
      if (context.probes > 0) enqueue.assign({ probes: 0 });
    }),
    probeCrashed: enqueueActions(({ event, enqueue }) => {
      const { actorId, error } = event as unknown as { actorId: string; error?: unknown };
      enqueue.stopChild(actorId);
      enqueue.assign({ health: ({ context }) => context.health.map((view) => (`probe.${view.index}` === actorId ? { ...view, status: 'failing' as const, detail: `the check broke: ${String(error ?? 'it ended')}` } : view)) });
    }),
    cancelAlive: cancel('alive'),
    cancelRetry: cancel('retry'),
    spendLeft: assign({ leftMs: null }),
    fetched: assign({ fetchFailures: 0, reason: null }),
    fetchFailed: enqueueActions(({ context, event, enqueue }) => {
      const { error } = event as unknown as { error: { code?: string; message?: string } };
      const delay = backOff(context.fetchFailures);
      enqueue.assign({ fetchFailures: context.fetchFailures + 1, reason: { code: error.code ?? 'fetch-failed', text: error.message ?? String(error), next: { what: `tries again in ${delay / 1000} s`, at: null } } });
      enqueue(raise({ type: 'fetch.retry' }, { id: 'retry', delay }));
    }),
    started: assign(({ event }) => { const { launch } = as(event, 'program.started'); return { launch, pid: launch.pid, reason: null }; }),
    exited: assign(({ context, event }) => { const it = as(event, 'program.exited'); return { pid: null, exit: exitWithCause(it.exit, context.killing), exitMono: it.mono }; }),
    survived: assign({ ready: ({ context: { launch, policy } }) => launch && { at: launch.at + policy.aliveMs, mono: launch.mono + policy.aliveMs } }),
    probed: assign(({ context, event }) => { const it = event as ProbeReport; return { health: put(context.health, it.index, it.view), passed: it.type === 'probe.passed' ? put(context.passed, it.index, true) : context.passed }; }),
    passedAll: assign({ ready: ({ event }) => { const it = event as ProbeReport; return { at: it.view.at, mono: it.mono }; } }),
    kill: assign({ killing: ({ context, event }) => killingOf(event, context.killing), reason: null }),
    killUnhealthy: assign({ killing: ({ context }) => { const view = context.health.find((h) => h.role === 'live' && h.status === 'failing'); return { reason: 'unhealthy' as const, by: null, text: view ? `check ${view.index}: ${view.detail}, ${view.failures} times in a row` : null, at: view?.at ?? 0 }; } }),
    startTimedOut: assign({ killing: ({ context }) => ({ reason: 'start-timeout' as const, by: null, text: `not ready within ${context.policy.startTimeoutMs / 1000} s`, at: (context.launch?.at ?? 0) + context.policy.startTimeoutMs }) }),
    stuck: assign({ reason: { code: 'stuck', text: 'a process does not end after SIGKILL: it waits inside the kernel', next: { what: 'is watched until it ends', at: null } } }),
    relieve: assign({ reason: null, escalated: null }),
    wait: assign({ reason: ({ event }) => as(event, 'restart.held').reason }),
    granted: assign(({ event }) => { const it = as(event, 'restart.granted'); return { delayMs: it.delayMs, reason: it.reason, escalated: null }; }),
    escalate: assign(({ context, event }) => { const it = as(event, 'restart.escalated'); return { reason: it.reason, escalated: { launch: context.launch?.launch ?? 0, deaths: it.deaths } }; }),
    refused: assign({ reason: ({ event }) => as(event, 'restart.refused').reason }),
    adjust: enqueueActions(({ context, event, enqueue }) => {
      const { policy } = as(event, 'instance.adjust');
      enqueue.assign({ policy });
      if (JSON.stringify(policy.checks) === JSON.stringify(context.policy.checks)) return;
      for (let index = 0; index < context.probes; index++) enqueue.stopChild(`probe.${index}`);
      const changed = { ...context, policy, passed: policy.checks.map((_, i) => context.passed[i] ?? false) };
      const inputs = context.probes > 0 ? probeInputs(changed) : [];
      for (const [index, input] of inputs.entries()) enqueue.spawnChild('probe', { id: `probe.${index}`, input });
      enqueue.assign({ health: waitingHealth(policy.checks), passed: changed.passed, probes: inputs.length });
    }),
    tellReady: sendTo(parent, ({ context }) => report({ type: 'instance.becameReady', id: context.id })),
    askTurn: sendTo(parent, ({ context }) => report({ type: 'turn.asked', id: context.id })),
    withdraw: sendTo(parent, ({ context }) => report({ type: 'turn.withdrawn', id: context.id })),
    ask: sendTo(parent, ({ context }) => report({
      type: 'restart.asked', id: context.id, exit: context.exit, mono: context.exitMono, launch: context.launch?.launch ?? 0,
      readyMono: context.ready?.mono ?? null, byOperator: context.killing?.reason === 'restart',
    })),
  },
});

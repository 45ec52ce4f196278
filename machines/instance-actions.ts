// The words of the instance's chart: its guards, delays, effects, and what each action writes into the context.
import { assign, cancel, enqueueActions, sendTo, setup, stopChild, type AnyActorRef } from 'xstate';
import { callbackHole, promiseHole } from './effect.ts';
import { failedLive, hasStarted } from '../src/model/instance/health.ts';
import {
  endsForGood,
  exitWithCause,
  type InstanceContext,
  type InstanceEvent,
  type InstanceInput,
  type ProgramCommand,
  type SupervisorReport,
} from './instance-facts.ts';
import { fetchBackOff, fold, killingOf, probeInputs, severing, takenUp, waiting } from './instance-steps.ts';
import { probeMachine } from './probe.ts';

type Of<T extends InstanceEvent['type']> = Extract<InstanceEvent, { type: T }>;
/** The event as the one that the chart lets come here. */
const as = <T extends InstanceEvent['type']>(event: { type: string }, _type: T): Of<T> => event as Of<T>;
const parent = ({ self }: { self: AnyActorRef }): AnyActorRef => self._parent ?? self;
const report = (event: SupervisorReport): SupervisorReport => event;
const command = (event: ProgramCommand): ProgramCommand => event;

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
    backOff: ({ context }) => context.plan?.delayMs ?? 0,
  },
  guards: {
    isNew: ({ context }) => !context.adopt?.launch,
    isSevered: ({ context }) => context.partition === 'severed',
    isNewAndSevered: ({ context }) => context.partition === 'severed' && !context.adopt?.launch,
    wasSevered: ({ context: { partition, adopt } }) => partition === 'severed' && !adopt?.exit && !adopt?.stopping,
    /** Nothing has to be fetched for it. */
    isNewAndComplete: ({ context }) => !context.adopt?.launch && !context.policy.fetches,
    wasStopping: ({ context }) => !!context.adopt?.stopping,
    hadEnded: ({ context }) => !!context.adopt?.exit,
    wasReady: ({ context }) => !!context.adopt?.ready,
    empty: ({ event }) => as(event, 'program.exited').empty,
    forGood: ({ context }) => endsForGood(context.killing),
    emptyForGood: ({ context, event }) => as(event, 'program.exited').empty && endsForGood(context.killing),
    exceeded: ({ event }) => as(event, 'probe.reported').exceeded,
    recovered: ({ context, event }) =>
      failedLive(context.policy.checks, fold(context.checks, as(event, 'probe.reported').check)) === null,
    lastToPass: ({ context, event }) => hasStarted(fold(context.checks, as(event, 'probe.reported').check)),
    atOnce: ({ event }) => as(event, 'restart.granted').plan.delayMs <= 0,
    done: ({ event }) => as(event, 'restart.refused').outcome === 'done',
  },
  actions: {
    takeUp: assign(({ context }) => takenUp(context)),
    takeUpSevered: assign(({ context }) => ({
      ...takenUp(context),
      ...severing(context, { graceMs: context.adopt!.severedMs!, at: context.adopt!.launch!.at }),
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
      enqueue.assign({
        ready: null,
        killing: null,
        plan: null,
        over: false,
        askingUntil: null,
        failed: null,
        stuck: false,
        partition: null,
        checks: waiting(context.policy),
      });
      enqueue.sendTo('program', command({ type: 'program.start' }));
    }),
    signalProgram: sendTo('program', ({ context }) =>
      command({
        type: 'program.signal',
        killing: context.killing,
        killTimeoutMs: context.leftMs ?? context.policy.killTimeoutMs,
      }),
    ),
    killProgram: sendTo('program', ({ event }) =>
      command({ type: 'program.kill', by: event.type === 'instance.kill' ? event.by : null }),
    ),
    spawnProbes: enqueueActions(({ context, enqueue }) => {
      if (context.probes > 0 || !context.launch || context.pid === null) return;
      for (const [index, input] of probeInputs(context).entries())
        enqueue.spawnChild('probe', { id: `probe.${index}`, input });
      enqueue.assign({ probes: context.policy.checks.length });
      if (context.policy.checks.length === 0 && !context.ready)
        enqueue.raise(
          { type: 'program.survived' },
          { id: 'alive', delay: Math.min(context.policy.aliveMs, context.leftMs ?? Infinity) },
        );
    }),
    stopProbes: enqueueActions(({ context, enqueue }) => {
      for (let index = 0; index < context.probes; index++) enqueue.stopChild(`probe.${index}`);
      if (context.probes > 0) enqueue.assign({ probes: 0 });
    }),
    probeOver: stopChild(({ event }) => (event as unknown as { actorId: string }).actorId),
    probeCrashed: enqueueActions(({ context, event, enqueue }) => {
      const { actorId, error } = event as unknown as { actorId: string; error: unknown };
      enqueue.stopChild(actorId);
      enqueue.assign({
        checks: context.checks.map((check) =>
          `probe.${check.index}` === actorId
            ? { ...check, status: 'failing' as const, detail: `the check broke: ${String(error)}` }
            : check,
        ),
      });
    }),
    cancelAlive: cancel('alive'),
    cancelRetry: cancel('retry'),
    spendLeft: assign({ leftMs: null }),
    fetched: assign({ fetch: null }),
    fetchFailed: enqueueActions(({ context, event, enqueue }) => {
      const { error } = event as unknown as { error: { code?: string; message?: string } };
      const failures = (context.fetch?.failures ?? 0) + 1,
        delayMs = fetchBackOff(failures - 1);
      enqueue.assign({
        fetch: { code: error.code ?? 'fetch-failed', detail: error.message ?? String(error), failures, delayMs },
      });
      enqueue.raise({ type: 'fetch.retry' }, { id: 'retry', delay: delayMs });
    }),
    started: assign(({ event }) => {
      const { launch } = as(event, 'program.started');
      return { launch, pid: launch.pid };
    }),
    exited: assign(({ context, event }) => {
      const it = as(event, 'program.exited');
      return { pid: null, over: true, exit: exitWithCause(it.exit, context.killing), ended: it.when };
    }),
    emptied: assign(({ context, event }) =>
      context.over ? {} : { pid: null, ended: as(event, 'program.emptied').when },
    ),
    survived: assign({
      ready: ({ context: { launch, policy } }) =>
        launch && { at: launch.at + policy.aliveMs, mono: launch.mono + policy.aliveMs },
    }),
    probed: assign({ checks: ({ context, event }) => fold(context.checks, as(event, 'probe.reported').check) }),
    passedAll: assign({
      ready: ({ event }) => {
        const it = as(event, 'probe.reported');
        return { at: it.check.at, mono: it.mono };
      },
    }),
    kill: assign({
      killing: ({ context, event }) => killingOf(event, context.killing),
      plan: null,
      askingUntil: null,
      fetch: null,
    }),
    killUnhealthy: assign({
      killing: ({ context: { checks, policy } }) => {
        const check = checks[failedLive(policy.checks, checks) ?? -1];
        return {
          reason: 'unhealthy' as const,
          by: null,
          text: check ? `health check ${check.index} failed ${check.failures} times in a row (${check.detail})` : null,
          at: check?.at ?? 0,
        };
      },
    }),
    startTimedOut: assign({
      killing: ({ context: { policy, launch } }) => ({
        reason: 'start-timeout' as const,
        by: null,
        text: `it was not ready within ${policy.startTimeoutMs / 1000} s`,
        at: (launch?.at ?? 0) + policy.startTimeoutMs,
      }),
    }),
    sever: assign(({ context, event }) => severing(context, as(event, 'instance.sever'))),
    severDown: assign({ partition: 'severed', plan: null, askingUntil: null, fetch: null }),
    hurry: assign({ leftMs: ({ event }) => as(event, 'instance.sever').graceMs }),
    rejoin: assign({ partition: 'over' }),
    stuck: assign({ stuck: true }),
    relieve: assign({ plan: null, askingUntil: null, escalated: null, failed: null, fetch: null }),
    wait: assign({
      plan: ({ context }) => ({
        at: context.ended.at,
        delayMs: 0,
        crashLoop: false,
        deaths: 0,
        periodSeconds: 0,
        held: true,
        closed: false,
      }),
    }),
    granted: assign(({ context, event }) => {
      const { plan } = as(event, 'restart.granted');
      return { plan, askingUntil: null, escalated: plan.closed ? null : context.escalated };
    }),
    escalate: assign(({ event }) => {
      const { launch, deaths, until } = as(event, 'restart.escalated');
      return { escalated: { launch, deaths }, askingUntil: until };
    }),
    answered: assign({ escalated: null }),
    refused: assign({
      failed: ({ event }) => {
        const it = as(event, 'restart.refused');
        return it.outcome === 'failed' ? { code: it.code, text: it.text } : null;
      },
    }),
    adjust: enqueueActions(({ context, event, enqueue }) => {
      const { policy } = as(event, 'instance.adjust');
      enqueue.assign({ policy });
      if (JSON.stringify(policy.checks) === JSON.stringify(context.policy.checks)) return;
      const changed = { ...context, policy, checks: waiting(policy, context.checks) };
      const inputs = context.probes > 0 ? probeInputs(changed) : [];
      for (let index = 0; index < context.probes; index++) enqueue.stopChild(`probe.${index}`);
      for (const [index, input] of inputs.entries()) enqueue.spawnChild('probe', { id: `probe.${index}`, input });
      enqueue.assign({ checks: changed.checks, probes: inputs.length });
    }),
    tellReady: sendTo(parent, ({ context }) => report({ type: 'instance.becameReady', id: context.id })),
    askTurn: sendTo(parent, ({ context }) => report({ type: 'turn.asked', id: context.id })),
    withdraw: sendTo(parent, ({ context }) => report({ type: 'turn.withdrawn', id: context.id })),
    ask: sendTo(parent, ({ context: { id, over, exit, ended, launch, ready, killing, partition } }) =>
      report({
        type: 'restart.asked',
        id,
        exit: over ? exit : null,
        ended,
        launch: launch?.launch ?? 0,
        readyMs: ready && ended.mono - ready.mono,
        byOperator: killing?.reason === 'restart',
        partition,
      }),
    ),
  },
});

// What an instance writes down of what it hears, and what it tells its supervisor.
import { assign, cancel, enqueueActions, sendTo, type AnyActorRef } from 'xstate';
import { failedLive } from '../../src/model/instance/health.ts';
import { errorOf, eventOf } from '../event-of.ts';
import { instanceChildren } from './children.ts';
import type { SupervisorReport } from './events.ts';
import { fetchBackOff, fold, severing, takenUp } from './steps.ts';
import { exitWithCause, killingOf } from './killing.ts';

const parent = ({ self }: { self: AnyActorRef }): AnyActorRef => self._parent ?? self;
const report = (event: SupervisorReport): SupervisorReport => event;

export const instanceActions = instanceChildren.extend({
  actions: {
    takeUp: assign(({ context }) => takenUp(context)),
    takeUpSevered: assign(({ context }) => ({
      ...takenUp(context),
      ...severing(context, { graceMs: context.adopt!.severedMs!, at: context.adopt!.launch!.at }),
    })),
    cancelRetry: cancel('retry'),
    spendLeft: assign({ leftMs: null }),
    fetched: assign({ fetch: null }),
    fetchFailed: enqueueActions(({ context, event, enqueue }) => {
      const error = errorOf(event) as { code?: string; message?: string };
      const failures = (context.fetch?.failures ?? 0) + 1;
      const delayMs = fetchBackOff(failures - 1);
      enqueue.assign({
        fetch: { code: error.code ?? 'fetch-failed', detail: error.message ?? String(error), failures, delayMs },
      });
      enqueue.raise({ type: 'fetch.retry' }, { id: 'retry', delay: delayMs });
    }),
    started: assign(({ event }) => {
      const { launch } = eventOf(event, 'program.started');
      return { launch, pid: launch.pid };
    }),
    exited: assign(({ context, event }) => {
      const it = eventOf(event, 'program.exited');
      return { pid: null, over: true, exit: exitWithCause(it.exit, context.killing), ended: it.when };
    }),
    emptied: assign(({ context, event }) =>
      context.over ? {} : { pid: null, ended: eventOf(event, 'program.emptied').when },
    ),
    survived: assign({
      ready: ({ context: { launch, policy } }) =>
        launch && { at: launch.at + policy.aliveMs, mono: launch.mono + policy.aliveMs },
    }),
    probed: assign({ checks: ({ context, event }) => fold(context.checks, eventOf(event, 'probe.reported').check) }),
    passedAll: assign({
      ready: ({ event }) => {
        const it = eventOf(event, 'probe.reported');
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
    sever: assign(({ context, event }) => severing(context, eventOf(event, 'instance.sever'))),
    severDown: assign({ partition: 'severed', plan: null, askingUntil: null, fetch: null }),
    hurry: assign({ leftMs: ({ event }) => eventOf(event, 'instance.sever').graceMs }),
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
      const { plan } = eventOf(event, 'restart.granted');
      return { plan, askingUntil: null, escalated: plan.closed ? null : context.escalated };
    }),
    escalate: assign(({ event }) => {
      const { launch, deaths, until } = eventOf(event, 'restart.escalated');
      return { escalated: { launch, deaths }, askingUntil: until };
    }),
    answered: assign({ escalated: null }),
    refused: assign({
      failed: ({ event }) => {
        const it = eventOf(event, 'restart.refused');
        return it.outcome === 'failed' ? { code: it.code, text: it.text } : null;
      },
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

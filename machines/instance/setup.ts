// What the instance's chart can name beside its actions: the actors it starts, its delays, its guards.
import { setup } from 'xstate';
import { callbackHole, promiseHole } from '../effect.ts';
import { failedLive, hasStarted } from '../../src/model/instance/health.ts';
import { eventOf } from '../event-of.ts';
import type { InstanceEvent, ProgramCommand } from './events.ts';
import type { InstanceContext, InstanceInput } from './facts.ts';
import { fold } from './steps.ts';
import { endsForGood } from './killing.ts';
import { probeMachine } from '../probe.ts';

export const instanceSetup = setup({
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
    empty: ({ event }) => eventOf(event, 'program.exited').empty,
    forGood: ({ context }) => endsForGood(context.killing),
    emptyForGood: ({ context, event }) => eventOf(event, 'program.exited').empty && endsForGood(context.killing),
    exceeded: ({ event }) => eventOf(event, 'probe.reported').exceeded,
    recovered: ({ context, event }) =>
      failedLive(context.policy.checks, fold(context.checks, eventOf(event, 'probe.reported').check)) === null,
    lastToPass: ({ context, event }) => hasStarted(fold(context.checks, eventOf(event, 'probe.reported').check)),
    atOnce: ({ event }) => eventOf(event, 'restart.granted').plan.delayMs <= 0,
    done: ({ event }) => eventOf(event, 'restart.refused').outcome === 'done',
  },
});

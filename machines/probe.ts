// One health check of one launch: looks, waits, looks again, and tells its instance when something changed.
import { assign, enqueueActions, setup, type AnyActorRef } from 'xstate';
import type { HealthCheckSpec } from '../src/model/app/app.ts';
import {
  failedLive,
  foldProbe,
  freshChecks,
  nextProbeMs,
  type CheckState,
  type ProbeResult,
} from '../src/model/instance/health.ts';
import { promiseHole } from './effect.ts';
import { errorOf, outputOf } from './event-of.ts';

/** An answer of the effect. Times in ms; mono: CLOCK_MONOTONIC. */
export interface ProbeLook extends ProbeResult {
  beganMono: number;
}
export interface ProbeInput {
  /** Owner of the effect: the instance's id. */
  instance: string;
  index: number;
  check: HealthCheckSpec;
  /** When this launch began (mono): failures are forgiven for a while after it. */
  launchedMono: number;
  /** It had passed before the agent was restarted. */
  passed: boolean;
  /** 0..1: where in its interval this instance looks, so that a thousand do not look together. */
  chance: number;
}
interface ProbeContext extends ProbeInput {
  state: CheckState;
  looks: number;
  /** ms to the next look; null: none. */
  nextMs: number | null;
}
export interface ProbeReport {
  type: 'probe.reported';
  check: CheckState;
  /** A live check is beyond its limit. */
  exceeded: boolean;
  mono: number;
}

const blank: HealthCheckSpec = {
  protocol: 'TCP',
  role: 'live',
  path: '/',
  portIndex: 0,
  port: null,
  command: null,
  match: null,
  initialDelaySeconds: 0,
  intervalSeconds: 20,
  timeoutSeconds: 20,
  maxConsecutiveFailures: 3,
};
const parent = ({ self }: { self: AnyActorRef }): AnyActorRef => self._parent ?? self;
const first = (check: HealthCheckSpec, index: number, passed: boolean): CheckState => ({
  ...freshChecks([check], 0)[0]!,
  index,
  passedOnce: passed,
});

function initial(input: ProbeInput | undefined): ProbeContext {
  const it = input ?? { instance: '', index: 0, check: blank, launchedMono: 0, passed: false, chance: 0.5 };
  const nextMs = it.passed ? (it.check.role === 'startup' ? null : it.chance * it.check.intervalSeconds * 1000) : 0;
  return { ...it, state: first(it.check, it.index, it.passed), looks: 0, nextMs };
}

const probe = setup({
  types: {} as { context: ProbeContext; events: { type: 'probe.look' }; input: ProbeInput },
  actors: { look: promiseHole<ProbeLook, { instance: string; check: HealthCheckSpec }>('look') },
  delays: { next: ({ context }) => context.nextMs ?? 0 },
  guards: {
    passing: ({ context }) => context.state.status === 'passing',
    failing: ({ context }) => context.state.status === 'failing',
    over: ({ context }) => context.nextMs === null,
  },
  actions: {
    note: enqueueActions(({ context, event, enqueue }) => {
      const look = outputOf<ProbeLook>(event);
      const { check, state: was } = context;
      const state = foldProbe(check, was, look, context.launchedMono);
      const drawn = state.passedOnce && !was.passedOnce ? context.chance : 1; // instances that started together then look apart
      const wait = nextProbeMs(check, state, look.beganMono, look.mono);
      enqueue.assign({ state, looks: context.looks + 1, nextMs: wait === null ? null : wait * drawn });
      if (
        context.looks > 0 &&
        state.status === was.status &&
        state.failures === was.failures &&
        state.detail === was.detail
      )
        return; // a check that goes on passing costs its instance nothing
      const report: ProbeReport = {
        type: 'probe.reported',
        check: state,
        exceeded: failedLive([check], [{ ...state, index: 0 }]) !== null,
        mono: look.mono,
      };
      enqueue.sendTo(parent as never, report as never);
    }),
    broke: assign({
      nextMs: ({ context }) => context.check.intervalSeconds * 1000,
      state: ({ context, event }) => ({
        ...context.state,
        detail: `the check itself broke: ${String(errorOf(event))}`,
      }),
    }),
  },
});

export const probeMachine = probe.createMachine({
  id: 'probe',
  options: { maxIterations: 1000 },
  context: ({ input }) => initial(input),
  initial: 'waiting',
  states: {
    waiting: {
      description: 'Has no verdict yet.',
      always: { guard: 'over', target: 'over' },
      after: { next: 'probing' },
    },
    probing: {
      description: 'A look is under way.',
      invoke: {
        id: 'look',
        src: 'look',
        input: ({ context }) => ({ instance: context.instance, check: context.check }),
        onDone: { target: 'judging', actions: 'note' },
        onError: { target: 'waiting', actions: 'broke' },
      },
    },
    judging: {
      description: 'Counts what was found, and goes on at once.',
      always: [
        { guard: 'over', target: 'over' },
        { guard: 'passing', target: 'passing' },
        { guard: 'failing', target: 'failing' },
        { target: 'waiting' },
      ],
    },
    passing: { description: 'The last look was good.', after: { next: 'probing' } },
    failing: { description: 'The last look was bad.', after: { next: 'probing' } },
    over: { description: 'A startup check that has passed is not asked again.', type: 'final' },
  },
});

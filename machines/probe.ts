// One health check of one launch: looks, waits, looks again, and tells its instance when the verdict changes.
import { assign, enqueueActions, setup, type AnyActorRef } from 'xstate';
import type { HealthCheckSpec } from '../src/model/app.ts';
import type { HealthView } from '../src/model/instance.ts';
import { promiseHole } from './effect.ts';

/** One answer of the effect. `mono` is CLOCK_MONOTONIC in ms. */
export interface ProbeLook { ok: boolean; detail: string; at: number; mono: number }
export interface ProbeInput {
  /** Owner of the effect: the instance's id. */
  instance: string;
  index: number;
  check: HealthCheckSpec;
  /** CLOCK_MONOTONIC ms at which this launch began: failures are forgiven for a while after it. */
  startedMono: number;
  /** Whether the check had passed before the agent was restarted. */
  passed: boolean;
  /** 0..1: where in the interval this instance looks, so that a thousand do not look together. */
  chance: number;
}
export interface ProbeContext extends ProbeInput { failures: number; at: number; detail: string; /** The verdict last told. */ told: HealthView['status'] | null; phased: boolean }
/** What an instance hears, and only when something changed. `exceeded`: failed more often in a row than it may. */
interface Verdict { index: number; view: HealthView; exceeded: boolean; mono: number }
export type ProbeReport = ({ type: 'probe.passed' } & Verdict) | ({ type: 'probe.failed' } & Verdict);

const blank: HealthCheckSpec = {
  protocol: 'TCP', role: 'live', path: '/', portIndex: 0, port: null, command: null, match: null,
  initialDelaySeconds: 0, intervalSeconds: 20, timeoutSeconds: 20, maxConsecutiveFailures: 3,
};
const parent = ({ self }: { self: AnyActorRef }): AnyActorRef => self._parent ?? self;
const lookOf = (event: unknown): ProbeLook => (event as { output: ProbeLook }).output;

const probe = setup({
  types: {} as { context: ProbeContext; events: { type: 'probe.look' }; input: ProbeInput },
  actors: { look: promiseHole<ProbeLook, { instance: string; check: HealthCheckSpec }>('look') },
  delays: {
    /** At once; then every second until the first pass, never slower than the interval. What passed before an agent restart has time. */
    soon: ({ context }) => (context.at === 0 ? (context.passed ? context.chance * context.check.intervalSeconds : 0) : Math.min(1, context.check.intervalSeconds)) * 1000,
    /** The first interval after the first pass is drawn, so that instances started together do not look together. */
    interval: ({ context }) => context.check.intervalSeconds * 1000 * (context.phased ? 1 : context.chance),
    retry: ({ context }) => (context.passed ? context.check.intervalSeconds : Math.min(1, context.check.intervalSeconds)) * 1000,
  },
  guards: {
    passed: ({ event }) => lookOf(event).ok,
    /** Within initialDelaySeconds a program that never passed may fail. */
    forgiven: ({ context, event }) => !context.passed && lookOf(event).mono - context.startedMono < context.check.initialDelaySeconds * 1000,
  },
  actions: {
    note: enqueueActions(({ context, event, enqueue }, params: { forgiven: boolean }) => {
      const look = lookOf(event), was = context;
      const failures = look.ok || params.forgiven ? 0 : was.failures + 1;
      const status = look.ok ? 'passing' as const : failures > 0 ? 'failing' as const : 'waiting' as const;
      enqueue.assign({ failures, at: look.at, detail: look.detail, passed: was.passed || look.ok, phased: was.passed, told: status });
      if (status === was.told && status !== 'failing' && look.detail === was.detail) return; // nothing new: a check that passes costs its instance nothing
      enqueue.sendTo(parent as never, {
        type: look.ok ? 'probe.passed' : 'probe.failed', index: context.index, mono: look.mono,
        exceeded: failures > context.check.maxConsecutiveFailures,
        view: { index: context.index, role: context.check.role, status, failures, at: look.at, detail: look.detail },
      } as never);
    }),
    broken: assign({ detail: ({ event }) => `the check itself failed: ${String((event as unknown as { error: unknown }).error)}` }),
  },
});

export const probeMachine = probe.createMachine({
  id: 'probe',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    instance: input?.instance ?? '', index: input?.index ?? 0, check: input?.check ?? blank, startedMono: input?.startedMono ?? 0,
    passed: input?.passed ?? false, chance: input?.chance ?? 0.5, failures: 0, at: 0, detail: 'not looked yet', told: null, phased: false,
  }),
  initial: 'waiting',
  states: {
    waiting: { description: 'Not looked yet, or failed while that is forgiven.', after: { soon: 'probing' } },
    probing: {
      description: 'A look is under way.',
      invoke: {
        id: 'look', src: 'look', input: ({ context }) => ({ instance: context.instance, check: context.check }),
        onDone: [
          { guard: 'passed', target: 'passing', actions: { type: 'note', params: { forgiven: false } } },
          { guard: 'forgiven', target: 'waiting', actions: { type: 'note', params: { forgiven: true } } },
          { target: 'failing', actions: { type: 'note', params: { forgiven: false } } },
        ],
        onError: { target: 'waiting', actions: 'broken' },
      },
    },
    passing: { description: 'The last look was good.', after: { interval: 'probing' } },
    failing: { description: 'The last look was bad.', after: { retry: 'probing' } },
  },
});

// The head of an agent: sees all before it does anything, has app-supervisors started and started again, owns the link. One bad
// app never takes the others down.
import { assign, enqueueActions, setup, spawnChild, stopChild } from 'xstate';
import { callbackHole, promiseHole } from './effect.ts';
import { eventOf, failureOf } from './event-of.ts';

export interface AgentContext {
  /** mono of the failures of each supervisor that failed lately. */
  failures: Record<string, number[]>;
  /** Why it ended by itself. */
  failure: string | null;
  /** Drains for so long at most, ms from the word. */
  drainMs: number;
  /** How a drain ended it. */
  drained: 'emptied' | 'time-up' | null;
}
export type AgentEvent =
  /** A supervisor of this key is wanted; again and again is the same as once. */
  | { type: 'app.start'; key: string }
  | { type: 'app.crashed'; key: string; mono: number }
  | { type: 'agent.drain'; deadlineMs: number }
  /** Nothing runs here any more. */
  | { type: 'agent.emptied' }
  /** Somebody called the drain off. */
  | { type: 'agent.drainEnded' }
  | { type: 'agent.stop' }
  | { type: 'link.start' }
  | { type: 'xstate.error.actor.link'; error: unknown };
export type AgentEmitted = { type: 'supervisor.wanted'; key: string };

/** Failures older than this do not count for the delay. */
const forgetMs = 600_000;
const startAgainMs = (failures: number): number => Math.min(60_000, 100 * 2 ** Math.min(failures - 1, 10));

const agent = setup({
  types: {} as { context: AgentContext; events: AgentEvent; input: object; emitted: AgentEmitted },
  actors: {
    /** Lock, records, live processes, then desired: nothing is started or stopped before all are seen. */
    recover: promiseHole<void, object>('recover'),
    /** Keeps the line to the master (machines/link.ts, a root actor of its own) for as long as it lives. */
    link: callbackHole<AgentEvent, object>('link'),
  },
  delays: { deadline: ({ context }) => context.drainMs },
  actions: {
    want: enqueueActions(({ event, enqueue }) => {
      enqueue.emit({ type: 'supervisor.wanted', key: eventOf(event, 'app.start').key });
    }),
    startAgain: enqueueActions(({ context, event, enqueue }) => {
      const { key, mono } = eventOf(event, 'app.crashed');
      const lately = [...(context.failures[key] ?? []).filter((at) => mono - at < forgetMs), mono].slice(-20);
      enqueue.assign({ failures: { ...context.failures, [key]: lately } });
      enqueue.raise({ type: 'app.start', key }, { delay: startAgainMs(lately.length) });
    }),
    openLink: spawnChild('link', { id: 'link', input: {} }),
    linkCrashed: enqueueActions(({ enqueue }) => {
      enqueue.stopChild('link');
      enqueue.raise({ type: 'link.start' }, { delay: 1000 });
    }),
    closeLink: stopChild('link'),
    drain: assign({ drainMs: ({ event }) => eventOf(event, 'agent.drain').deadlineMs }),
    emptied: assign({ drained: 'emptied' }),
    timeUp: assign({ drained: 'time-up' }),
    fail: assign({ failure: ({ event }) => failureOf(event) }),
  },
});

const heading = {
  'app.start': { actions: 'want' },
  'app.crashed': { actions: 'startAgain' },
  'link.start': { actions: 'openLink' },
  'xstate.error.actor.link': { actions: 'linkCrashed' },
} as const;

export const agentMachine = agent.createMachine({
  id: 'agent',
  options: { maxIterations: 1000 },
  context: () => ({ failures: {}, failure: null, drainMs: 0, drained: null }),
  initial: 'recovering',
  states: {
    recovering: {
      description: 'Reads records and live processes; starts and stops nothing before it has seen all.',
      invoke: {
        id: 'recover',
        src: 'recover',
        input: {},
        onDone: { target: 'serving', actions: 'openLink' },
        onError: { target: 'stopped', actions: 'fail' },
      },
      on: { 'agent.stop': 'stopped' },
    },
    serving: {
      description: 'Guards what is here and does what is desired.',
      on: { ...heading, 'agent.drain': { target: 'draining', actions: 'drain' }, 'agent.stop': 'stopped' },
    },
    draining: {
      description: 'Takes no new work; ends when nothing runs here, or at the deadline.',
      on: {
        ...heading,
        'agent.emptied': { target: 'stopped', actions: 'emptied' },
        'agent.drainEnded': 'serving',
        'agent.stop': 'stopped',
      },
      after: { deadline: { target: 'stopped', actions: 'timeUp' } },
    },
    stopped: { description: 'Lets go of everything. Processes run on.', entry: 'closeLink', type: 'final' },
  },
});

// The placement actor. Level-triggered: a change only marks it dirty; it reads all again, plans, commits slot by slot with
// compare-and-swap, and plans again until nothing is left to do. What it does, `src/placement` decides.
import { assign, setup } from 'xstate';
import { promiseHole } from './effect.ts';
import { failureOf, outputOf } from './event-of.ts';

/** What came of a plan: how many slots change, how many slots wait, when to look again by itself (null: no time is known). */
export interface Planned {
  changes: number;
  waiting: number;
  wakeInMs: number | null;
  /** How long it took, ms. */
  tookMs: number;
}
export interface Committed {
  written: number;
  /** Lost compare-and-swaps: planned again. */
  refused: number;
}

interface PlacementContext {
  /** Something changed since the plan in work was begun. */
  dirty: boolean;
  waiting: number;
  wakeInMs: number;
  coalesceMs: number;
  /** Conflicts or failures in a row, for the back-off. */
  conflicts: number;
  /** What failed last, for the inspector. */
  failure: string | null;
}
type PlacementEvent = { type: 'cluster.changed' };

/** A look without a reason, ms: what was missed is found. */
export const sweepMs = 30_000;
/** Changes that come while a plan is in work are gathered for as long as two plans take, ms: where plans are cheap nobody waits. */
const coalesceMs = { least: 1, most: 10 };

export const placementMachine = setup({
  types: {} as { context: PlacementContext; events: PlacementEvent },
  actors: {
    plan: promiseHole<Planned, object>('plan'),
    commit: promiseHole<Committed, object>('commit'),
  },
  delays: {
    coalesce: ({ context }) => context.coalesceMs,
    wake: ({ context }) => context.wakeInMs,
    backOff: ({ context }) => Math.min(1000, 10 * 2 ** Math.min(context.conflicts, 7)),
  },
  actions: {
    mark: assign({ dirty: true }),
    begin: assign({ dirty: false }),
    planned: assign({
      waiting: ({ event }) => outputOf<Planned>(event).waiting,
      wakeInMs: ({ event }) => Math.max(1, Math.min(sweepMs, outputOf<Planned>(event).wakeInMs ?? sweepMs)),
      coalesceMs: ({ event }) =>
        Math.max(coalesceMs.least, Math.min(coalesceMs.most, 2 * outputOf<Planned>(event).tookMs)),
    }),
    committed: assign({ conflicts: 0, failure: null }),
    conflict: assign({ conflicts: ({ context }) => context.conflicts + 1 }),
    fail: assign({
      conflicts: ({ context }) => context.conflicts + 1,
      failure: ({ event }) => failureOf(event),
    }),
  },
  guards: {
    changes: ({ event }) => outputOf<Planned>(event).changes > 0,
    refused: ({ event }) => outputOf<Committed>(event).refused > 0,
    dirty: ({ context }) => context.dirty,
    waits: ({ event }) => outputOf<Planned>(event).waiting > 0,
  },
}).createMachine({
  id: 'placement',
  options: { maxIterations: 1000 },
  context: () => ({
    dirty: false,
    waiting: 0,
    wakeInMs: sweepMs,
    coalesceMs: coalesceMs.least,
    conflicts: 0,
    failure: null,
  }),
  initial: 'settling',
  states: {
    settling: {
      description: 'Nothing is in work.',
      initial: 'resting',
      states: {
        resting: {
          description: 'Every slot is as it should be.',
          on: { 'cluster.changed': '#placement.planning' },
          after: { wake: '#placement.planning' },
        },
        coalescing: {
          description: 'Changes came during the last plan: they are gathered.',
          on: { 'cluster.changed': { actions: 'mark' } },
          after: { coalesce: '#placement.planning' },
        },
      },
    },
    planning: {
      description: 'Reads desired and observed state and the nodes anew, and plans.',
      entry: 'begin',
      invoke: {
        src: 'plan',
        input: {},
        onDone: [
          { guard: 'changes', target: 'committing', actions: 'planned' },
          { guard: 'dirty', target: 'settling.coalescing', actions: ['planned', 'committed'] },
          { guard: 'waits', target: 'blocked', actions: ['planned', 'committed'] },
          { target: 'settling', actions: ['planned', 'committed'] },
        ],
        onError: { target: 'conflicted', actions: 'fail' },
      },
      on: { 'cluster.changed': { actions: 'mark' } },
    },
    committing: {
      description: 'Slot by slot, compare-and-swap.',
      invoke: {
        src: 'commit',
        input: {},
        onDone: [
          { guard: 'refused', target: 'conflicted', actions: 'conflict' },
          { target: 'settling.coalescing', actions: 'committed' },
        ],
        onError: { target: 'conflicted', actions: 'fail' },
      },
      on: { 'cluster.changed': { actions: 'mark' } },
    },
    conflicted: {
      description: 'A record was not as planned, or the store failed: read again and plan again, later each time.',
      on: { 'cluster.changed': { actions: 'mark' } },
      after: { backOff: 'planning' },
    },
    blocked: {
      description: 'Some slots wait: for a node, for room, or for a time.',
      on: { 'cluster.changed': 'planning' },
      after: { wake: 'planning' },
    },
  },
});

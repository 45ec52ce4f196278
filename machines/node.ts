// The master's view of one node: a root actor a node, in a plain Map. Cordon and drain are stored facts of the node, suspect
// and lost are facts of its link; the state shows the worse. Beats never come here, only their absence and return.
import { assign, setup } from 'xstate';

interface NodeInput {
  id: string;
  cordoned: boolean;
  draining: boolean;
}
interface NodeContext extends NodeInput {
  /** false: it belongs to another hub, reports and obeys nothing. */
  obeys: boolean;
  /** When the current state was entered, epoch ms; 0: since the master's start. */
  since: number;
}
export type NodeEvent =
  /** Its hello was accepted. */
  | { type: 'node.connected'; obeys: boolean; at: number }
  /** Beats came again on the same link. */
  | { type: 'node.resumed'; at: number }
  /** No beat for `suspectMs`. */
  | { type: 'node.silenced'; at: number }
  /** No beat for `lostMs`. */
  | { type: 'node.vanished'; at: number }
  /** Stored facts, after their write. */
  | { type: 'node.cordoned'; at: number }
  | { type: 'node.uncordoned'; at: number }
  | { type: 'node.drainBegan'; at: number };

const node = setup({
  types: {} as { context: NodeContext; events: NodeEvent; input: NodeInput },
  actions: {
    enter: assign({ since: ({ event }) => event.at }),
    answered: assign({
      since: ({ event }) => event.at,
      obeys: ({ event, context }) => (event.type === 'node.connected' ? event.obeys : context.obeys),
    }),
    cordon: assign({ cordoned: true, draining: false }),
    uncordon: assign({ cordoned: false, draining: false }),
    drain: assign({ cordoned: true, draining: true }),
  },
  guards: {
    foreign: ({ event, context }) => !(event.type === 'node.connected' ? event.obeys : context.obeys),
    draining: ({ context }) => context.draining,
    cordoned: ({ context }) => context.cordoned,
  },
});

/** Where a node that answers belongs, by its stored facts. */
const answers = [
  { guard: 'foreign', target: 'joining', actions: 'answered' },
  { guard: 'draining', target: 'draining', actions: 'answered' },
  { guard: 'cordoned', target: 'cordoned', actions: 'answered' },
  { target: 'ready', actions: 'answered' },
] as const;

/** Facts that change while the link decides what is shown. */
const kept = {
  'node.cordoned': { actions: 'cordon' },
  'node.uncordoned': { actions: 'uncordon' },
  'node.drainBegan': { actions: 'drain' },
} as const;
const silence = {
  'node.silenced': { target: 'suspect', actions: 'enter' },
  'node.vanished': { target: 'lost', actions: 'enter' },
} as const;

export const nodeMachine = node.createMachine({
  id: 'node',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    id: input?.id ?? '',
    cordoned: input?.cordoned ?? false,
    draining: input?.draining ?? false,
    obeys: true,
    since: 0,
  }),
  initial: 'joining',
  on: { 'node.connected': answers.map((to) => ({ ...to, target: `.${to.target}` as const })) },
  states: {
    joining: {
      description: 'Not heard from yet, or of another hub: gets no work.',
      on: { ...kept, ...silence },
    },
    ready: {
      description: 'Takes work.',
      on: {
        ...silence,
        'node.cordoned': { target: 'cordoned', actions: ['cordon', 'enter'] },
        'node.drainBegan': { target: 'draining', actions: ['drain', 'enter'] },
      },
    },
    cordoned: {
      description: 'Keeps its work, takes no more.',
      on: {
        ...silence,
        'node.uncordoned': { target: 'ready', actions: ['uncordon', 'enter'] },
        'node.drainBegan': { target: 'draining', actions: ['drain', 'enter'] },
      },
    },
    draining: {
      description: 'Its work moves elsewhere; then it is cordoned and empty.',
      on: {
        ...silence,
        'node.uncordoned': { target: 'ready', actions: ['uncordon', 'enter'] },
        'node.cordoned': { target: 'cordoned', actions: ['cordon', 'enter'] },
      },
    },
    suspect: {
      description: 'Silent: its work is left alone, no more is given.',
      on: { ...kept, 'node.resumed': [...answers], 'node.vanished': { target: 'lost', actions: 'enter' } },
    },
    lost: {
      description: 'Silent for too long: its slots are replaced.',
      on: { ...kept, 'node.resumed': [...answers] },
    },
  },
});

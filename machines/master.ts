// The head of a master: recover, serve, end in order. Who hears of a higher term than its own recovers again above it.
import { assign, setup } from 'xstate';
import { callbackHole, promiseHole } from './effect.ts';
import { failureOf } from './event-of.ts';

export interface Above {
  term: number;
  epoch: number;
}
export interface RecoverInput {
  above: Above;
}
export interface MasterContext {
  /** Term and epoch that this leadership must lie above: what agents have seen. */
  above: Above;
  /** Why it ended by itself, null after a stop that was asked for. */
  failure: string | null;
}
export type MasterEvent =
  /** An agent has seen a higher term or epoch than ours: our store is older than the cluster. */
  { type: 'term.outranked'; above: Above } | { type: 'master.stop' };

export const masterMachine = setup({
  types: {} as { context: MasterContext; events: MasterEvent; input: { above?: Above } },
  actors: {
    /** Reads the store, draws the term, rewrites the records under it: what an earlier leader still writes is refused then. */
    recover: promiseHole<void, RecoverInput>('recover'),
    /** Everything that runs while it leads; disposed in reverse. */
    serve: callbackHole<MasterEvent, object>('serve'),
    shutDown: promiseHole<void, object>('shutDown'),
  },
  actions: {
    raiseAbove: assign({
      above: ({ context, event }) =>
        event.type === 'term.outranked'
          ? {
              term: Math.max(context.above.term, event.above.term),
              epoch: Math.max(context.above.epoch, event.above.epoch),
            }
          : context.above,
    }),
    fail: assign({ failure: ({ event }) => failureOf(event) }),
  },
}).createMachine({
  id: 'master',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ above: input?.above ?? { term: 0, epoch: 0 }, failure: null }),
  initial: 'recovering',
  states: {
    recovering: {
      description: 'Reads what is acknowledged, takes a term above all seen. Stops nothing, starts nothing.',
      invoke: {
        src: 'recover',
        input: ({ context }) => ({ above: context.above }),
        onDone: 'serving',
        onError: { target: 'stopping', actions: 'fail' },
      },
      on: {
        'term.outranked': { target: 'recovering', reenter: true, actions: 'raiseAbove' },
        'master.stop': 'stopping',
      },
    },
    serving: {
      description: 'Leads: agents connect, slots are placed.',
      invoke: { src: 'serve', input: {}, onError: { target: 'stopping', actions: 'fail' } },
      on: {
        'term.outranked': { target: 'recovering', actions: 'raiseAbove' },
        'master.stop': 'stopping',
      },
    },
    stopping: {
      description: 'Ends links and timers, writes what is written behind. Processes run on.',
      initial: 'closing',
      states: {
        closing: {
          invoke: { src: 'shutDown', input: {}, onDone: 'closed', onError: { target: 'closed', actions: 'fail' } },
        },
        closed: { type: 'final' },
      },
    },
  },
});

// The agent's line to its master: a WebSocket; where that cannot pass, HTTP long-poll, from which it tries the WebSocket again.
// The line itself (bytes, frames, beats) is the effect's; here is only which one is in use, and when to try again.
import { assign, setup } from 'xstate';
import { callbackHole, promiseHole } from './effect.ts';
import { outputOf } from './event-of.ts';

/** Facts of a line. `chance` 0..1 spreads the agents of a master that comes back; drawn by the effect. */
export type LinkEvent =
  | { type: 'line.welcomed' }
  | { type: 'line.closed'; reason: string; chance: number }
  | { type: 'line.refused'; code: string; detail: string; final: boolean; chance: number }
  | { type: 'link.stop' };

interface LinkContext {
  /** Rounds (socket and poll) that failed in a row. */
  failures: number;
  chance: number;
  /** Why there is no line, for people. */
  trouble: string | null;
  /** The master will not have this node until somebody acts. */
  final: boolean;
}

/** ms */
const linkTimes = { connect: 5_000, tryAgain: 30_000, first: 250, longest: 5_000, refused: 60_000 };

export const linkMachine = setup({
  types: {} as { context: LinkContext; events: LinkEvent },
  actors: {
    /** Opens a WebSocket, says hello, carries frames until it ends. */
    socket: callbackHole<LinkEvent, object>('socket'),
    /** The same by POST and long-poll. */
    poll: callbackHole<LinkEvent, object>('poll'),
    /** Whether a WebSocket would pass now. */
    tryout: promiseHole<boolean, object>('tryout'),
  },
  delays: {
    connect: linkTimes.connect,
    tryAgain: linkTimes.tryAgain,
    /** Doubles to 5 s, then up to half of it off: a master that comes back is not met by all at once. */
    backOff: ({ context }) =>
      context.final
        ? linkTimes.refused
        : Math.min(linkTimes.longest, linkTimes.first * 2 ** Math.min(context.failures, 10)) * (1 - context.chance / 2),
  },
  guards: { passes: ({ event }) => outputOf<boolean>(event) },
  actions: {
    welcomed: assign({ failures: 0, trouble: null, final: false }),
    failed: assign(({ context, event }) => {
      if (event.type === 'line.closed')
        return { failures: context.failures + 1, chance: event.chance, trouble: event.reason, final: false };
      if (event.type === 'line.refused')
        return { failures: context.failures + 1, chance: event.chance, trouble: event.detail, final: event.final };
      return { failures: context.failures + 1, trouble: 'the master does not answer', final: false };
    }),
  },
}).createMachine({
  id: 'link',
  options: { maxIterations: 1000 },
  context: () => ({ failures: 0, chance: 0, trouble: null, final: false }),
  initial: 'wired',
  on: { 'link.stop': '.stopped' },
  states: {
    wired: {
      description: 'By WebSocket.',
      invoke: { src: 'socket', input: {}, onError: { target: 'polling', actions: 'failed' } },
      initial: 'connecting',
      states: {
        connecting: {
          description: 'Opened, hello said, no welcome yet.',
          on: {
            'line.welcomed': { target: 'open', actions: 'welcomed' },
            'line.closed': '#link.polling',
            'line.refused': { target: '#link.backingOff', actions: 'failed' },
          },
          after: { connect: '#link.polling' },
        },
        open: {
          on: {
            'line.closed': { target: '#link.backingOff', actions: 'failed' },
            'line.refused': { target: '#link.backingOff', actions: 'failed' },
          },
        },
      },
    },
    polling: {
      description: 'By HTTP: the WebSocket did not pass.',
      invoke: { src: 'poll', input: {}, onError: { target: 'backingOff', actions: 'failed' } },
      on: {
        'line.closed': { target: 'backingOff', actions: 'failed' },
        'line.refused': { target: 'backingOff', actions: 'failed' },
      },
      initial: 'greeting',
      states: {
        greeting: {
          on: { 'line.welcomed': { target: 'up', actions: 'welcomed' } },
          after: { connect: { target: '#link.backingOff', actions: 'failed' } },
        },
        up: { after: { tryAgain: 'tryingSocket' } },
        tryingSocket: {
          description: 'The long-poll goes on meanwhile.',
          invoke: {
            src: 'tryout',
            input: {},
            onDone: [{ guard: 'passes', target: '#link.wired' }, { target: 'up' }],
            onError: 'up',
          },
        },
      },
    },
    backingOff: {
      description: 'No line: waits, longer each time.',
      after: { backOff: 'wired' },
    },
    stopped: { type: 'final', description: 'Ended in order: nothing is tried any more.' },
  },
});

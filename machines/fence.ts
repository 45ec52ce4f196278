// How long this node may hold the slots that must never run twice (`onPartition: stop-self`). Every acknowledged beat begins the
// count anew; without one, each deadline that is reached is told, the earliest first. Silence is counted here, in one timer a node;
// which instances it concerns is the wiring's.
import { enqueueActions, setup } from 'xstate';

interface FenceContext {
  /** ms of silence at which some instance has to begin to stop itself; ascending, each once. Empty: none has to. */
  deadlines: number[];
  /** How many of them have been reached since the last contact. */
  reached: number;
  /** ms until the next one. */
  leftMs: number;
}
/** `silentMs`: since the sending of the last beat that the master acknowledged, when the event was made. */
type FenceEvent =
  | { type: 'contact.made'; silentMs: number }
  /** Other instances stop themselves now, or at other times. */
  | { type: 'fence.adjust'; deadlines: number[]; silentMs: number };
type FenceEmitted = { type: 'deadline.reached'; deadlineMs: number };

const fence = setup({
  types: {} as { context: FenceContext; events: FenceEvent; emitted: FenceEmitted },
  delays: { nextDeadline: ({ context }) => context.leftMs },
  guards: {
    none: ({ context }) => context.deadlines.length === 0,
    all: ({ context }) => context.reached >= context.deadlines.length,
  },
  actions: {
    /** What the silence has reached already is told at once; a deadline that is reached stays so until contact is made. */
    count: enqueueActions(({ context, event, enqueue }) => {
      const { silentMs } = event;
      const deadlines = event.type === 'fence.adjust' ? event.deadlines : context.deadlines;
      const reached = deadlines.filter((deadline) => deadline <= silentMs).length;
      enqueue.assign({ deadlines, reached, leftMs: Math.max(0, (deadlines[reached] ?? 0) - silentMs) });
      if (reached > 0) enqueue.emit({ type: 'deadline.reached', deadlineMs: deadlines[reached - 1]! });
    }),
    reach: enqueueActions(({ context: { deadlines, reached }, enqueue }) => {
      enqueue.emit({ type: 'deadline.reached', deadlineMs: deadlines[reached]! });
      enqueue.assign({ reached: reached + 1, leftMs: (deadlines[reached + 1] ?? 0) - deadlines[reached]! });
    }),
  },
});

const judged = {
  'contact.made': { target: 'judging', actions: 'count' },
  'fence.adjust': { target: 'judging', actions: 'count' },
} as const;

export const fenceMachine = fence.createMachine({
  id: 'fence',
  options: { maxIterations: 1000 },
  context: () => ({ deadlines: [], reached: 0, leftMs: 0 }),
  initial: 'open',
  states: {
    judging: {
      description: 'Looks at what the silence has reached.',
      always: [{ guard: 'none', target: 'open' }, { guard: 'all', target: 'closed' }, { target: 'counting' }],
    },
    open: { description: 'No instance here stops itself.', on: judged },
    counting: {
      description: 'The master acknowledged a beat lately, or some instances may still run on.',
      on: judged,
      after: { nextDeadline: { target: 'judging', actions: 'reach' } },
    },
    closed: {
      description: 'Cut off for too long: whatever stops itself has been told to, and does not start.',
      on: judged,
    },
  },
});

// Guards the instances of one app on this node, at most 100: one child each. Owns every restart: a child that is down asks, the
// model decides, the answer goes back. Crashes of an actor (never of a program) count against the supervisor itself.
import { supervisorActions } from './supervisor/actions.ts';

const guarding = {
  'instance.tell': { guard: 'knows', actions: 'tell' },
  'policy.adjust': { guard: 'knows', actions: 'adjustPolicy' },
  'restart.asked': { guard: 'knows', actions: ['judge', 'giveTurns'] },
  'turn.asked': { guard: 'knows', actions: ['queue', 'giveTurns'] },
  'turn.withdrawn': { actions: ['unqueue', 'giveTurns'] },
  'instance.becameReady': { guard: 'knows', actions: ['becameReady', 'giveTurns'] },
  'escalation.answered': [
    { guard: 'openAndAsked', actions: 'stay' },
    { guard: 'open', actions: 'close' },
  ],
  'escalation.expired': { guard: 'openAndAsked', actions: 'stay' },
  'instance.revive': [
    { guard: 'overwhelming', target: 'overwhelmed' },
    { guard: 'knows', actions: 'revive' },
  ],
  'xstate.error.actor.*': { actions: ['crashed', 'giveTurns'] },
} as const;

export const appSupervisorMachine = supervisorActions.createMachine({
  id: 'app-supervisor',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    key: input?.key ?? '',
    app: input?.app ?? '',
    answerMs: input?.answerMs ?? 0,
    children: {},
    queue: [],
  }),
  initial: 'idle',
  states: {
    idle: { description: 'Guards nothing.', on: { 'instance.add': { target: 'guarding', actions: 'add' } } },
    guarding: {
      description: 'Has children: answers each, one for one.',
      on: {
        ...guarding,
        'instance.add': { guard: 'isFree', actions: 'add' },
        'xstate.done.actor.*': [
          { guard: 'isLast', target: 'idle', actions: 'ended' },
          { actions: ['ended', 'giveTurns'] },
        ],
      },
    },
    overwhelmed: {
      description: 'Its actors crash again and again: fails, so that its parent starts it anew.',
      type: 'final',
    },
  },
});

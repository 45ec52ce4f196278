// Guards the instances of one app on this node, at most 100: one child each. Owns every restart: a child that is down asks, the
// model decides, the answer goes back. Crashes of an actor (never of a program) count against the supervisor itself.
import { enqueueActions, setup } from 'xstate';
import { clearedHistory } from '../src/model/instance/restart.ts';
import { instanceMachine } from './instance.ts';
import type { InstanceEvent } from './instance-facts.ts';
import {
  idOf,
  isOpen,
  isOverwhelmed,
  judge,
  mayTakeTurn,
  stay,
  withCrash,
  type ChildFacts,
  type Judgement,
  type SupervisorContext,
  type SupervisorEmitted,
  type SupervisorEvent,
  type SupervisorInput,
} from './supervision.ts';

type Of<T extends SupervisorEvent['type']> = Extract<SupervisorEvent, { type: T }>;
const as = <T extends SupervisorEvent['type']>(event: { type: string }, _type: T): Of<T> => event as Of<T>;
const held: InstanceEvent = { type: 'restart.held' };
const turn: InstanceEvent = {
  type: 'restart.granted',
  plan: { at: 0, delayMs: 0, crashLoop: false, deaths: 0, held: false, periodSeconds: 0, closed: false },
};

const supervisor = setup({
  types: {} as {
    context: SupervisorContext;
    events: SupervisorEvent;
    input: SupervisorInput;
    emitted: SupervisorEmitted;
  },
  actors: { instance: instanceMachine },
  guards: {
    knows: ({ context, event }) => (event as { id: string }).id in context.children,
    /** Its word, for a child that still waits for it. */
    open: ({ context, event }) =>
      isOpen(context.children[as(event, 'escalation.answered').id], as(event, 'escalation.answered').launch),
    openAndAsked: ({ context, event }) => {
      const { id, launch } = as(event, 'escalation.answered');
      return isOpen(context.children[id], launch) && context.children[id]!.asked;
    },
    isFree: ({ context, event }) => {
      const { child, input } = as(event, 'instance.add');
      return !(input.id in context.children) && idOf(context.children, child) === undefined;
    },
    isLast: ({ context, event }) => {
      const id = idOf(context.children, (event as { actorId: string }).actorId);
      return Object.keys(context.children).every((other) => other === id);
    },
    overwhelming: ({ context, event }) => {
      const { id, mono } = as(event, 'instance.revive');
      const child = context.children[id];
      return isOverwhelmed(child && { ...child, crashes: withCrash(child.crashes, mono) });
    },
  },
  actions: {
    add: enqueueActions(({ context, event, enqueue }) => {
      const { child, input, policy, history } = as(event, 'instance.add');
      const facts: ChildFacts = {
        child,
        policy,
        history,
        phase: 'starting',
        crashes: [],
        answered: true,
        asked: false,
        chance: input.chance,
        endedAt: 0,
      };
      enqueue.assign({ children: { ...context.children, [input.id]: facts } });
      enqueue.spawnChild('instance', { id: child, input });
      enqueue.emit({ type: 'instance.spawned', id: input.id, child });
    }),
    tell: enqueueActions(({ context, event, enqueue }) => {
      const { id, event: word } = as(event, 'instance.tell'),
        facts = context.children[id]!;
      if (word.type === 'instance.restart')
        enqueue.assign({
          children: {
            ...context.children,
            [id]: { ...facts, history: clearedHistory(), answered: true, asked: false, phase: 'starting' },
          },
        });
      enqueue.sendTo(facts.child, word);
    }),
    adjustPolicy: enqueueActions(({ context, event, enqueue }) => {
      const { id, policy } = as(event, 'policy.adjust');
      enqueue.assign({ children: { ...context.children, [id]: { ...context.children[id]!, policy } } });
    }),
    judge: enqueueActions(({ context, event, enqueue }) => {
      const asked = as(event, 'restart.asked');
      const { facts, answer, escalate }: Judgement = judge(context.children[asked.id]!, asked, context.answerMs);
      enqueue.assign({ children: { ...context.children, [asked.id]: facts } });
      if (answer) enqueue.sendTo(facts.child, answer);
      if (!escalate) return;
      enqueue.cancel(`answer.${facts.child}`);
      enqueue.raise(
        { type: 'escalation.expired', id: asked.id, launch: escalate.launch },
        { id: `answer.${facts.child}`, delay: context.answerMs },
      );
    }),
    /** `answered` false: nobody said anything; the escalation stays open, the child goes on all the same. */
    stay: enqueueActions(({ context, event, enqueue }) => {
      const { id } = event as { id: string },
        answered = event.type === 'escalation.answered';
      const { facts, answer } = stay({ ...context.children[id]!, answered });
      enqueue.cancel(`answer.${facts.child}`);
      enqueue.assign({ children: { ...context.children, [id]: facts } });
      enqueue.sendTo(facts.child, answer!);
    }),
    close: enqueueActions(({ context, event, enqueue }) => {
      const facts = context.children[as(event, 'escalation.answered').id]!;
      enqueue.assign({
        children: { ...context.children, [as(event, 'escalation.answered').id]: { ...facts, answered: true } },
      });
      enqueue.sendTo(facts.child, { type: 'escalation.closed' } satisfies InstanceEvent);
    }),
    becameReady: enqueueActions(({ context, event, enqueue }) => {
      const { id } = as(event, 'instance.becameReady');
      enqueue.assign({ children: { ...context.children, [id]: { ...context.children[id]!, phase: 'up' } } });
    }),
    queue: enqueueActions(({ context, event, enqueue }) => {
      const { id } = as(event, 'turn.asked');
      enqueue.assign({
        children: { ...context.children, [id]: { ...context.children[id]!, phase: 'failing' } },
        queue: [...context.queue, id],
      });
      enqueue.sendTo(context.children[id]!.child, held);
    }),
    unqueue: enqueueActions(({ context, event, enqueue }) => {
      enqueue.assign({ queue: context.queue.filter((id) => id !== as(event, 'turn.withdrawn').id) });
    }),
    /** Whatever happened, somebody may be next. */
    giveTurns: enqueueActions(({ context, enqueue }) => {
      if (context.queue.length === 0) return;
      const children = { ...context.children },
        queue = context.queue.filter((id) => children[id]?.phase === 'failing');
      while (queue.length > 0 && mayTakeTurn(children)) {
        const id = queue.shift()!;
        children[id] = { ...children[id]!, phase: 'turn' };
        enqueue.sendTo(children[id].child, turn);
      }
      enqueue.assign({ children, queue });
    }),
    crashed: enqueueActions(({ context, event, enqueue }) => {
      const { actorId, error } = event as unknown as { actorId: string; error: unknown };
      enqueue.stopChild(actorId);
      enqueue.emit({
        type: 'instance.crashed',
        id: idOf(context.children, actorId) ?? actorId,
        error: error instanceof Error ? error.message : String(error),
      });
    }),
    revive: enqueueActions(({ context, event, enqueue }) => {
      const { id, input, mono } = as(event, 'instance.revive'),
        facts = context.children[id]!;
      enqueue.assign({
        children: { ...context.children, [id]: { ...facts, crashes: withCrash(facts.crashes, mono) } },
      });
      enqueue.spawnChild('instance', { id: facts.child, input });
      enqueue.emit({ type: 'instance.spawned', id, child: facts.child });
    }),
    ended: enqueueActions(({ context, event, enqueue }) => {
      const { actorId } = event as unknown as { actorId: string },
        id = idOf(context.children, actorId);
      enqueue.stopChild(actorId);
      if (id === undefined) return;
      const { [id]: gone, ...children } = context.children;
      enqueue.cancel(`answer.${gone!.child}`);
      enqueue.assign({ children });
      enqueue.emit({ type: 'instance.ended', id });
    }),
  },
});

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

export const appSupervisorMachine = supervisor.createMachine({
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

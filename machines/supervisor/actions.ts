// What an app-supervisor does when it hears something.
import { enqueueActions } from 'xstate';
import { clearedHistory } from '../../src/model/instance/restart.ts';
import { childOf, eventOf, failureOf } from '../event-of.ts';
import type { InstanceEvent } from '../instance/events.ts';
import { judge, mayTakeTurn, stay } from './supervision.ts';
import { idOf, withChild, withCrash, type ChildFacts } from './facts.ts';
import { supervisorSetup } from './setup.ts';

const held: InstanceEvent = { type: 'restart.held' };
const escalationClosed: InstanceEvent = { type: 'escalation.closed' };
const turn: InstanceEvent = {
  type: 'restart.granted',
  plan: { at: 0, delayMs: 0, crashLoop: false, deaths: 0, held: false, periodSeconds: 0, closed: false },
};
/** The timer that waits for the parent's answer to a child's escalation. */
const answerTimer = ({ child }: ChildFacts): string => `answer.${child}`;

export const supervisorActions = supervisorSetup.extend({
  actions: {
    add: enqueueActions(({ context, event, enqueue }) => {
      const { child, input, policy, history } = eventOf(event, 'instance.add');
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
      enqueue.assign({ children: withChild(context.children, input.id, facts) });
      enqueue.spawnChild('instance', { id: child, input });
      enqueue.emit({ type: 'instance.spawned', id: input.id, child });
    }),
    tell: enqueueActions(({ context, event, enqueue }) => {
      const { id, event: word } = eventOf(event, 'instance.tell');
      if (word.type === 'instance.restart') {
        const afresh = { history: clearedHistory(), answered: true, asked: false, phase: 'starting' as const };
        enqueue.assign({ children: withChild(context.children, id, afresh) });
      }
      enqueue.sendTo(context.children[id]!.child, word);
    }),
    adjustPolicy: enqueueActions(({ context, event, enqueue }) => {
      const { id, policy } = eventOf(event, 'policy.adjust');
      enqueue.assign({ children: withChild(context.children, id, { policy }) });
    }),
    judge: enqueueActions(({ context, event, enqueue }) => {
      const asked = eventOf(event, 'restart.asked');
      const { facts, answer, escalate } = judge(context.children[asked.id]!, asked, context.answerMs);
      enqueue.assign({ children: withChild(context.children, asked.id, facts) });
      if (answer) enqueue.sendTo(facts.child, answer);
      if (!escalate) return;
      const expired = { type: 'escalation.expired', id: asked.id, launch: escalate.launch } as const;
      enqueue.cancel(answerTimer(facts));
      enqueue.raise(expired, { id: answerTimer(facts), delay: context.answerMs });
    }),
    /** `answered` false: nobody said anything; the escalation stays open, the child goes on all the same. */
    stay: enqueueActions(({ context, event, enqueue }) => {
      const { id, type } = eventOf(event, 'escalation.answered', 'escalation.expired');
      const { facts, answer } = stay({ ...context.children[id]!, answered: type === 'escalation.answered' });
      enqueue.cancel(answerTimer(facts));
      enqueue.assign({ children: withChild(context.children, id, facts) });
      enqueue.sendTo(facts.child, answer!);
    }),
    close: enqueueActions(({ context, event, enqueue }) => {
      const { id } = eventOf(event, 'escalation.answered');
      enqueue.assign({ children: withChild(context.children, id, { answered: true }) });
      enqueue.sendTo(context.children[id]!.child, escalationClosed);
    }),
    becameReady: enqueueActions(({ context, event, enqueue }) => {
      const { id } = eventOf(event, 'instance.becameReady');
      enqueue.assign({ children: withChild(context.children, id, { phase: 'up' }) });
    }),
    queue: enqueueActions(({ context, event, enqueue }) => {
      const { id } = eventOf(event, 'turn.asked');
      enqueue.assign({
        children: withChild(context.children, id, { phase: 'failing' }),
        queue: [...context.queue, id],
      });
      enqueue.sendTo(context.children[id]!.child, held);
    }),
    unqueue: enqueueActions(({ context, event, enqueue }) => {
      const { id: gone } = eventOf(event, 'turn.withdrawn');
      enqueue.assign({ queue: context.queue.filter((id) => id !== gone) });
    }),
    /** Whatever happened, somebody may be next. */
    giveTurns: enqueueActions(({ context, enqueue }) => {
      if (context.queue.length === 0) return;
      let children = context.children;
      const queue = context.queue.filter((id) => children[id]?.phase === 'failing');
      while (queue.length > 0 && mayTakeTurn(children)) {
        const id = queue.shift()!;
        children = withChild(children, id, { phase: 'turn' });
        enqueue.sendTo(children[id]!.child, turn);
      }
      enqueue.assign({ children, queue });
    }),
    crashed: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(event);
      enqueue.stopChild(child);
      enqueue.emit({
        type: 'instance.crashed',
        id: idOf(context.children, child) ?? child,
        error: failureOf(event),
      });
    }),
    revive: enqueueActions(({ context, event, enqueue }) => {
      const { id, input, mono } = eventOf(event, 'instance.revive');
      const { child, crashes } = context.children[id]!;
      enqueue.assign({ children: withChild(context.children, id, { crashes: withCrash(crashes, mono) }) });
      enqueue.spawnChild('instance', { id: child, input });
      enqueue.emit({ type: 'instance.spawned', id, child });
    }),
    ended: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(event);
      const id = idOf(context.children, child);
      enqueue.stopChild(child);
      if (id === undefined) return;
      const { [id]: gone, ...children } = context.children;
      enqueue.cancel(answerTimer(gone!));
      enqueue.assign({ children });
      enqueue.emit({ type: 'instance.ended', id });
    }),
  },
});

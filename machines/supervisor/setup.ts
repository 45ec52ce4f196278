// What an app-supervisor's chart can name beside its actions: the actor it starts for each child, and its guards.
import { setup } from 'xstate';
import { childOf, eventOf } from '../event-of.ts';
import { instanceMachine } from '../instance.ts';
import { isOpen } from './supervision.ts';
import {
  idOf,
  isOverwhelmed,
  withCrash,
  type SupervisorContext,
  type SupervisorEmitted,
  type SupervisorEvent,
  type SupervisorInput,
} from './facts.ts';

export const supervisorSetup = setup({
  types: {} as {
    context: SupervisorContext;
    events: SupervisorEvent;
    input: SupervisorInput;
    emitted: SupervisorEmitted;
  },
  actors: { instance: instanceMachine },
  guards: {
    knows: ({ context, event }) => 'id' in event && event.id in context.children,
    /** An escalation that is still open: the word is for it. */
    open: ({ context, event }) => {
      const { id, launch } = eventOf(event, 'escalation.answered');
      return isOpen(context.children[id], launch);
    },
    openAndAsked: ({ context, event }) => {
      const { id, launch } = eventOf(event, 'escalation.answered', 'escalation.expired');
      return isOpen(context.children[id], launch) && context.children[id]!.asked;
    },
    isFree: ({ context, event }) => {
      const { child, input } = eventOf(event, 'instance.add');
      return !(input.id in context.children) && idOf(context.children, child) === undefined;
    },
    isLast: ({ context, event }) => {
      const id = idOf(context.children, childOf(event));
      return Object.keys(context.children).every((other) => other === id);
    },
    overwhelming: ({ context, event }) => {
      const { id, mono } = eventOf(event, 'instance.revive');
      const child = context.children[id];
      return child !== undefined && isOverwhelmed(withCrash(child.crashes, mono));
    },
  },
});

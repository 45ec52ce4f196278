// What an event carries, with its type. The chart decides which events get to an action or a guard; here that is looked at once more.
import { assertEvent, type DoneActorEvent, type ErrorActorEvent, type EventObject } from 'xstate';

/** The event as one of these types. Throws where the chart lets another one come: a mistake in the chart. */
export function eventOf<E extends EventObject, T extends E['type']>(event: E, ...types: T[]): Extract<E, { type: T }> {
  const heard: EventObject = event;
  assertEvent(heard, types);
  return event as Extract<E, { type: T }>;
}

/** What an invoked actor came to, in `onDone`. */
export const outputOf = <T>(event: EventObject): T => (event as DoneActorEvent<T>).output;

/** What an actor broke with, in `onError` and `xstate.error.actor.*`. */
export const errorOf = (event: EventObject): unknown => (event as ErrorActorEvent).error;

/** The same in words. */
export function failureOf(event: EventObject): string {
  const error = errorOf(event);
  return error instanceof Error ? error.message : String(error);
}

/** The child that `xstate.done.actor.*` or `xstate.error.actor.*` tells of. */
export const childOf = (event: EventObject): string => (event as ErrorActorEvent).actorId;

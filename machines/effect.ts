// The typed hole: what a machine needs done but must not do itself. The wiring fills every hole once per process with
// `provide()`; a hole left open fails loudly at its first use, and the architecture test finds it before that.
import {
  fromCallback,
  fromPromise,
  type CallbackActorLogic,
  type EventObject,
  type NonReducibleUnknown,
  type PromiseActorLogic,
} from 'xstate';

const open = new WeakSet<object>();

/** An effect that ends with a result. Aborted by its `signal` when the state that invoked it is left. */
export function promiseHole<Output, Input extends NonReducibleUnknown>(name: string): PromiseActorLogic<Output, Input> {
  const hole = fromPromise<Output, Input>(() => Promise.reject(new Error(`the effect "${name}" was not provided`)));
  open.add(hole);
  return hole;
}

/** An effect that lives, takes commands and reports facts. */
export function callbackHole<Command extends EventObject, Input extends NonReducibleUnknown>(
  name: string,
): CallbackActorLogic<Command, Input> {
  const hole = fromCallback<Command, Input>(() => {
    throw new Error(`the effect "${name}" was not provided`);
  });
  open.add(hole);
  return hole;
}

/** Whether this actor logic is still a hole: for the test that holds the wiring to fill them all. */
export const isOpenHole = (logic: unknown): boolean => typeof logic === 'object' && logic !== null && open.has(logic);

// The history of an instance: what differs between two snapshots of its machine, as events.
import type { InstanceContext } from '../../../../machines/instance/facts.ts';
import type { Assignment } from '../../../model/assignment.ts';
import type { NewEvent } from '../../../model/event.ts';
import { sentences, type Change, type Line } from './sentences.ts';

export interface Told {
  state: string;
  context: InstanceContext;
}
interface Teller {
  app: string;
  slot: number;
  id: string;
  node: string;
}

/** The lines between two snapshots, oldest first. `before` null: its actor has just begun. */
function linesBetween(before: Told | null, after: Told, name: string, at: number): Line[] {
  const from = before?.state ?? null;
  const change: Change = {
    name,
    at,
    was: before?.context ?? null,
    now: after.context,
    from,
    entered: (state) => after.state.startsWith(state) && !from?.startsWith(state),
  };
  return sentences.flatMap((sentence) => sentence(change) ?? []);
}

/** What an agent before this one may have told of an end. */
const ofItsEnd = new Set(['instance.exited', 'instance.failed']);

/** The same as events. @param endTold how it ended is nothing new */
export function narrate(before: Told | null, after: Told, who: Teller, at: number, endTold: boolean): NewEvent[] {
  const subject = { app: who.app, instance: who.id, slot: who.slot, node: who.node };
  const lines = linesBetween(before, after, `${who.app}.${who.slot}`, at);
  const fresh = endTold ? lines.filter(({ kind }) => !ofItsEnd.has(kind)) : lines;
  return fresh.map(({ detail, ...line }) => ({
    at,
    subject,
    detail: detail ?? {},
    ...line,
  }));
}

/** The actor of an instance crashed, and is made again. @param at epoch ms */
export const actorCrashed = ({ id, app, slot }: Assignment, error: string, node: string, at: number): NewEvent => ({
  at,
  kind: 'instance.actorCrashed',
  subject: { app, instance: id, slot, node },
  loudness: 'attention',
  message: `The actor that guards ${app}.${slot} crashed (${error}); the program is not touched and guarded on`,
  detail: { error },
});

/** A supervisor failed. @param at epoch ms */
export const supervisorFailed = (key: string, app: string, why: string, node: string, at: number): NewEvent => ({
  at,
  kind: 'supervisor.failed',
  subject: { app, node },
  loudness: 'attention',
  message: `The supervisor ${key} failed because ${why}; its programs run on and it is started again`,
  detail: {},
});

/** What is remarkable of content that was fetched. @param at epoch ms */
export const contentNoted = ({ id, app }: Assignment, message: string, node: string, at: number): NewEvent => ({
  at,
  kind: 'content.noted',
  subject: { app, instance: id, node },
  loudness: 'attention',
  message,
  detail: {},
});

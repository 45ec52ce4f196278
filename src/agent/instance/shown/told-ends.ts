// Each change of an instance is told, and each end once: one that is not followed by a start at once is marked as told, so that the
// agent's next run, which finds the program ended, does not tell it again.
import { statePath } from '../../../model/instance/instance-status.ts';
import type { AgentContext } from '../../context.ts';
import type { Entry, InstanceSnapshot } from '../entry.ts';
import { narrate } from './narrate.ts';

/** Who starts again sooner is not marked: a restart waits for no file. */
const soonMs = 1000;

/** Tells what differs between two snapshots. @param before null: its actor has just begun */
export function tellMove(
  { node, tell }: Pick<AgentContext, 'node' | 'tell'>,
  entry: Entry,
  before: InstanceSnapshot | null,
  after: InstanceSnapshot,
): void {
  const { app, slot } = entry.record.assignment;
  const told = (one: InstanceSnapshot) => ({ state: statePath(one.value), context: one.context });
  const [was, now] = [before && told(before), told(after)];
  for (const event of narrate(was, now, { app, slot, id: entry.id, node }, Date.now(), entry.endTold)) tell(event);
  const rests = now.state === 'failed' || now.state === 'restarting.waiting';
  if (!rests || was?.state === now.state) return;
  entry.endTold = false; // what comes from here on is another end
  if (now.state === 'failed' || (now.context.plan?.delayMs ?? 0) >= soonMs) entry.program.markEndTold();
}

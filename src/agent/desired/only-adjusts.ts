// Which changes may count before they are on disk: those by which nothing begins or ends, so that an agent that dies in between, and
// finds the set before, does nothing that is not wanted any more. Its hub, which was told nothing yet, tells it again.
import type { DesiredFrame } from '../../protocol/link.ts';
import type { Entry } from '../instance/entry.ts';

/** Whether a frame changes only how what runs here is guarded: another revision with the same hash, new contents of a URI. */
export function onlyAdjusts(
  { from, parts, gone, assignments }: DesiredFrame,
  entries: ReadonlyMap<string, Pick<Entry, 'record' | 'unnamed'>>,
): boolean {
  if (from === 0 || parts !== 1 || gone.length > 0) return false;
  return assignments.every((wanted) => {
    const entry = entries.get(wanted.id);
    if (!entry || entry.unnamed) return false;
    const { goal, owner, epoch, hash, nudge } = entry.record.assignment;
    const same = owner === wanted.owner && epoch === wanted.epoch && hash === wanted.hash && nudge === wanted.nudge;
    return same && goal === 'run' && wanted.goal === 'run' && wanted.onFull === null;
  });
}

// Instances that wait because their node had no room for them (memory, disk, cpus, ports): when something is given back, those that
// fit now start at once, who waited longest first. Their back-off is only the longest they wait.
import type { InstanceEvent } from '../../machines/instance-events.ts';
import { statePath } from '../model/instance/instance-status.ts';
import { demandOf } from '../placement/demand.ts';
import type { Admission, Capacity } from './admission.ts';
import type { Entry } from './instance/entry.ts';

const waits = ({ snapshot }: Entry): boolean =>
  snapshot !== null &&
  snapshot.context.exit?.reason === 'no-room' &&
  statePath(snapshot.value) === 'restarting.waiting';

const since = ({ snapshot }: Entry): number => snapshot?.context.exit?.at ?? 0;

/** Something was given back: whoever fits now is told to start. */
export function startWaiting(
  entries: Iterable<Entry>,
  admission: Admission,
  say: (entry: Entry, event: InstanceEvent) => unknown,
): void {
  for (const entry of whoFits(entries, admission)) {
    const { plan } = entry.snapshot!.context;
    if (plan) say(entry, { type: 'restart.granted', plan: { ...plan, at: Date.now(), delayMs: 0 } });
  }
}

/** Those that may start now: all of them fit together. */
function whoFits(entries: Iterable<Entry>, admission: Admission): Entry[] {
  const promised: Capacity[] = [];
  const waiting = [...entries].filter(waits).sort((a, b) => since(a) - since(b));
  return waiting.filter(({ record }) => {
    const demand = demandOf(record.spec);
    if (admission.lack(demand, promised) !== null) return false;
    promised.push(demand);
    return true;
  });
}

// The life of an instance as stays in statuses, from its events and its present. Pure.
import type { ClusterEvent } from '../../src/model/event.ts';
import { instanceStatuses, type InstanceView } from '../../src/model/instance/instance.ts';
import { eventStatus } from './event-look.ts';

interface Stay {
  status: string;
  from: number;
  /** null: goes on. */
  to: number | null;
  note: string;
}

const statuses = new Set<string>(instanceStatuses.filter((status) => status !== 'unknown'));

/** They happen beside its status and change none of it: commands run in it, warnings of what it uses. */
const beside = /^instance\.(exec(Began|Ended)|memoryHigh|diskHigh|processesFull)$/;

/** The newest `most` stays, oldest first. The last one is what the instance says of itself. */
export function stays(instance: InstanceView, events: readonly ClusterEvent[], most = 14): Stay[] {
  const steps: Stay[] = [];
  for (const e of [...events].sort((a, b) => a.at - b.at || a.seq - b.seq)) {
    const status = eventStatus(e);
    if (e.subject.instance !== instance.id || !statuses.has(status) || beside.test(e.kind)) continue;
    const before = steps.at(-1);
    if (before && before.status === status) {
      if (e.message) before.note = e.message;
      continue;
    }
    if (before) before.to = e.at;
    steps.push({ status, from: e.at, to: null, note: e.message });
  }
  const began = instance.status === 'running' ? (instance.readyAt ?? instance.startedAt ?? instance.at) : instance.at;
  const last = steps.at(-1);
  if (!last || last.status !== instance.status) {
    if (last) last.to = Math.max(last.from, began);
    steps.push({
      status: instance.status,
      from: last ? Math.max(last.from, began) : began,
      to: null,
      note: instance.reason?.text ?? '',
    });
  }
  return steps.slice(-most);
}

/** Widths in px: not to scale, so that 40 ms and 3 h can both be seen; they fill `width`. */
export function stayWidths(list: readonly Stay[], now: number, width: number, gap = 2): number[] {
  if (list.length === 0) return [];
  const weights = list.map((s) => Math.log10(10 + Math.max(0, (s.to ?? now) - s.from) / 100));
  const room = width - gap * (list.length - 1);
  const least = Math.min(18, room / list.length);
  const total = weights.reduce((a, b) => a + b, 0);
  const free = Math.max(0, room - least * list.length);
  return weights.map((w) => least + (free * w) / total);
}

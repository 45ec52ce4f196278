// A plan for people: what would become of every slot of one app, in later batches too. Nothing is written.
import type { PlanView } from '../protocol/views.ts';
import { AppDraft } from './draft.ts';
import { place } from './place.ts';
import { isNew } from './snapshot.ts';
import type { Snapshot, SlotChange } from './snapshot.ts';

const orders = ['place', 'replace', 'move', 'stop', 'wait', 'keep'] as const;
const words: Record<(typeof orders)[number], string> = {
  place: 'to place',
  replace: 'to replace',
  move: 'to move',
  stop: 'to stop',
  wait: 'waiting',
  keep: 'unchanged',
};

function stepOf(change: SlotChange, draft: AppDraft): PlanView['steps'][number] {
  const { slot, what, reason, a, b } = change;
  const made = [a, b].find((held) => held !== null && isNew(held));
  const held = made ?? [a, b].find((h) => h?.goal === 'run') ?? draft.slots.get(slot)?.held[0] ?? null;
  return { slot, what, node: held?.node ?? null, reason };
}

/**
 * The steps for one app of a snapshot in which the change is already in force: one a slot, in the order of the slots.
 * @returns `summary`: "2 to place, 3 to replace, 1 waiting"
 */
export function preview(snapshot: Snapshot, name: string): Pick<PlanView, 'steps' | 'summary' | 'waiting'> {
  const app = snapshot.apps.find(({ record }) => record.name === name);
  if (!app) return { steps: [], summary: 'nothing to do', waiting: [] };
  const draft = new AppDraft(app);
  const plan = place(snapshot);
  const steps = new Map(
    plan.changes.filter((change) => change.app === name).map((change) => [change.slot, stepOf(change, draft)]),
  );
  const waiting = plan.waiting.filter((item) => item.app === name).map(({ slot, reason }) => ({ slot, reason }));
  for (const { slot, reason } of waiting)
    if (!steps.has(slot))
      steps.set(slot, { slot, what: 'wait', node: draft.slots.get(slot)?.run?.node ?? null, reason });
  for (const slot of draft.slots.values()) {
    const { run } = slot;
    if (steps.has(slot.slot) || run === null) continue;
    const later = draft.wanted && draft.outdated(run);
    steps.set(
      slot.slot,
      later
        ? {
            slot: slot.slot,
            what: 'replace',
            node: null,
            reason: 'in a later batch, when the ones before it are healthy',
          }
        : { slot: slot.slot, what: 'keep', node: run.node, reason: 'stays as it is' },
    );
  }
  const list = [...steps.values()].sort((x, y) => x.slot - y.slot);
  const counts = orders
    .map((what) => ({ what, count: list.filter((step) => step.what === what).length }))
    .filter(({ count }) => count > 0);
  return {
    steps: list,
    summary: counts.map(({ what, count }) => `${count} ${words[what]}`).join(', ') || 'nothing to do',
    waiting,
  };
}

// Places what lacks an instance: new slots, and those whose instance was given up or has stopped.
import type { AppDraft, SlotDraft } from '../draft.ts';
import type { Planning } from '../planning.ts';
import { stopsFirst } from './update-order.ts';
import type { WantedSlots } from './wanted.ts';

/** What the app still waits for before its first start, as a sentence; null: nothing. */
function unmetDependency(planning: Planning, draft: AppDraft): string | null {
  for (const { app: name, until } of draft.spec.dependsOn) {
    const app = planning.snapshot.apps.find((other) => other.record.name === name);
    if (!app) return `it depends on ${name}, which does not exist`;
    const ready = app.slots.filter(({ a, b }) =>
      [a, b].some((held) => {
        const seen = held ? app.seen.get(held.id) : undefined;
        return until === 'completed'
          ? seen?.status === 'stopped'
          : until === 'healthy'
            ? seen?.healthySince != null
            : seen?.status === 'running';
      }),
    ).length;
    const needed = app.spec.type === 'system' ? app.slots.length : app.record.scale;
    if (ready < needed || needed === 0) return `it depends on ${name} being ${until}, and ${ready} of ${needed} are`;
  }
  return null;
}

function reasonOf(draft: AppDraft, slot: SlotDraft, scale: number): string {
  if (slot.bury.length > 0 || draft.app.tombstones.some((t) => t.assignment.slot === slot.slot))
    return 'instead of the instance on a lost node';
  if (slot.record && slot.held.length > 0) return 'in place of the one that stops';
  return draft.spec.type === 'system' ? 'one on every matching node' : `${scale} wanted`;
}

/** Gives every slot that lacks an instance one, or says why it waits. */
export function placeMissing(planning: Planning, draft: AppDraft, { missing }: WantedSlots): void {
  if (missing.length === 0) return;
  const dependency = unmetDependency(planning, draft);
  let nothingFits = false;
  for (const { slot, node } of missing) {
    if (slot.run !== null) continue; // came back with its node
    const unknown = draft.app.held.get(slot.slot);
    const stopping = slot.held.find((held) => held.goal === 'stop') ?? null;
    if (unknown !== undefined) {
      planning.wait(
        draft,
        slot.slot,
        'unknown-instance',
        `${unknown} of this slot runs, and the hub does not know why: adopt or stop it`,
      );
    } else if (dependency !== null && slot.record === null && slot.bury.length === 0) {
      planning.wait(draft, slot.slot, 'dependency', dependency);
    } else if (slot.freePlace === null || (stopping && stopsFirst(draft, stopping))) {
      planning.wait(draft, slot.slot, 'stopping', `${planning.nameOf(draft, slot.held[0]!)} has to stop first`);
    } else if (
      nothingFits ||
      !planning.put(draft, slot, 'place', reasonOf(draft, slot, draft.app.record.scale), {
        ...(node === null ? {} : { only: node }),
        avoid: slot.moves?.from ?? null,
      })
    ) {
      // Without a condition of its own, what does not fit for one slot fits for none of the later ones.
      nothingFits = node === null && slot.bury.length === 0 && draft.app.tombstones.length === 0;
      planning.wait(
        draft,
        slot.slot,
        'no-node',
        node === null ? planning.funnel(draft).sentence : planning.lack(draft, node),
      );
    }
  }
}

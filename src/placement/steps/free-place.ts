// Which of the two places of a slot a new assignment takes, and which nodes may not have it there.
import type { AppDraft, SlotDraft } from '../draft.ts';
import type { NodeTable } from '../choosing/node-table.ts';

/** The other place than the one it leaves behind on a lost node, so that either can come back to its own; null: none is free. */
export function placeFor(draft: AppDraft, slot: SlotDraft): 'a' | 'b' | null {
  const buried =
    slot.bury[0] ?? draft.app.tombstones.find(({ assignment }) => assignment.slot === slot.slot)?.assignment;
  if (!buried) return slot.freePlace;
  const other = buried.place === 'a' ? 'b' : 'a';
  return slot[other] === null ? other : slot.freePlace;
}

/** Nodes where the slot's place is still held by a tombstone. */
export function barredNodes(draft: AppDraft, slot: SlotDraft, place: 'a' | 'b', table: NodeTable): Set<number> {
  const barred = new Set<number>();
  const bar = (held: { slot: number; place: 'a' | 'b'; node: string }): void => {
    const node = held.slot === slot.slot && held.place === place ? table.numbers.get(held.node) : undefined;
    if (node !== undefined) barred.add(node);
  };
  for (const { assignment } of draft.app.tombstones) bar(assignment);
  for (const held of slot.bury) bar(held);
  return barred;
}

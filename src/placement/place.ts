// Desired + observed + nodes -> plan. Its steps, in the order in which they come; each is a file beside this one.
import { giveUpLost, settleTombstones } from './steps/lost.ts';
import { placeMissing } from './steps/missing.ts';
import { Planning } from './planning.ts';
import { isQuiet } from './steps/quiet.ts';
import { replaceInstances } from './steps/replace.ts';
import type { Plan, Snapshot, SlotChange } from './snapshot.ts';
import { wantedSlots } from './steps/wanted.ts';
import type { WantedSlots } from './steps/wanted.ts';
import type { AppDraft } from './draft.ts';

/** Slots that have no instance and get none for now. */
const unplaceable: ReadonlySet<string> = new Set(['no-node', 'unknown-instance', 'dependency']);

/**
 * What has to change so that the cluster becomes what is wanted. Pure: the same snapshot, in whatever order its lists are,
 * gives the same plan; and once a plan is committed, the next one changes nothing until something else does.
 *
 * Steps, each over all apps by name: places on lost nodes are given up and what came back is settled; surplus stops; slots
 * without an instance get one; only then, with what room is left, what is there is moved, drained and updated.
 */
export function place(snapshot: Snapshot): Plan {
  const planning = new Planning(snapshot);
  const loud = snapshot.apps
    .filter((app) => !isQuiet(app, planning.table))
    .sort((x, y) => (x.record.name < y.record.name ? -1 : 1))
    .map((app) => planning.draft(app));
  const wanted = new Map<AppDraft, WantedSlots>();
  for (const draft of loud) {
    giveUpLost(planning, draft);
    const slots = wantedSlots(planning, draft);
    wanted.set(draft, slots);
    const numbers = new Set(slots.slots.map((slot) => slot.slot));
    settleTombstones(planning, draft, (slot) => numbers.has(slot));
  }
  // Apps that want to be with others come after them.
  const order = [
    ...loud.filter((d) => d.spec.placement.with.length === 0),
    ...loud.filter((d) => d.spec.placement.with.length > 0),
  ];
  for (const draft of order) placeMissing(planning, draft, wanted.get(draft)!);
  for (const draft of order) {
    const unplaced = planning.waiting.filter((w) => w.app === draft.name && unplaceable.has(w.code)).length;
    replaceInstances(planning, draft, wanted.get(draft)!.slots, unplaced);
  }
  const changes = loud.flatMap((draft) =>
    draft
      .inOrder()
      .map((slot) => slot.change(draft.name))
      .filter((change): change is SlotChange => change !== null),
  );
  const { tombstones, waiting, wakeAt, decisions, late } = planning;
  waiting.sort((x, y) => (x.app < y.app ? -1 : x.app > y.app ? 1 : x.slot - y.slot));
  return { changes, tombstones, waiting, wakeAt, decisions, late };
}

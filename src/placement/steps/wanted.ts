// Which slots an app is to have now: stops those that are too many, names those that lack an instance.
import type { AppDraft, SlotDraft } from '../draft.ts';
import type { Planning } from '../planning.ts';
import { leastUseful, stopSlot } from './surplus.ts';

export interface WantedSlots {
  /** All that are wanted. */
  slots: SlotDraft[];
  /** Of those, what has no instance that is not leaving. `node`: the only one that will do. */
  missing: { slot: SlotDraft; node: number | null }[];
}

const live = (slot: SlotDraft): boolean => slot.run !== null || slot.leave !== null;

/** Decides which slots an app has, and stops the rest. */
export function wantedSlots(planning: Planning, draft: AppDraft): WantedSlots {
  const { record } = draft.app;
  if (!draft.wanted) {
    const reason = record.deleting
      ? 'the app is being deleted'
      : record.start
        ? 'an app of type cron has no lasting instances'
        : 'the app is stopped';
    for (const slot of draft.inOrder()) stopSlot(planning, draft, slot, reason);
    if (record.start && !record.deleting && draft.spec.type === 'cron')
      planning.wait(draft, 0, 'cron', 'apps of type cron are kept, but not run by their schedule yet');
    return { slots: [], missing: [] };
  }
  return draft.spec.type === 'system' ? onEveryNode(planning, draft) : byScale(planning, draft, record.scale);
}

function byScale(planning: Planning, draft: AppDraft, scale: number): WantedSlots {
  const living = draft.inOrder().filter(live);
  if (living.length > scale) {
    const surplus = leastUseful(planning, draft, living, living.length - scale);
    for (const [slot, because] of surplus)
      stopSlot(planning, draft, slot, `${living.length} there, ${scale} wanted: this one stops because ${because}`);
    return { slots: living.filter((slot) => !surplus.has(slot)), missing: [] };
  }
  // Slots of which something still runs are filled first (an unknown instance, one that stops), then the lowest numbers.
  const wanted = new Set(living.map((slot) => slot.slot));
  const lacking = scale - wanted.size;
  const fill = (numbers: Iterable<number>): void => {
    for (const number of numbers) {
      if (wanted.size >= scale) return;
      wanted.add(number);
    }
  };
  if (lacking > 0) {
    fill([...draft.app.held.keys()].sort((x, y) => x - y));
    fill(
      draft.app.tombstones
        .filter((t) => t.assignment.goal !== 'stop')
        .map((t) => t.assignment.slot)
        .sort((x, y) => x - y),
    );
    fill(
      draft
        .inOrder()
        .filter((slot) => !live(slot))
        .map((slot) => slot.slot),
    );
    for (let number = 0; wanted.size < scale; number += 1) wanted.add(number);
  }
  const slots = [...wanted].sort((x, y) => x - y).map((number) => draft.slot(number));
  return { slots, missing: slots.filter((slot) => !live(slot)).map((slot) => ({ slot, node: null })) };
}

/** One on each node that matches; what runs stays while its node matches and is not drained. */
function onEveryNode(planning: Planning, draft: AppDraft): WantedSlots {
  const { table } = planning;
  const matched = table.matches(draft.spec.placement.query);
  const there = new Set<number>();
  const slots: SlotDraft[] = [];
  for (const slot of draft.inOrder().filter(live)) {
    const held = slot.run ?? slot.leave!;
    const node = table.numbers.get(held.node);
    const name = table.label(held.node);
    if (node === undefined || matched[node] !== 1)
      stopSlot(planning, draft, slot, `${name} does not match \`${draft.spec.placement.query}\``);
    else if (table.nodes[node]!.status === 'draining' && !planning.staysOnDrained(held.node))
      stopSlot(planning, draft, slot, `${name} is drained, and everything else has left it`);
    else if (there.has(node)) stopSlot(planning, draft, slot, `there is another one on ${name}`);
    else {
      there.add(node);
      slots.push(slot);
    }
  }
  const lacking = [];
  for (let node = 0; node < table.size; node += 1)
    if (matched[node] === 1 && table.takesWork(node) && !there.has(node)) lacking.push(node);
  // A slot that stops on a node (a stop-first update) is filled there again; the others take the lowest free numbers.
  const stopping = new Map(
    draft
      .inOrder()
      .filter((slot) => !live(slot) && slot.stopping)
      .map((slot) => [table.numbers.get(slot.held[0]!.node), slot]),
  );
  const missing: WantedSlots['missing'] = [];
  let next = 0;
  for (const node of lacking) {
    let slot = stopping.get(node);
    if (!slot) {
      while (taken(draft, next)) next += 1;
      slot = draft.slot(next);
      next += 1;
    }
    missing.push({ slot, node });
    slots.push(slot);
  }
  return { slots: slots.sort((x, y) => x.slot - y.slot), missing };
}

const taken = (draft: AppDraft, number: number): boolean =>
  draft.app.held.has(number) ||
  (draft.slots.get(number)?.held.length ?? 0) > 0 ||
  draft.app.tombstones.some((t) => t.assignment.slot === number);

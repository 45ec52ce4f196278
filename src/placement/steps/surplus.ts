// Which slots an app has, and which it does not need any more. What is surplus goes least useful first:
// without an instance, unhealthy, on nodes that take no work or do not match any more, of what an update has yet to replace, on the
// most crowded node, the youngest.
import type { AppDraft, Held, SlotDraft } from '../draft.ts';
import type { Planning } from '../planning.ts';
import { isMade } from '../snapshot.ts';

/** Why a slot of each class goes before others. */
const classWords = [
  'it has no instance',
  'its instance has failed',
  'its instance is not healthy',
  'its node takes no work or does not match any more',
  'it is still to be updated',
];

/** Usefulness of a slot without regard to crowding: the lowest class goes first. */
function usefulness(planning: Planning, draft: AppDraft, slot: SlotDraft): number {
  const held = slot.run ?? slot.leave;
  if (held === null) return 0;
  if (draft.ended(held) === 'failed') return 1;
  if (!draft.healthy(held) && !draft.healthy(slot.leave) && draft.ended(held) !== 'done') return 2;
  const node = planning.table.numbers.get(held.node);
  if (
    node === undefined ||
    !planning.table.takesWork(node) ||
    planning.table.matches(draft.spec.placement.query)[node] !== 1
  )
    return 3;
  return draft.outdated(serving(draft, slot) ?? held) ? 4 : 5;
}

/** What of a slot does the work: in the middle of an update the one that leaves, until its replacement is healthy. */
const serving = (draft: AppDraft, slot: SlotDraft): Held | null =>
  slot.leave && !draft.healthy(slot.run) ? slot.leave : slot.run;

/** Takes `count` slots out of `slots`, one at a time, each from the node that then has the most of them (`crowd`). */
function fromTheCrowded(
  slots: readonly SlotDraft[],
  all: readonly SlotDraft[],
  count: number,
): { slot: SlotDraft; crowd: number }[] {
  const nodeOf = (slot: SlotDraft): string => (slot.run ?? slot.leave)?.node ?? '';
  const age = (slot: SlotDraft): number => {
    const held = slot.run ?? slot.leave;
    return held && isMade(held) ? held.at : Infinity;
  };
  const crowd = new Map<string, number>();
  for (const slot of all) crowd.set(nodeOf(slot), (crowd.get(nodeOf(slot)) ?? 0) + 1);
  const byNode = new Map<string, SlotDraft[]>();
  for (const slot of slots) byNode.set(nodeOf(slot), [...(byNode.get(nodeOf(slot)) ?? []), slot]);
  // Oldest first, so that the youngest is taken from the end; of equals the higher number goes.
  for (const list of byNode.values()) list.sort((x, y) => age(x) - age(y) || x.slot - y.slot);
  const taken: { slot: SlotDraft; crowd: number }[] = [];
  // By crowd: the fullest nodes are looked up in buckets, since taking one moves a node down by one.
  const buckets: string[][] = [];
  for (const node of byNode.keys()) (buckets[crowd.get(node)!] ??= []).push(node);
  for (let level = buckets.length - 1; level > 0 && taken.length < count; level -= 1) {
    const here = (buckets[level] ?? []).filter((node) => byNode.get(node)!.length > 0);
    // On equally crowded nodes the youngest goes first.
    const last = (node: string): SlotDraft => byNode.get(node)!.at(-1)!;
    here.sort((x, y) => age(last(y)) - age(last(x)) || last(y).slot - last(x).slot);
    for (const node of here) {
      if (taken.length >= count) break;
      taken.push({ slot: byNode.get(node)!.pop()!, crowd: level });
      (buckets[level - 1] ??= []).push(node);
    }
  }
  return taken;
}

/** Each one has its own numbers: what is said of several at once must not sound as if it were the same one. */
function crowdWords(planning: Planning, slot: SlotDraft, crowd: number): string {
  const held = slot.run ?? slot.leave;
  const where = held ? planning.table.label(held.node) : 'its node';
  return crowd === 1
    ? `no node has more than one and it is the youngest, on ${where}`
    : `${where} has the most of them, ${crowd}, and it is the youngest there`;
}

/** The `count` least useful of the slots, each with the reason why it is that. */
export function leastUseful(
  planning: Planning,
  draft: AppDraft,
  slots: readonly SlotDraft[],
  count: number,
): Map<SlotDraft, string> {
  const classes: SlotDraft[][] = [];
  for (const slot of slots) (classes[usefulness(planning, draft, slot)] ??= []).push(slot);
  const taken = new Map<SlotDraft, string>();
  let remaining = [...slots];
  for (const [index, members] of classes.entries()) {
    if (!members || taken.size >= count) continue;
    const chosen = fromTheCrowded(members, remaining, Math.min(members.length, count - taken.size));
    for (const { slot, crowd } of chosen) taken.set(slot, classWords[index] ?? crowdWords(planning, slot, crowd));
    remaining = remaining.filter((slot) => !taken.has(slot));
  }
  return taken;
}

/** Everything of a slot stops. */
export function stopSlot(planning: Planning, draft: AppDraft, slot: SlotDraft, reason: string): void {
  const going = slot.held.filter((held) => held.goal !== 'stop');
  for (const held of going) planning.turn(draft, slot, held, 'stop');
  if (going.length > 0) planning.decide(draft, slot, 'stop', going[0]!.node, reason, draft.app.record.by ?? null);
  slot.moves = null;
}

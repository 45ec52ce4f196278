// What runs on a draining node leaves: its replacement starts elsewhere first. At the deadline it is stopped in any case.
import type { AppDraft, Held, SlotDraft } from '../draft.ts';
import type { NodeTable } from '../choosing/node-table.ts';
import type { Planning } from '../planning.ts';
import type { Rollout } from './rollout.ts';
import { neverTwo } from './update-order.ts';
import type { Snapshot } from '../snapshot.ts';

/** Nodes that are drained and still hold what is of no system app. */
export function busyDrained(snapshot: Snapshot, table: NodeTable): Set<string> {
  const busy = new Set<string>();
  const drained = new Set(table.nodes.filter(({ status }) => status === 'draining').map(({ id }) => id));
  if (drained.size === 0) return busy;
  for (const app of snapshot.apps) {
    if (app.spec.type === 'system') continue;
    const hold = ({ id, node }: { id: string; node: string }): void => {
      const status = app.seen.get(id)?.status;
      if (drained.has(node) && status !== 'stopped' && status !== 'failed') busy.add(node);
    };
    for (const { a, b } of app.slots) {
      if (a) hold(a);
      if (b) hold(b);
    }
    // Came back with its node, and has no place yet.
    for (const { assignment } of app.tombstones) if (assignment.goal !== 'stop') hold(assignment);
  }
  return busy;
}

/** true: the slot needs no other treatment in this plan. */
export function drainSlot(planning: Planning, draft: AppDraft, slot: SlotDraft, run: Held, rollout: Rollout): boolean {
  if (draft.ended(run) !== null) return true; // nothing of it runs: it does not hold the node up
  const where = planning.table.label(run.node);
  const name = planning.nameOf(draft, run);
  const deadline = planning.snapshot.drainDeadlines.get(run.node) ?? null;
  const overdue = deadline !== null && deadline <= planning.now;
  planning.wake(deadline);
  // Work that ends by itself may end where it is.
  if (draft.spec.type === 'batch' && !overdue) return false;
  if (slot.freePlace === null) {
    if (!overdue)
      planning.wait(draft, slot.slot, 'drain', `${name} leaves ${where} when the other place of its slot is empty`);
    else stopHere(`${where} is drained and its time is up`);
    return true;
  }
  if (!overdue && draft.healthy(run) && !rollout.mayBegin()) return true;
  const emptyFirst = draft.spec.update.order === 'stop-first' || neverTwo(draft, run);
  const reason = overdue
    ? `${where} is drained and its time is up: ${name} is replaced`
    : `${where} is drained: ${name} is replaced`;
  planning.turn(draft, slot, run, draft.healthy(run) && !overdue && !emptyFirst ? 'leave' : 'stop');
  if (emptyFirst && planning.fits(draft, slot, { not: run.node })) {
    planning.decide(draft, slot, 'move', run.node, `${reason}; it stops first`);
    rollout.began();
    return true;
  }
  if (!emptyFirst && planning.put(draft, slot, 'move', reason, { not: run.node })) {
    rollout.began();
    return true;
  }
  if (overdue) {
    planning.decide(
      draft,
      slot,
      'stop',
      run.node,
      `${where} is drained and its time is up: ${name} stops, and no other node fits`,
    );
    return true;
  }
  planning.turn(draft, slot, slot[run.place]!, 'run');
  planning.wait(draft, slot.slot, 'drain', `${name} cannot leave ${where}: ${planning.funnel(draft).sentence}`);
  return false;

  function stopHere(text: string): void {
    planning.turn(draft, slot, run, 'stop');
    planning.decide(draft, slot, 'stop', run.node, `${text}: ${name} stops`);
  }
}

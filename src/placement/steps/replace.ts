// Replaces instances that are there: what is escalated moves, what is on draining nodes leaves, what is outdated is updated
// batch by batch. A healthy instance is only ever touched because somebody asked: an update, a restart, a drain.
import { demandOf } from '../choosing/demand.ts';
import type { AppDraft, Held, SlotDraft } from '../draft.ts';
import { drainSlot } from './drain.ts';
import type { Assignment } from '../../model/assignment.ts';
import { escalatedSlot } from './escalate.ts';
import type { Planning } from '../planning.ts';
import { isMade } from '../snapshot.ts';
import { Rollout } from './rollout.ts';

/** A replacement is on its way: does it stand yet, or is it withdrawn? */
function settleReplacement(planning: Planning, draft: AppDraft, slot: SlotDraft, run: Assignment, leave: Held): void {
  const { now } = planning;
  const { steady, at } = draft.steady(run, now);
  if (steady || draft.ended(run) === 'done') {
    planning.turn(draft, slot, leave, 'stop');
    planning.decide(
      draft,
      slot,
      'stop',
      leave.node,
      `${planning.nameOf(draft, run)} stands in for ${planning.nameOf(draft, leave)}, which stops`,
      draft.outdated(leave) ? (draft.app.record.by ?? null) : null,
    );
    return;
  }
  if (draft.outdated(run)) {
    planning.turn(draft, slot, run, 'stop');
    planning.turn(draft, slot, leave, 'run');
    planning.decide(
      draft,
      slot,
      'replace',
      run.node,
      `${planning.nameOf(draft, run)} is withdrawn: another revision is in force; ` +
        `${planning.nameOf(draft, leave)} stays until it is replaced`,
    );
    return;
  }
  planning.wake(at);
  escalatedSlot(planning, draft, slot, run, false);
}

/** A revision that needs no new process: the running instance takes its number. */
function takeRevision(draft: AppDraft, slot: SlotDraft): void {
  const { record, hash } = draft.app;
  for (const held of slot.held) {
    if (held.goal === 'stop' || held.hash !== hash || held.revision === record.revision) continue;
    slot.adjust(held, { revision: record.revision });
    slot.note('keep', `revision ${record.revision} needs no restart`);
  }
}

/** An operator asked for a restart, and there is nothing healthy to protect: in place and at once, with its counters cleared. */
function restartInPlace(planning: Planning, draft: AppDraft, slot: SlotDraft, run: Assignment): boolean {
  const { restartedAt, restartedBy } = draft.app.record;
  // What ended with its work done has no life to go on with: it gets a new one.
  if (restartedAt === null || run.hash !== draft.app.hash || draft.healthy(run) || draft.ended(run) === 'done')
    return false;
  slot.adjust(run, { nudge: restartedAt, nudgedBy: restartedBy ?? null, onFull: null });
  const node = planning.table.numbers.get(run.node);
  if (node !== undefined && draft.ended(run) === 'failed') planning.ledger.take(node, demandOf(draft.specOf(run)));
  planning.decide(draft, slot, 'keep', run.node, `${run.id} is started again where it is: a restart was asked for`);
  return true;
}

/** Replaces what has to be, among the slots that the app is to have. */
export function replaceInstances(
  planning: Planning,
  draft: AppDraft,
  slots: readonly SlotDraft[],
  unplaced: number,
): void {
  const rollout = new Rollout(planning, draft, slots, unplaced);
  const outdated: SlotDraft[] = [];
  for (const slot of slots) {
    if (slot.touched && slot.what !== 'keep') continue;
    const { run, leave } = slot;
    if (run === null || !isMade(run)) continue;
    if (leave !== null) {
      settleReplacement(planning, draft, slot, run, leave);
      continue;
    }
    if (draft.outdated(run)) {
      if (!restartInPlace(planning, draft, slot, run)) outdated.push(slot);
      continue;
    }
    const node = planning.table.get(run.node);
    if (node?.status === 'draining' && draft.spec.type !== 'system' && drainSlot(planning, draft, slot, run, rollout))
      continue;
    escalatedSlot(planning, draft, slot, run, true);
  }
  rollout.update(outdated);
  for (const slot of slots) takeRevision(draft, slot);
}

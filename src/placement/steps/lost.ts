// Slots of lost nodes: their places are given up for tombstones, and when the node returns
// `onPartition` decides which instance stays: the highest epoch that has been ready, else the older one.
import type { Assignment, Tombstone } from '../../model/assignment.ts';
import type { AppDraft, SlotDraft } from '../draft.ts';
import type { Planning } from '../planning.ts';
import { isMade } from '../snapshot.ts';
import { neverTwo } from './update-order.ts';

/** Gives up the places on nodes that are lost or deleted. */
export function giveUpLost(planning: Planning, draft: AppDraft): void {
  for (const slot of draft.slots.values()) {
    for (const held of slot.held) {
      if (!isMade(held)) continue;
      const status = planning.table.get(held.node)?.status;
      if (status !== undefined && status !== 'lost') continue;
      // Its work is done: starting it elsewhere would do it twice. A node that is gone needs no instance of a system app.
      if (held.goal === 'run' && isOver(draft, held)) continue;
      if (status === undefined) giveUp(planning, draft, slot, held, null);
      else if (held.goal === 'stop' || !draft.wanted) giveUp(planning, draft, slot, held, 'stop');
      else if (draft.spec.type !== 'system' && mayReplace(planning, draft, slot, held))
        giveUp(planning, draft, slot, held, 'leave');
    }
  }
}

/** It has ended for good: nothing of it waits for its node, and it is not to run again. */
const isOver = (draft: AppDraft, held: Assignment): boolean => {
  const ended = draft.ended(held);
  return ended === 'done' || (ended === 'failed' && draft.specOf(held).restart.policy === 'never');
};

/** Whether what is on a lost node may be started elsewhere now; says why not. */
function mayReplace(planning: Planning, draft: AppDraft, slot: SlotDraft, held: Assignment): boolean {
  const {
    now,
    snapshot: { frozenUntil, settings, silentSince },
    table,
  } = planning;
  const where = table.label(held.node);
  if (frozenUntil !== null && now < frozenUntil) {
    planning.wait(
      draft,
      slot.slot,
      'frozen',
      `${where} is lost, but so are too many nodes at once: nothing is replaced for now`,
    );
    planning.wake(frozenUntil);
    return false;
  }
  switch (draft.spec.placement.onPartition) {
    case 'replace':
      return true;
    case 'wait':
      planning.wait(
        draft,
        slot.slot,
        'partition',
        `${where} is lost, and placement.onPartition is "wait": it waits for its node`,
      );
      return false;
    case 'stop-self': {
      const replaceAt = (silentSince.get(held.node) ?? now) + settings.stopSelfMs;
      if (now >= replaceAt) return true;
      planning.wait(
        draft,
        slot.slot,
        'partition',
        `${where} is lost; it stops ${held.id} by itself, and only then it is replaced`,
      );
      planning.wake(replaceAt);
      return false;
    }
  }
}

/** @param goal of the tombstone; null: its node is deleted and needs none */
function giveUp(
  planning: Planning,
  draft: AppDraft,
  slot: SlotDraft,
  held: Assignment,
  goal: 'leave' | 'stop' | null,
): void {
  const where = planning.table.label(held.node);
  slot[held.place] = null;
  if (goal !== null) slot.bury.push({ ...held, goal });
  if (held.goal === 'run')
    planning.decide(
      draft,
      slot,
      'keep',
      held.node,
      `${where} is ${goal === null ? 'deleted' : 'lost'}: ${held.id} gave up its place`,
    );
  else slot.note('keep', `${where} is ${goal === null ? 'deleted' : 'lost'}`);
  // The replacement is gone, and what it was to replace still runs: that stays.
  const left = slot.leave;
  if (slot.run === null && left !== null) {
    slot.adjust(left, { goal: 'run' });
    slot.note('keep', `${planning.nameOf(draft, left)} stays`);
  }
}

const isAlive = (status: string | undefined): boolean =>
  status !== undefined && status !== 'stopped' && status !== 'failed' && status !== 'lost';

/** Decides on what came back with its node, and on what need not come back any more. */
export function settleTombstones(planning: Planning, draft: AppDraft, wanted: (slot: number) => boolean): void {
  const open = draft.app.tombstones
    .filter(({ assignment }) => assignment.goal !== 'stop')
    .sort((x, y) => y.assignment.epoch - x.assignment.epoch || (x.id < y.id ? -1 : 1));
  for (const stone of open) {
    const { assignment } = stone;
    const slot = draft.slots.get(assignment.slot) ?? null;
    const holder = slot?.held.find((held) => isMade(held) && held.id === stone.id);
    if (holder) continue; // its slot was not written, or it is back already: the committer removes the tombstone
    const current = slot?.run ?? null;
    const stays =
      (current !== null && draft.seen(current)?.everReady) || slot?.held.some((held) => neverTwo(draft, held));
    if (!draft.wanted || !wanted(assignment.slot) || stays) {
      stop(planning, stone);
      continue;
    }
    const status = planning.table.get(assignment.node)?.status;
    if (status === undefined || status === 'lost' || status === 'joining') continue;
    const seen = draft.app.seen.get(stone.id);
    if (!isAlive(seen?.status) || !restore(planning, draft, draft.slot(assignment.slot), assignment))
      stop(planning, stone);
  }
}

function stop(planning: Planning, stone: Tombstone): void {
  planning.tombstones.push({ ...stone, assignment: { ...stone.assignment, goal: 'stop' } });
}

/** Its replacement was never ready: the older one takes its slot again, the replacement stops. */
function restore(planning: Planning, draft: AppDraft, slot: SlotDraft, assignment: Assignment): boolean {
  const place = slot[assignment.place] === null ? assignment.place : slot.freePlace;
  if (place === null) return false;
  const replacement = slot.run;
  if (replacement) planning.turn(draft, slot, replacement, 'stop');
  slot[place] = { ...assignment, place, goal: 'run' };
  planning.restored(draft, assignment);
  const instead = replacement ? `; ${planning.nameOf(draft, replacement)} had not been ready yet and stops` : '';
  planning.decide(
    draft,
    slot,
    'keep',
    assignment.node,
    `${planning.table.label(assignment.node)} is back with ${assignment.id}, which stays${instead}`,
  );
  return true;
}

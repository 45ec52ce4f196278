// A slot whose restarts in place are used up asks where to go on: elsewhere, or where it is.
import type { Assignment } from '../../model/assignment.ts';
import { showSpan } from '../../model/sizes.ts';
import type { AppDraft, SlotDraft } from '../draft.ts';
import type { Planning } from '../planning.ts';
import { neverTwo } from './update-order.ts';

/** When the slot may move next: its first move at once, later ones after a delay that doubles; long quiet starts over. */
function nextMove(planning: Planning, draft: AppDraft, slot: SlotDraft): { at: number; count: number } {
  const { moves } = slot;
  const { moveDelayMs, moveDelayLimitMs } = planning.snapshot.settings;
  if (moves === null || moves.count === 0) return { at: 0, count: 0 };
  if (planning.now - moves.lastAt > moveDelayLimitMs + draft.spec.restart.resetAfterSeconds * 1000)
    return { at: 0, count: 0 };
  return { at: moves.lastAt + Math.min(moveDelayLimitMs, moveDelayMs * 2 ** (moves.count - 1)), count: moves.count };
}

/** Answers an escalation. `mayMove` false: the slot's other place is in use, it stays in any case. */
export function escalatedSlot(
  planning: Planning,
  draft: AppDraft,
  slot: SlotDraft,
  run: Assignment,
  mayMove: boolean,
): void {
  const escalated = draft.seen(run)?.escalated;
  if (!escalated) return;
  const name = planning.nameOf(draft, run);
  const where = planning.table.label(run.node);
  const next = nextMove(planning, draft, slot);
  const movable = mayMove && slot.freePlace !== null && draft.spec.type !== 'system';
  let because = 'the other place of its slot is in use';
  if (draft.spec.type === 'system') because = 'it belongs to this node';
  else if (movable && next.at > planning.now) {
    because =
      `it has moved ${next.count === 1 ? 'once' : `${next.count} times`} already; the next move is due in ` +
      `${showSpan(next.at - planning.now)}`;
    planning.wake(next.at);
  } else if (movable) {
    planning.turn(draft, slot, run, 'stop');
    const moves = `${name} ended ${escalated.deaths} times on ${where} and moves`;
    const emptyFirst = neverTwo(draft, run) && planning.fits(draft, slot, { not: run.node });
    if (emptyFirst) planning.decide(draft, slot, 'move', run.node, `${moves}; it stops first`);
    if (
      emptyFirst ||
      (!neverTwo(draft, run) &&
        planning.put(draft, slot, 'move', moves, { not: run.node, avoid: slot.moves?.from ?? null }))
    ) {
      slot.moves = { count: next.count + 1, lastAt: planning.now, from: run.node };
      return;
    }
    planning.turn(draft, slot, slot[run.place]!, 'run');
    because = 'no other node fits';
  }
  if (run.onFull?.stay === escalated.launch) return;
  slot.adjust(slot[run.place]!, { onFull: { stay: escalated.launch } });
  planning.decide(
    draft,
    slot,
    'keep',
    run.node,
    `${name} ended ${escalated.deaths} times and goes on in place on ${where}: ${because}`,
  );
}

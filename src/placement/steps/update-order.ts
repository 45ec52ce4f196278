// Start the replacement first, or stop the old one first? Without a gap where both can run side by side.
import type { AppDraft, Held } from '../draft.ts';
import { canonicalJson } from '../../model/app/restart-fields.ts';

/** The new one would put other files into a directory that the old one uses, or holds a port that both are told to have. */
function collides(draft: AppDraft, old: Held): 'port' | 'directory' | null {
  const before = draft.specOf(old);
  const after = draft.spec;
  if (
    after.workingDirectory !== null &&
    after.workingDirectory === before.workingDirectory &&
    (after.uris.length > 0 || before.uris.length > 0) &&
    (old.hash !== draft.app.hash || canonicalJson(after.uris) !== canonicalJson(before.uris))
  )
    return 'directory';
  return after.ports.some((port) => port.port !== 0) ? 'port' : null;
}

/**
 * At most one of a slot ever runs: `placement.onPartition: stop-self` is said for that, so `auto` never starts first. Only who asks
 * for `start-first` by name has both.
 */
export const neverTwo = (draft: AppDraft, old: Held): boolean =>
  draft.spec.update.order !== 'start-first' &&
  (draft.spec.placement.onPartition === 'stop-self' || draft.specOf(old).placement.onPartition === 'stop-self');

/**
 * What is in force for an update: with `auto`, start-first unless something is in the way; `fallback`: stop-first will do
 * where start-first finds no room.
 */
export function updateOrder(draft: AppDraft, old: Held): { order: 'start-first' | 'stop-first'; fallback: boolean } {
  const { order, maxSurge } = draft.spec.update;
  if (order === 'stop-first') return { order, fallback: false };
  if (order === 'start-first')
    return maxSurge > 0 ? { order, fallback: false } : { order: 'stop-first', fallback: false };
  return maxSurge === 0 || neverTwo(draft, old) || collides(draft, old) !== null
    ? { order: 'stop-first', fallback: false }
    : { order: 'start-first', fallback: true };
}

/** Whether a slot must be empty before its next instance starts: asked for, promised, or both would use one directory. */
export const stopsFirst = (draft: AppDraft, old: Held): boolean =>
  draft.spec.update.order === 'stop-first' ||
  neverTwo(draft, old) ||
  (draft.spec.update.order === 'auto' && collides(draft, old) === 'directory');

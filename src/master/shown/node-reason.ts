// Why a node is in its status, and what comes next: a sentence for people.
import type { Reason } from '../../model/app/app.ts';
import { showSpan } from '../../model/sizes.ts';
import type { MasterContext } from '../context.ts';
import type { NodeEntry } from '../entries.ts';

/** null: ready, nothing to say. */
export function nodeReason(entry: NodeEntry, { times, leadership, clock }: MasterContext): Reason | null {
  const { drain } = entry.record.doc;
  const silent = showSpan(Math.max(0, clock.mono() - entry.heardAt));
  switch (entry.status) {
    case 'ready':
      return entry.link === 'none'
        ? {
            code: 'link-closed',
            text: 'Its link is closed; it is expected back',
            next: { what: 'suspect', at: entry.beatAt + times.suspectMs },
          }
        : null;
    case 'joining':
      if (!entry.obeys)
        return {
          code: 'other-hub',
          text: 'Its agent belongs to another hub: it reports here and obeys nothing',
          next: { what: `stathub take-over ${entry.id}`, at: null },
        };
      return {
        code: 'not-heard',
        text: 'Not heard from since this master started',
        next: { what: 'lost', at: leadership.since + Math.max(times.amnestyMs, times.lostMs) },
      };
    case 'cordoned':
      if (entry.record.doc.drained) {
        const { by } = entry.record.doc.drained;
        return {
          code: 'drained',
          text: `Drained by ${by}: it is empty and takes no more`,
          next: { what: `stathub uncordon ${entry.id}`, at: null },
        };
      }
      return {
        code: 'cordoned',
        text: 'Cordoned: it keeps its work and takes no more',
        next: { what: `stathub uncordon ${entry.id}`, at: null },
      };
    case 'draining':
      return {
        code: 'draining',
        text: `Drained${drain ? ` by ${drain.by}` : ''}: its work moves to other nodes`,
        next: drain?.deadlineAt ? { what: 'what is left stops', at: drain.deadlineAt } : { what: 'empty', at: null },
      };
    case 'suspect':
      return { code: 'silent', text: `No beat for ${silent}`, next: { what: 'lost', at: entry.beatAt + times.lostMs } };
    case 'lost':
      return {
        code: 'lost',
        text: `No beat for more than ${showSpan(times.lostMs)}; its slots are replaced`,
        next: { what: 'reconciled when it returns', at: null },
      };
  }
}

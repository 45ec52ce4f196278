// Commands that were run once (`stathub run`) and have ended are forgotten after the time that their app names: `meta` "stathub.keep",
// in seconds. An app without it stays until somebody deletes it.
import { keepKey } from '../../model/app/app.ts';
import type { Caller } from '../../api/cluster.ts';
import type { MasterContext } from '../context.ts';
import type { AppEntry } from '../entries.ts';

const housekeeping: Caller = { name: 'housekeeping', role: 'admin', from: 'master' };

/** Deletes those whose time is up. @param remove as an operator would */
export async function dropEndedRuns(
  context: MasterContext,
  remove: (app: string, by: Caller) => Promise<unknown>,
): Promise<void> {
  const { view, clock } = context;
  for (const entry of [...view.apps.values()]) {
    const { spec } = view.inForce(entry);
    const keepMs = Number(spec.meta[keepKey] ?? NaN) * 1000;
    if (!(keepMs >= 0) || spec.type !== 'batch' || entry.record.doc.deleting) continue;
    const endedAt = endOf(context, entry);
    if (endedAt !== null && clock.now() - endedAt >= keepMs) await remove(entry.name, housekeeping);
  }
}

/** When the last of its instances ended, epoch ms; null: one has not, or it has none. */
function endOf({ view }: MasterContext, { slots }: AppEntry): number | null {
  const held = [...slots.values()].flatMap(({ doc: { a, b } }) => [a, b].filter((one) => one !== null));
  const ends = held.map(({ id }) => {
    const seen = view.instances.get(id)?.view;
    return seen?.status === 'stopped' || seen?.status === 'failed' ? (seen.exit?.at ?? seen.at) : null;
  });
  return ends.length === 0 || ends.includes(null) ? null : Math.max(...(ends as number[]));
}

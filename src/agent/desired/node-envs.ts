// The environment that a hub gives its node, as the records of its instances have it.
import type { AgentContext } from '../context.ts';
import { changeRecord } from '../instance/entries.ts';
import type { Entry } from '../instance/entry.ts';

/** New environment of the node for a hub's own: from their next launch on. @param failed hears whose record could not be written */
export function renewEnvs(
  context: AgentContext,
  entries: Iterable<Entry>,
  hub: string | null,
  envs: Record<string, string>,
  failed: (entry: Entry, error: unknown) => void,
): void {
  for (const entry of entries) {
    if (entry.record.assignment.owner !== hub) continue;
    const record = { ...entry.record, nodeEnvs: envs };
    changeRecord(context, entry, record).catch((error: unknown) => failed(entry, error));
  }
}

// What is said when a node's status changes.
import type { NodeStatus } from '../../model/node.ts';
import { showSpan } from '../../model/sizes.ts';
import type { MasterContext } from '../context.ts';
import type { NodeEntry } from '../entries.ts';

/** Notes the change, and has shown again what is shown of its instances. */
export function noteStatus({ view, events, times }: MasterContext, entry: NodeEntry, before: NodeStatus): void {
  if (entry.status === 'lost' || before === 'lost') {
    for (const id of view.instancesOn(entry.id)) view.changes.mark('instances', id);
    for (const { assignment } of view.dutiesOf(entry.id).values()) view.changes.mark('apps', assignment.app);
  }
  const name = entry.record.doc.facts.hostname;
  const note = (kind: string, message: string, loudness: 'quiet' | 'moving' | 'attention'): void =>
    events.note(kind, { node: entry.id }, message, { loudness, detail: { before } });
  if (entry.status === 'suspect')
    note('node.suspected', `Node ${name} is silent for ${showSpan(times.suspectMs)}`, 'moving');
  else if (entry.status === 'lost')
    note(
      'node.lost',
      `Node ${name} is lost: no beat for ${showSpan(times.lostMs)}; its slots are replaced`,
      'attention',
    );
  else if (before === 'suspect' || before === 'lost') note('node.returned', `Node ${name} is back`, 'quiet');
  else if (before === 'joining') note('node.connected', `Node ${name} is connected`, 'quiet');
}

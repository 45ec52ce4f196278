// Nodes that were taken over by another hub, or never were this one's: what is asked here of what runs there is not done.
import type { Reason } from '../../model/app/app.ts';
import type { NodeEntry } from '../entries.ts';
import type { View } from '../view.ts';

/** Of an instance on such a node. */
export const elsewhere = (node: string): Reason => ({
  code: 'other-hub',
  text: 'Its node belongs to another hub; it runs on, and nothing asked of it here is done',
  next: { what: `stathub take-over ${node}`, at: null },
});

/** Of an app with `count` instances there. */
export const appElsewhere = (count: number, node: string): Reason => ({
  code: 'other-hub',
  text:
    count === 1
      ? 'The node of one of its instances belongs to another hub: nothing asked of that instance here is done'
      : `The nodes of ${count} of its instances belong to another hub: nothing asked of those here is done`,
  next: { what: `stathub take-over ${node}`, at: null },
});

/** For the status of the hub; null: every node that reports is this hub's. */
export function otherHubNotice({ nodes }: Pick<View, 'nodes'>): string | null {
  const foreign: NodeEntry[] = [...nodes.values()].filter(({ obeys, status }) => !obeys && status !== 'lost');
  const [first] = foreign;
  if (!first) return null;
  const which =
    foreign.length === 1
      ? `Node ${first.record.doc.facts.hostname} belongs to another hub: it reports here and obeys nothing`
      : `${foreign.length} nodes belong to another hub: they report here and obey nothing`;
  return `${which}. Where this hub is the right one: stathub take-over ${foreign.length === 1 ? first.id : 'NODE'}`;
}

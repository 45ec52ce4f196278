// Where an instance is, or was: what it printed and left behind stays on its node for a while after it is gone.
import { Refusal } from '../../model/errors.ts';
import { exactly } from '../../protocol/exact.ts';
import type { MasterContext } from '../context.ts';
import { instanceView } from '../shown/shown.ts';

/**
 * Its node by the cluster's view, else by the newest event that names it.
 * @throws Refusal instance-not-found
 */
export async function whereabouts(context: MasterContext, id: string): Promise<{ node: string; gone: boolean }> {
  const known = instanceView(context.view, id);
  if (known) return { node: known.node, gone: false };
  const { items } = await context.events.read({
    after: 0,
    limit: 5,
    newestFirst: true,
    query: exactly('subject.instance', id),
  });
  const node = items.find(({ subject }) => subject.node !== undefined)?.subject.node;
  if (node === undefined)
    throw new Refusal(
      'instance-not-found',
      `There is no instance ${id}, and none of that name is in the history`,
      'See stathub instances, or GET /v1/instances.',
    );
  return { node, gone: true };
}

// The highest term and epoch that this node has seen of its hub: on disk before anything is begun by them.
import type { DesiredFrame } from '../../protocol/link.ts';
import type { AgentContext } from '../context.ts';
import { isFull } from '../effects/disk/room.ts';
import type { Identity } from '../node/identity.ts';

const what = 'what this node has seen of its hub';

/** Durable when it resolves. On a full disk it counts all the same, is told, and is written with the next frame that finds room. */
export async function rememberSeen(
  { trouble }: Pick<AgentContext, 'trouble'>,
  identity: Pick<Identity, 'see'>,
  { term, assignments }: Pick<DesiredFrame, 'term' | 'assignments'>,
): Promise<void> {
  try {
    await identity.see(
      term,
      assignments.reduce((most, { epoch }) => Math.max(most, epoch), 0),
    );
    trouble.end(what);
  } catch (error) {
    if (!isFull(error)) throw error;
    trouble.begin(what, error);
  }
}

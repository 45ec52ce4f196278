// What a master tells of its hub before it can lead: all that its store holds, to be seen and not to be changed. Nothing is written,
// nobody is heard or told anything.
import type { Cluster } from '../../api/cluster.ts';
import { Refusal, type ErrorCode } from '../../model/errors.ts';
import type { StatusView } from '../../protocol/views.ts';
import { knownIdentity } from '../../store/identity.ts';
import { refuseMoved } from '../../store/moving/moved.ts';
import { putTogether, type MasterOptions } from '../master.ts';
import { isForTheLeader } from '../requests/for-the-leader.ts';
import { fillView } from './recovery.ts';
import { highestTerm, readStored } from './stored-hub.ts';

/** Why it does not lead, at the moment of a request. */
interface Waits {
  because: string;
  hint: string;
  code?: ErrorCode;
}

/** What is known by an agent alone, and nobody is linked. */
const ofAgents = new Set<keyof Cluster>(['logs', 'files', 'readFile']);

/**
 * @returns null where no hub has begun in that store; `end`: lets go what it made
 * @throws StoreError where the store is not readable, or its hub was moved away
 */
export async function storedReads(
  options: MasterOptions,
  waits: () => Waits,
): Promise<{ cluster: Cluster; end(): void } | null> {
  const identity = await knownIdentity(options.store);
  if (identity === null) return null;
  await refuseMoved(options.store);
  const {
    cluster,
    context,
    parts: { nodes },
  } = putTogether(options);
  const stored = await readStored(options.store, context.warn);
  context.leadership = { ...context.leadership, hub: identity.hub, term: highestTerm(stored) };
  for (const what of await fillView(context, nodes, stored)) context.warn(what);
  const refused = (): Promise<never> => {
    const { because, hint, code = 'store-unavailable' } = waits();
    return Promise.reject(new Refusal(code, because, hint));
  };
  const own: Partial<Cluster> = {
    notReady: () => waits().because,
    caveat: () => `as it was last written down: ${waits().because}`,
    status: async (): Promise<StatusView> => {
      const status = await cluster.status();
      const notice = { code: 'store-unavailable', text: waits().because, at: context.clock.now() };
      return { ...status, notices: [notice, ...status.notices] };
    },
  };
  const reads = new Proxy(cluster, {
    get(target, name: keyof Cluster) {
      if (name === 'eventsKept' || name === 'note') return undefined; // it does nothing of which there were an event
      return isForTheLeader(name) || ofAgents.has(name) ? refused : (own[name] ?? target[name]);
    },
  });
  return { cluster: reads, end: () => nodes.forgetAll() };
}

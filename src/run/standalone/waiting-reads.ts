// What an agent alone shows while its hub waits for room to begin: what runs here, by the agent itself, to be seen and not to be
// changed.
import type { RunningAgent } from '../../agent/agent.ts';
import { JoinedCluster } from '../../agent/joined/joined-cluster.ts';
import type { Cluster } from '../../api/cluster.ts';
import { isForTheLeader } from '../../master/requests/for-the-leader.ts';
import { Refusal } from '../../model/errors.ts';
import type { NodeView } from '../../model/node.ts';
import type { StatusView } from '../../protocol/views.ts';
import type { Standing } from '../elastic/standby.ts';

/** @param standing why the hub has not begun, at the moment of a request */
export function waitingReads(agent: RunningAgent, standing: () => Standing): Cluster {
  const refused = (): Promise<never> => {
    const { because, hint, code = 'store-unavailable' } = standing();
    return Promise.reject(new Refusal(code, because, hint));
  };
  const shown = (node: NodeView): NodeView => ({
    ...node,
    status: 'ready',
    reason: { code: 'store-unavailable', text: standing().because, next: { what: standing().hint, at: null } },
  });
  const own: Partial<Cluster> = {
    notReady: () => standing().because,
    caveat: () => `only what runs here is shown: ${standing().because}`,
    status: async (): Promise<StatusView> => {
      const { because } = standing();
      const notice = { code: 'store-unavailable', text: because, at: Date.now() };
      return { ...(await joined.status()), hub: null, nodes: { ready: 1 }, notices: [notice] };
    },
    node: async (id) => shown(await joined.node(id)),
    nodes: async (query, page) => {
      const { items, ...rest } = await joined.nodes(query, page);
      return { ...rest, items: items.map(shown) };
    },
    app: (name) => joined.app(name).catch(refused), // it may well be one of this hub, of which nothing runs here
  };
  const joined: Cluster = new JoinedCluster(agent);
  return new Proxy(joined, {
    get(target, name: keyof Cluster) {
      if (isForTheLeader(name) || name === 'documents') return refused; // documents: of the hub's store
      const member: unknown = own[name] ?? target[name];
      return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
}

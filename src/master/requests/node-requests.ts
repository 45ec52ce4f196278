// What the API can ask of nodes.
import type { Caller, Cluster, List, Page } from '../../api/cluster.ts';
import type { NodeView } from '../../model/node.ts';
import type { SeriesPoint } from '../../store/store.ts';
import { byText, page } from '../shown/lists.ts';
import { nodeView } from '../shown/shown.ts';
import { requireServing, type ClusterParts } from './parts.ts';

type NodeRequests = Pick<
  Cluster,
  'nodes' | 'node' | 'deleteNode' | 'setTags' | 'setEnvs' | 'nodeAction' | 'nodeMetrics'
>;

export function nodeRequests(parts: ClusterParts): NodeRequests {
  return {
    nodes(query: string, at: Page): Promise<List<NodeView>> {
      const { view, clock } = parts.context;
      return page(
        [...view.nodes.values()].map((entry) => nodeView(view, entry)),
        query,
        at,
        clock.now(),
        (a, b) => byText(a.hostname, b.hostname) || byText(a.id, b.id),
      );
    },
    async node(id: string): Promise<NodeView> {
      return nodeView(parts.context.view, parts.nodeActions.entry(id));
    },
    async deleteNode(id: string, by: Caller): Promise<void> {
      requireServing(parts);
      await parts.nodeActions.delete(id, by);
    },
    async setTags(id: string, tags: string[], by: Caller): Promise<NodeView> {
      requireServing(parts);
      return parts.nodeActions.setTags(id, tags, by);
    },
    async setEnvs(id: string, envs: Record<string, string>, by: Caller): Promise<NodeView> {
      requireServing(parts);
      return parts.nodeActions.setEnvs(id, envs, by);
    },
    async nodeAction(
      id: string,
      action: 'cordon' | 'uncordon' | 'drain' | 'take-over',
      by: Caller,
      options: { deadlineMs?: number | null } = {},
    ): Promise<NodeView> {
      requireServing(parts);
      return parts.nodeActions.action(id, action, by, options);
    },
    async nodeMetrics(id: string, from: number, to: number): Promise<SeriesPoint[]> {
      return parts.context.store.readPoints(`node/${parts.nodeActions.entry(id).id}`, from, to);
    },
  };
}

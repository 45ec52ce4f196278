// /v1/discovery: where an app's healthy instances listen, for clients and for Prometheus.
import type { InstanceView } from '../../model/instance/instance.ts';
import { isHealthy } from '../../model/instance/instance.ts';
import type { NodeView } from '../../model/node.ts';
import { exactly } from '../../protocol/exact.ts';
import type { Cluster } from '../cluster.ts';
import { allPages } from '../answers/all-pages.ts';
import { query } from '../answers/body.ts';
import type { Api, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply } from '../answers/reply.ts';

/** Takes traffic: running, healthy, and every `ready` check passing. */
const takesTraffic = (instance: InstanceView): boolean =>
  isHealthy(instance) &&
  instance.goal !== 'stop' &&
  instance.health.every((h) => h.role !== 'ready' || h.status === 'passing');

/** One of a slot: what leaves is left out as soon as its replacement takes traffic, well before it is stopped. */
function routed(instances: readonly InstanceView[]): InstanceView[] {
  const taking = instances.filter(takesTraffic);
  const replaced = new Set(taking.filter(({ goal }) => goal === 'run').map(({ slot }) => slot));
  return taking.filter(({ goal, slot }) => goal === 'run' || !replaced.has(slot));
}

/** Host of a node's address, which is a URL or a bare host. */
function hostOf(node: NodeView): string {
  try {
    return new URL(node.agentAddress).hostname || node.hostname;
  } catch {
    return node.agentAddress.replace(/:\d+$/, '') || node.hostname;
  }
}

async function nodesById(cluster: Cluster): Promise<Map<string, NodeView>> {
  return new Map((await allPages((page) => cluster.nodes('', page))).map((node) => [node.id, node]));
}

export function discoveryRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/discovery/prometheus',
    says({
      tag: 'discovery',
      summary: 'Targets for Prometheus (http_sd)',
      description:
        'Apps whose `meta` has `prometheus.port` (the index of a port, or its name) or `prometheus` = "true"; ' +
        '`prometheus.path` sets the path.',
      gives: 'HttpSd',
    }),
    query({}),
    async (c) => {
      const nodes = await nodesById(cluster);
      const apps = await allPages((page) => cluster.apps('', page));
      const groups: { targets: string[]; labels: Record<string, string> }[] = [];
      for (const { name, spec } of apps) {
        const wanted = spec.meta['prometheus.port'] ?? (spec.meta['prometheus'] === 'true' ? '0' : undefined);
        if (wanted === undefined) continue;
        const named = spec.ports.findIndex((port) => port.name === wanted);
        const index = named >= 0 ? named : Number(wanted);
        const items = await allPages((page) => cluster.instances(exactly('app', name), page));
        for (const instance of items) {
          const node = nodes.get(instance.node);
          const port = instance.ports[index];
          if (!node || port === undefined || instance.status !== 'running') continue;
          groups.push({
            targets: [hostPort(hostOf(node), port)],
            labels: {
              __metrics_path__: spec.meta['prometheus.path'] ?? '/metrics',
              app: name,
              instance_id: instance.id,
              slot: String(instance.slot),
              node: node.id,
              hostname: node.hostname,
              revision: String(instance.revision),
            },
          });
        }
      }
      return c.json(groups, 200, { 'cache-control': 'no-store' });
    },
  );
  app.get(
    '/v1/discovery/:app',
    says({ tag: 'discovery', summary: "Where an app's healthy instances listen", gives: 'Discovery', refuses: [404] }),
    query({}),
    async (c) => {
      const view = await cluster.app(c.req.param('app'));
      const nodes = await nodesById(cluster);
      const items = await allPages((page) => cluster.instances(exactly('app', view.name), page));
      const endpoints = routed(items)
        .flatMap((instance) => {
          const node = nodes.get(instance.node);
          if (!node) return [];
          return [
            {
              instance: instance.id,
              slot: instance.slot,
              node: node.id,
              host: hostOf(node),
              revision: instance.revision,
              ports: instance.ports.map((port, index) => ({
                index,
                name: view.spec.ports[index]?.name ?? null,
                port,
                address: hostPort(hostOf(node), port),
              })),
            },
          ];
        })
        .sort((a, b) => a.slot - b.slot);
      return reply(c, { app: view.name, revision: view.revision, routes: view.spec.routes, endpoints });
    },
  );
}

const hostPort = (host: string, port: number): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;

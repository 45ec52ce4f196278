// /v1/nodes: the machines of the cluster. What is done to them: actions.ts.
import { z } from 'zod';
import { maxPageSize, listQuery, pageOf, query } from '../../answers/body.ts';
import { says } from '../../describe.ts';
import { permit } from '../../access/auth.ts';
import { reply } from '../../answers/reply.ts';
import type { Api, Resource } from '../../context.ts';
import { exactly, narrowed } from '../../../protocol/exact.ts';

const ranges = { '30m': 30, '1h': 60, '4h': 240, '8h': 480, '24h': 1440, '7d': 10_080 } as const;
/** `range` in minutes up to now. */
export const rangeQuery = {
  range: z
    .enum(Object.keys(ranges) as [keyof typeof ranges, ...(keyof typeof ranges)[]])
    .optional()
    .default('1h'),
};
export function minutesOf(range: keyof typeof ranges, now = Date.now()): [from: number, to: number] {
  const to = Math.floor(now / 60_000);
  return [to - ranges[range], to];
}

export function nodeRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/nodes',
    says({ tag: 'nodes', summary: 'Nodes that match a query', gives: 'NodeList' }),
    query(listQuery),
    async (c) => {
      const q = c.req.valid('query');
      return reply(c, await cluster.nodes(q.query, pageOf(c, q)));
    },
  );
  app.get('/v1/nodes/:id', says({ tag: 'nodes', summary: 'One node', gives: 'Node', refuses: [404] }), async (c) =>
    reply(c, await cluster.node(c.req.param('id'))),
  );
  app.delete(
    '/v1/nodes/:id',
    says({ tag: 'nodes', summary: 'Forget a node that is gone', gives: null, status: 204, refuses: [404, 409, 501] }),
    permit('admin'),
    async (c) => {
      await cluster.deleteNode(c.req.param('id'), c.get('caller'));
      return c.body(null, 204);
    },
  );

  app.get(
    '/v1/nodes/:id/instances',
    says({ tag: 'nodes', summary: 'What runs on a node', gives: 'InstanceList', refuses: [404] }),
    query(listQuery),
    async (c) => {
      const q = c.req.valid('query');
      const { id } = await cluster.node(c.req.param('id'));
      return reply(c, await cluster.instances(narrowed(q.query, exactly('node', id)), pageOf(c, q)));
    },
  );
  app.get(
    '/v1/nodes/:id/metrics',
    says({
      tag: 'nodes',
      summary: "A node's figures by the minute",
      description:
        'Each value is [least, average, most] of its minute: `cpu` as a part of all cores, `load` of one minute, ' +
        '`memUsed` and `diskUsed` in bytes, `netIn` and `netOut` in bytes a second.',
      gives: 'SeriesList',
      refuses: [404],
    }),
    query(rangeQuery),
    async (c) => {
      const points = await cluster.nodeMetrics(c.req.param('id'), ...minutesOf(c.req.valid('query').range));
      return reply(c, { items: points, total: points.length, from: 0, size: Math.max(points.length, maxPageSize) });
    },
  );
}

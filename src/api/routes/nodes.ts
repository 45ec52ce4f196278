// /v1/nodes: the machines of the cluster.
import { z } from 'zod';
import { maxPageSize, listQuery, pageOf, query, readObject, readOptional } from '../answers/body.ts';
import { says } from '../describe.ts';
import { permit } from '../access/auth.ts';
import { reply } from '../answers/reply.ts';
import type { Api, Resource } from '../context.ts';
import { exactly, narrowed } from '../../protocol/exact.ts';

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

const tag = z.string().regex(/^[\w.:@/-]{1,100}$/, 'a tag is 1 to 100 of letters, digits and _ . : @ / -');
const envName = z.string().regex(/^[^=\0\s]{1,200}$/, 'a name has no "=", no blank and at most 200 characters');
const drainBody = z.strictObject({
  deadlineSeconds: z
    .number('deadlineSeconds must be a number')
    .min(0, 'deadlineSeconds must be 0 or more')
    .max(30 * 86_400, 'deadlineSeconds must be 30 days at most')
    .nullable()
    .optional(),
});
const envValue = z
  .string()
  .max(32_768)
  .refine((v) => !v.includes('\0'), 'a value holds no NUL');

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
  app.put(
    '/v1/nodes/:id/tags',
    says({
      tag: 'nodes',
      summary: "Set a node's tags",
      description: 'The whole list. They win over the tags the agent was started with.',
      gives: 'Node',
      takes: 'Tags',
      refuses: [404, 409],
    }),
    permit('deploy'),
    async (c) => {
      const tags = await readObject(
        c,
        z.union([z.array(tag).max(200), z.strictObject({ tags: z.array(tag).max(200) }).transform((o) => o.tags)]),
      );
      return reply(c, await cluster.setTags(c.req.param('id'), [...new Set(tags)], c.get('caller')));
    },
  );
  app.put(
    '/v1/nodes/:id/envs',
    says({
      tag: 'nodes',
      summary: "Set a node's environment",
      description:
        "The whole map. Every process on the node gets it, below its app's own `envs`, from its next launch on: " +
        'nothing that runs is restarted for it.',
      gives: 'Node',
      takes: 'Envs',
      refuses: [404, 409],
    }),
    permit('deploy'),
    async (c) => {
      const envs = await readObject(c, z.record(envName, envValue));
      return reply(c, await cluster.setEnvs(c.req.param('id'), envs, c.get('caller')));
    },
  );
  const actions = {
    cordon: 'Place nothing more on a node',
    uncordon: 'Let a node take work again',
    drain: "Move a node's work elsewhere, replacements first",
    'take-over': "Make another hub's node this hub's",
  } as const;
  for (const action of Object.keys(actions) as (keyof typeof actions)[]) {
    const said =
      action === 'drain'
        ? {
            takes: 'Drain' as const,
            description:
              "Ends when nothing of the hub's runs there; the node stays cordoned. `deadlineSeconds`: then what " +
              'is left is stopped in order, and placed elsewhere where it fits. Asked again, it goes on as it ' +
              'is, with the new deadline if one is given.',
          }
        : {};
    app.post(
      `/v1/nodes/:id/${action}`,
      says({ tag: 'nodes', summary: actions[action], gives: 'Node', refuses: [404, 409, 501], ...said }),
      permit(action === 'take-over' ? 'admin' : 'deploy'),
      async (c) => {
        const { deadlineSeconds = null } = action === 'drain' ? await readOptional(c, drainBody) : {};
        return reply(
          c,
          await cluster.nodeAction(
            c.req.param('id')!,
            action,
            c.get('caller'),
            deadlineSeconds === null ? {} : { deadlineMs: deadlineSeconds * 1000 },
          ),
        );
      },
    );
  }
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

// /v1/nodes/:id/tags, envs, cordon, uncordon, drain, take-over: what is done to a node.
import { z } from 'zod';
import { permit } from '../../access/auth.ts';
import { readObject, readOptional } from '../../answers/body.ts';
import { reply } from '../../answers/reply.ts';
import type { Cluster } from '../../cluster.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';

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

const actions = {
  cordon: 'Place nothing more on a node',
  uncordon: 'Let a node take work again',
  drain: "Move a node's work elsewhere, replacements first",
  'take-over': "Make another hub's node this hub's",
} as const;
const drainSays = {
  takes: 'Drain' as const,
  description:
    "Ends when nothing of the hub's runs there; the node stays cordoned. `deadlineSeconds`: then what " +
    'is left is stopped in order, and placed elsewhere where it fits. Asked again, it goes on as it ' +
    'is, with the new deadline if one is given.',
};

export function nodeActionRoutes(app: Api, { cluster }: Resource): void {
  settingRoutes(app, cluster);
  for (const action of Object.keys(actions) as (keyof typeof actions)[]) {
    const about = { tag: 'nodes', summary: actions[action], gives: 'Node', refuses: [404, 409, 501] } as const;
    app.post(
      `/v1/nodes/:id/${action}`,
      says({ ...about, refuses: [...about.refuses], ...(action === 'drain' ? drainSays : {}) }),
      permit(action === 'take-over' ? 'admin' : 'deploy'),
      async (c) => {
        const { deadlineSeconds = null } = action === 'drain' ? await readOptional(c, drainBody) : {};
        const how = deadlineSeconds === null ? {} : { deadlineMs: deadlineSeconds * 1000 };
        return reply(c, await cluster.nodeAction(c.req.param('id')!, action, c.get('caller'), how));
      },
    );
  }
}

/** What is set of a node as a whole list or map. */
function settingRoutes(app: Api, cluster: Cluster): void {
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
}

// /v1/instances: lives of assignments on their nodes.
import { z } from 'zod';
import { instanceStatuses } from '../../../model/instance/instance.ts';
import { narrowed, exactly } from '../../../protocol/exact.ts';
import { permit } from '../../access/auth.ts';
import { listQuery, pageOf, query } from '../../answers/body.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';
import { minutesOf, rangeQuery } from '../nodes/nodes.ts';
import { reply } from '../../answers/reply.ts';

const status = z.enum(instanceStatuses).optional();

export function instanceRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/instances',
    says({
      tag: 'instances',
      summary: 'Instances that match a query',
      description: '`status=unknown` lists what runs on the nodes and belongs to no app of this hub.',
      gives: 'InstanceList',
    }),
    query({ ...listQuery, status }),
    async (c) => {
      const q = c.req.valid('query');
      const text = q.status === undefined ? q.query : narrowed(q.query, exactly('status', q.status));
      return reply(c, await cluster.instances(text, pageOf(c, q)));
    },
  );
  app.get(
    '/v1/instances/:id',
    says({ tag: 'instances', summary: 'One instance', gives: 'Instance', refuses: [404] }),
    async (c) => reply(c, await cluster.instance(c.req.param('id'))),
  );
  const actions = {
    restart: 'Restart an instance in place',
    kill: 'Kill its process tree (SIGKILL); it restarts as after a crash',
    stop: 'Stop an unknown or local instance',
    adopt: "Make an unknown instance one of this hub's, without a restart",
  } as const;
  for (const action of Object.keys(actions) as (keyof typeof actions)[]) {
    app.post(
      `/v1/instances/:id/${action}`,
      says({ tag: 'instances', summary: actions[action], gives: 'Instance', refuses: [404, 409, 503, 504] }),
      permit('deploy'),
      async (c) => reply(c, await cluster.instanceAction(c.req.param('id')!, action, c.get('caller'))),
    );
  }
  app.get(
    '/v1/instances/:id/why',
    says({ tag: 'instances', summary: 'Why it was placed, killed or restarted', gives: 'Why', refuses: [404] }),
    async (c) => reply(c, await cluster.whyInstance(c.req.param('id'))),
  );
  app.get(
    '/v1/instances/:id/health',
    says({ tag: 'instances', summary: 'Its health checks', gives: 'Health', refuses: [404] }),
    async (c) => {
      const items = await cluster.health(c.req.param('id'));
      return reply(c, { items, total: items.length, from: 0, size: items.length });
    },
  );
  app.get(
    '/v1/instances/:id/usage',
    says({
      tag: 'instances',
      summary: 'What it uses, now and by the minute',
      description:
        '`now` is its newest sample, `recent` those of the last five minutes. Each value of a point is [least, ' +
        'average, most] of its minute: `cpu` in cores, `mem` and `disk` in bytes, `fds`, `processes`, `ioRead` ' +
        'and `ioWrite` in bytes a second. Asking counts as watching: its node samples it every two seconds for a ' +
        'while.',
      gives: 'UsageAnswer',
      refuses: [404],
    }),
    query(rangeQuery),
    async (c) => reply(c, await cluster.usage(c.req.param('id'), ...minutesOf(c.req.valid('query').range))),
  );
}

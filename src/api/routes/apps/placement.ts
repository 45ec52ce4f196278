// /v1/apps/:name/scale and /placement: how many run, and where they may.
import { z } from 'zod';
import { permit } from '../../access/auth.ts';
import { withPlacement } from '../../answers/app-body.ts';
import { flag, ifMatch, query, readBody, readObject } from '../../answers/body.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';
import { reply, replyVersioned } from '../../answers/reply.ts';

const scaleBody = z.strictObject({
  scale: z
    .int('scale must be a whole number')
    .min(0, 'scale must be 0 or more')
    .max(100_000, 'scale must be 100000 or less'),
});
/** `dryRun=true` answers the plan instead of doing it. */
const dryRun = { dryRun: flag };

export function appPlacementRoutes(app: Api, { cluster }: Resource): void {
  app.post(
    '/v1/apps/:name/scale',
    says({
      tag: 'apps',
      summary: 'Set how many instances run',
      gives: 'App',
      takes: 'Scale',
      refuses: [404, 409, 412],
    }),
    permit('deploy'),
    query(dryRun),
    async (c) => {
      const { scale } = await readObject(c, scaleBody);
      const name = c.req.param('name');
      if (c.req.valid('query').dryRun) {
        const now = await cluster.app(name);
        return reply(
          c,
          await cluster.planApp(
            { ...now.spec, placement: { ...now.spec.placement, scale }, start: now.start },
            { scale: true, start: true },
          ),
        );
      }
      return replyVersioned(c, await cluster.scaleApp(name, scale, ifMatch(c), c.get('caller')));
    },
  );

  app.get(
    '/v1/apps/:name/placement',
    says({ tag: 'apps', summary: 'Where an app may run, and how many times', gives: 'Placement', refuses: [404] }),
    async (c) => {
      const view = await cluster.app(c.req.param('name'));
      c.header('etag', `"${view.version}"`);
      return reply(c, { ...view.spec.placement, scale: view.scale });
    },
  );
  app.put(
    '/v1/apps/:name/placement',
    says({
      tag: 'apps',
      summary: 'Change where an app may run',
      description: 'Restarts nothing. Absent keys take their defaults, an absent `scale` stays as it is.',
      gives: 'App',
      takes: 'Placement',
      refuses: [404, 409, 412, 422],
    }),
    permit('deploy'),
    query(dryRun),
    async (c) => {
      const wanted = ifMatch(c);
      const placement = await readBody(c);
      const now = await cluster.app(c.req.param('name'));
      const { spec, given } = withPlacement(now.spec, placement);
      if (c.req.valid('query').dryRun) return reply(c, await cluster.planApp(spec, given));
      // The rest of the spec is what was just read: without a version of the caller's own, the one read guards it.
      const { app: view } = await cluster.putApp(
        spec,
        given,
        { mode: 'put', ifMatch: wanted ?? now.version, refetch: false },
        c.get('caller'),
      );
      return replyVersioned(c, view);
    },
  );
}

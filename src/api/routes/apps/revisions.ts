// /v1/apps/:name/revisions and /rollback: earlier versions of a spec.
import { z } from 'zod';
import { Refusal } from '../../../model/errors.ts';
import { permit } from '../../access/auth.ts';
import { flag, pageOf, paging, query, readObject } from '../../answers/body.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';
import { reply, replyVersioned } from '../../answers/reply.ts';

const rollbackBody = z.strictObject({
  revision: z.int('revision must be a whole number').min(1, 'revisions count from 1'),
});

export function appRevisionRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/apps/:name/revisions',
    says({ tag: 'apps', summary: "Versions of an app's spec", gives: 'RevisionList', refuses: [404] }),
    query(paging),
    async (c) => reply(c, await cluster.revisions(c.req.param('name'), pageOf(c, c.req.valid('query')))),
  );
  app.post(
    '/v1/apps/:name/rollback',
    says({
      tag: 'apps',
      summary: 'Make an earlier revision the newest',
      gives: 'App',
      takes: 'Rollback',
      refuses: [404, 409],
    }),
    permit('deploy'),
    query({ dryRun: flag }),
    async (c) => {
      const { revision } = await readObject(c, rollbackBody);
      const name = c.req.param('name');
      if (!c.req.valid('query').dryRun)
        return replyVersioned(c, await cluster.rollback(name, revision, c.get('caller')));
      const { items } = await cluster.revisions(name, { from: 0, size: 1000 });
      const found = items.find((r) => r.revision === revision);
      if (!found)
        throw new Refusal(
          'revision-not-found',
          `${name} has no revision ${revision}`,
          `kept are: ${items.map((r) => r.revision).join(', ')}`,
        );
      return reply(c, await cluster.planApp(found.spec, { scale: false, start: false }));
    },
  );
}

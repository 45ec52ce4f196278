// /v1/apps: what users declare. What a change would do: plans.ts; what is done to an app that is there: actions.ts; how many and
// where: placement.ts; earlier versions: revisions.ts.
import { z } from 'zod';
import type { Cluster } from '../../cluster.ts';
import { permit } from '../../access/auth.ts';
import { formats, readApp, withNotes, type AppFormat } from '../../answers/app-body.ts';
import { flag, ifMatch, listQuery, pageOf, query } from '../../answers/body.ts';
import type { Api, ApiContext, Resource } from '../../context.ts';
import { says } from '../../describe.ts';
import { reply, replyVersioned } from '../../answers/reply.ts';

/** `refetch=false`: keep the contents of the URIs that the last revision resolved. */
const writing = { dryRun: flag, refetch: z.enum(['true', 'false']).optional().default('true'), ...formats };
interface Writing {
  dryRun: boolean;
  refetch: 'true' | 'false';
  format: AppFormat;
}

export function appRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/apps',
    says({ tag: 'apps', summary: 'Apps that match a query', gives: 'AppList' }),
    query(listQuery),
    async (c) => {
      const q = c.req.valid('query');
      return reply(c, await cluster.apps(q.query, pageOf(c, q)));
    },
  );
  app.get('/v1/apps/:name', says({ tag: 'apps', summary: 'One app', gives: 'App', refuses: [404] }), async (c) =>
    replyVersioned(c, await cluster.app(c.req.param('name'))),
  );
  app.delete(
    '/v1/apps/:name',
    says({
      tag: 'apps',
      summary: 'Delete an app and stop its processes',
      gives: 'App',
      status: 202,
      refuses: [404, 409],
    }),
    permit('deploy'),
    async (c) => reply(c, await cluster.deleteApp(c.req.param('name'), c.get('caller')), 202),
  );
  writeRoutes(app, cluster);
}

function writeRoutes(app: Api, cluster: Cluster): void {
  app.post(
    '/v1/apps',
    says({
      tag: 'apps',
      summary: 'Create an app',
      description:
        'Answers once the app is durable, before it runs. `?dryRun=true` gives the plan instead. ' +
        "`?format=marathon` takes an app of Marathon's. `notes` in the answer say what is worth knowing of it, or has no counterpart.",
      gives: 'App',
      status: 201,
      takes: 'AppSpec',
      refuses: [409, 422, 503],
    }),
    permit('deploy'),
    query(writing),
    (c) => write(c, cluster, 'create', c.req.valid('query')),
  );
  app.put(
    '/v1/apps/:name',
    says({
      tag: 'apps',
      summary: 'Create or replace an app',
      description:
        'Without `placement.scale` or `start` it keeps what is in force; every other absent key takes its ' +
        "default. `If-Match` guards against losing somebody else's change.",
      gives: 'App',
      takes: 'AppSpec',
      refuses: [409, 412, 422, 503],
    }),
    permit('deploy'),
    query(writing),
    (c) => write(c, cluster, 'put', c.req.valid('query')),
  );
}

async function write(c: ApiContext, cluster: Cluster, mode: 'create' | 'put', asked: Writing) {
  const { spec, given, notes } = await readApp(c, mode === 'put' ? c.req.param('name')! : null, asked.format);
  if (asked.dryRun) return reply(c, withNotes(await cluster.planApp(spec, given), notes));
  const onlyNew = c.req.header('if-none-match')?.trim() === '*';
  const how = { mode: onlyNew ? 'create' : mode, ifMatch: ifMatch(c), refetch: asked.refetch === 'true' } as const;
  const { app: view, created, changed } = await cluster.putApp(spec, given, how, c.get('caller'));
  if (created) c.header('location', `/v1/apps/${view.name}`);
  c.header('x-stathub-changed', String(changed));
  return replyVersioned(c, withNotes(view, notes), created ? 201 : 200);
}

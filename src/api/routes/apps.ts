// /v1/apps: what users declare.
import { z } from 'zod';
import { Refusal } from '../../model/errors.ts';
import { exactly, narrowed } from '../../protocol/exact.ts';
import { permit } from '../access/auth.ts';
import { readApp, withPlacement, type AppFormat } from '../answers/app-body.ts';
import { flag, ifMatch, listQuery, pageOf, paging, query, readBody, readObject } from '../answers/body.ts';
import type { Api, ApiContext, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply, replyVersioned } from '../answers/reply.ts';

const scaleBody = z.strictObject({
  scale: z
    .int('scale must be a whole number')
    .min(0, 'scale must be 0 or more')
    .max(100_000, 'scale must be 100000 or less'),
});
const rollbackBody = z.strictObject({
  revision: z.int('revision must be a whole number').min(1, 'revisions count from 1'),
});
const dryRun = { dryRun: flag };
/** `format=marathon`: the body is an app of Marathon's, the answer has `notes` of what has no counterpart. Never guessed. */
const formats = {
  format: z.enum(['stathub', 'marathon'], 'format must be stathub or marathon').optional().default('stathub'),
};
/** `refetch=false`: keep the contents of the URIs that the last revision resolved. */
const writing = { ...dryRun, refetch: z.enum(['true', 'false']).optional().default('true'), ...formats };

const withNotes = <T extends object>(view: T, notes: object[] | null): T =>
  notes === null ? view : { ...view, notes };

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

  const put = async (
    c: ApiContext,
    mode: 'create' | 'put',
    q: { dryRun: boolean; refetch: string; format: AppFormat },
  ) => {
    const { spec, given, notes } = await readApp(c, mode === 'put' ? c.req.param('name')! : null, q.format);
    if (q.dryRun) return reply(c, withNotes(await cluster.planApp(spec, given), notes));
    const only = c.req.header('if-none-match')?.trim() === '*' ? 'create' : mode;
    const {
      app: view,
      created,
      changed,
    } = await cluster.putApp(
      spec,
      given,
      { mode: only, ifMatch: ifMatch(c), refetch: q.refetch === 'true' },
      c.get('caller'),
    );
    if (created) c.header('location', `/v1/apps/${view.name}`);
    c.header('x-stathub-changed', String(changed));
    return replyVersioned(c, withNotes(view, notes), created ? 201 : 200);
  };
  app.post(
    '/v1/apps',
    says({
      tag: 'apps',
      summary: 'Create an app',
      description:
        "Answers once the app is durable, before it runs. `?dryRun=true` gives the plan instead. `?format=marathon` takes an app of Marathon's; `notes` in the answer name what of it has no counterpart.",
      gives: 'App',
      status: 201,
      takes: 'AppSpec',
      refuses: [409, 422, 503],
    }),
    permit('deploy'),
    query(writing),
    (c) => put(c, 'create', c.req.valid('query')),
  );
  app.post(
    '/v1/apps/plan',
    says({
      tag: 'apps',
      summary: 'What creating or replacing an app would do',
      gives: 'Plan',
      takes: 'AppSpec',
      refuses: [422],
    }),
    query(formats),
    async (c) => {
      const { spec, given, notes } = await readApp(c, null, c.req.valid('query').format);
      return reply(c, withNotes(await cluster.planApp(spec, given), notes));
    },
  );

  app.get('/v1/apps/:name', says({ tag: 'apps', summary: 'One app', gives: 'App', refuses: [404] }), async (c) =>
    replyVersioned(c, await cluster.app(c.req.param('name'))),
  );
  app.put(
    '/v1/apps/:name',
    says({
      tag: 'apps',
      summary: 'Create or replace an app',
      description:
        "Without `placement.scale` or `start` it keeps what is in force; every other absent key takes its default. `If-Match` guards against losing somebody else's change.",
      gives: 'App',
      takes: 'AppSpec',
      refuses: [409, 412, 422, 503],
    }),
    permit('deploy'),
    query(writing),
    (c) => put(c, 'put', c.req.valid('query')),
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

  const actions = {
    start: 'Start an app',
    stop: 'Stop an app and keep it',
    restart: 'Restart an app, in batches, each healthy before the next',
  } as const;
  for (const action of Object.keys(actions) as (keyof typeof actions)[]) {
    app.post(
      `/v1/apps/:name/${action}`,
      says({ tag: 'apps', summary: actions[action], gives: 'App', refuses: [404, 409] }),
      permit('deploy'),
      async (c) => replyVersioned(c, await cluster.appAction(c.req.param('name')!, action, c.get('caller'))),
    );
  }
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
  app.post(
    '/v1/apps/:name/plan',
    says({
      tag: 'apps',
      summary: 'What a changed app would do',
      description: 'An empty body plans the app as it is.',
      gives: 'Plan',
      takes: 'AppSpec',
      refuses: [404, 422],
    }),
    async (c) => {
      const name = c.req.param('name');
      const empty =
        c.req.header('content-length') === '0' ||
        (c.req.header('content-length') === undefined && (await c.req.text()) === '');
      if (empty) {
        const now = await cluster.app(name);
        return reply(c, await cluster.planApp(now.spec, { scale: false, start: false }));
      }
      const { spec, given } = await readApp(c, name);
      return reply(c, await cluster.planApp(spec, given));
    },
  );

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
    query(dryRun),
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
  app.get(
    '/v1/apps/:name/why',
    says({ tag: 'apps', summary: 'Why an app is as it is', gives: 'Why', refuses: [404] }),
    async (c) => reply(c, await cluster.why(c.req.param('name'))),
  );
  app.get(
    '/v1/apps/:name/instances',
    says({ tag: 'apps', summary: "An app's instances", gives: 'InstanceList', refuses: [404] }),
    query(listQuery),
    async (c) => {
      const q = c.req.valid('query');
      const { name } = await cluster.app(c.req.param('name'));
      return reply(c, await cluster.instances(narrowed(q.query, exactly('app', name)), pageOf(c, q)));
    },
  );
}

// /v1/apps: what users declare. How many and where: app-placement.ts; earlier versions: app-revisions.ts.
import { z } from 'zod';
import { exactly, narrowed } from '../../protocol/exact.ts';
import { permit } from '../access/auth.ts';
import { readApp, type AppFormat } from '../answers/app-body.ts';
import { flag, ifMatch, listQuery, pageOf, query } from '../answers/body.ts';
import type { Api, ApiContext, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply, replyVersioned } from '../answers/reply.ts';

/** `format=marathon`: the body is an app of Marathon's, the answer's `notes` name what has no counterpart. Never guessed. */
const formats = {
  format: z.enum(['stathub', 'marathon'], 'format must be stathub or marathon').optional().default('stathub'),
};
/** `refetch=false`: keep the contents of the URIs that the last revision resolved. */
const writing = { dryRun: flag, refetch: z.enum(['true', 'false']).optional().default('true'), ...formats };

const withNotes = <T extends object>(view: T, notes: object[]): T => (notes.length === 0 ? view : { ...view, notes });

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
        'Answers once the app is durable, before it runs. `?dryRun=true` gives the plan instead. ' +
        "`?format=marathon` takes an app of Marathon's. `notes` in the answer say what is worth knowing of it, or has no counterpart.",
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
        'Without `placement.scale` or `start` it keeps what is in force; every other absent key takes its ' +
        "default. `If-Match` guards against losing somebody else's change.",
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

  app.post(
    '/v1/apps/:name/recover',
    says({
      tag: 'apps',
      summary: 'Make the record of an app again that the store has lost',
      description:
        'As the master remembers it, else from the newest revision, with as many instances as places are filled, were left ' +
        'on lost nodes, or are seen running; the event app.recovered says which. ' +
        'What runs of it runs on and is its own again.',
      gives: 'App',
      refuses: [404, 409],
    }),
    permit('deploy'),
    async (c) => replyVersioned(c, await cluster.recoverApp(c.req.param('name'), c.get('caller'))),
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

// /v1/apps/plan, /v1/apps/:name/plan: what a change would do, without doing it.
import { formats, readApp, withNotes } from '../../answers/app-body.ts';
import { query } from '../../answers/body.ts';
import { reply } from '../../answers/reply.ts';
import type { Api, ApiContext, Resource } from '../../context.ts';
import { says } from '../../describe.ts';

export function appPlanRoutes(app: Api, { cluster }: Resource): void {
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
      if (await isEmpty(c)) {
        const now = await cluster.app(name);
        return reply(c, await cluster.planApp(now.spec, { scale: false, start: false }));
      }
      const { spec, given } = await readApp(c, name);
      return reply(c, await cluster.planApp(spec, given));
    },
  );
}

async function isEmpty(c: ApiContext): Promise<boolean> {
  const length = c.req.header('content-length');
  return length === undefined ? (await c.req.text()) === '' : length === '0';
}

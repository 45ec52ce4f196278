// /v1/apps/:name/start, stop, restart, recover; why an app is as it is, and its instances.
import { exactly, narrowed } from '../../../protocol/exact.ts';
import { permit } from '../../access/auth.ts';
import { listQuery, pageOf, query } from '../../answers/body.ts';
import { reply, replyVersioned } from '../../answers/reply.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';

const actions = {
  start: 'Start an app',
  stop: 'Stop an app and keep it',
  restart: 'Restart an app, in batches, each healthy before the next; a stopped one is started',
} as const;

export function appActionRoutes(app: Api, { cluster }: Resource): void {
  for (const action of Object.keys(actions) as (keyof typeof actions)[]) {
    app.post(
      `/v1/apps/:name/${action}`,
      says({ tag: 'apps', summary: actions[action], gives: 'App', refuses: [404, 409] }),
      permit('deploy'),
      async (c) => replyVersioned(c, await cluster.appAction(c.req.param('name')!, action, c.get('caller'))),
    );
  }
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

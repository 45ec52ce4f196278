// /v1/actors: the statecharts at work, for the inspector. What they do is watched on /v1/live.
import { z } from 'zod';
import { permit } from '../access/auth.ts';
import { query, readObject } from '../answers/body.ts';
import type { Api, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply } from '../answers/reply.ts';

const actorEvent = z.looseObject({ type: z.string().min(1).max(100) });

export function actorRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/actors',
    says({
      tag: 'status',
      summary: 'Every statechart at work',
      description: 'Of this process and, at a master, of its agents.',
      gives: 'ActorList',
    }),
    query({}),
    async (c) => {
      const items = await cluster.actors();
      return reply(c, { items, total: items.length, from: 0, size: items.length });
    },
  );
  app.post(
    '/v1/actors/:id/events',
    says({
      tag: 'status',
      summary: 'Send an event to a statechart',
      description: 'What the inspector does. The event is taken as it is: this can break what a hub keeps in order.',
      gives: null,
      status: 204,
      takes: 'Anything',
      refuses: [404, 501, 503],
    }),
    permit('admin'),
    async (c) => {
      await cluster.sendToActor(c.req.param('id'), await readObject(c, actorEvent), c.get('caller'));
      return c.body(null, 204);
    },
  );
}

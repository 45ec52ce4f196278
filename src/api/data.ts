// /v1/data: the collections of the store as they are kept, for the data page.
import { listQuery, pageOf, query } from './body.ts';
import type { Api, Resource } from './context.ts';
import { says } from './describe.ts';
import { reply } from './reply.ts';

export function dataRoutes(app: Api, { cluster }: Resource): void {
  app.get('/v1/data', says({ tag: 'store', summary: 'Collections of the store, with their sizes', gives: 'CollectionList', refuses: [501] }), query({}), async (c) => {
    const items = await cluster.collections();
    return reply(c, { items, total: items.length, from: 0, size: items.length });
  });
  app.get('/v1/data/:collection', says({ tag: 'store', summary: 'Documents of a collection', gives: 'DocumentList', refuses: [404, 501] }), query(listQuery), async (c) => {
    const q = c.req.valid('query');
    const page = pageOf(q);
    return reply(c, { ...(await cluster.documents(c.req.param('collection'), q.query, page)), from: page.from, size: page.size });
  });
}

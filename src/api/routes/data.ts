// /v1/data: the collections of the store as they are kept, for the data page.
import { maskSecrets } from '../../model/secrets.ts';
import { listQuery, pageOf, query } from '../answers/body.ts';
import type { Api, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply } from '../answers/reply.ts';

export function dataRoutes(app: Api, { cluster }: Resource): void {
  app.get(
    '/v1/data',
    says({
      tag: 'store',
      summary: 'Collections of the store, with their sizes',
      description:
        'All that is stored: records, and `events` and `metrics` beside them. `about`: the size is an estimate ' +
        '(whole pages, or its part of an index that it shares).',
      gives: 'CollectionList',
      refuses: [501],
    }),
    query({}),
    async (c) => {
      const items = await cluster.collections();
      return reply(c, { items, total: items.length, from: 0, size: items.length });
    },
  );
  app.get(
    '/v1/data/:collection',
    says({
      tag: 'store',
      summary: 'Documents of a collection',
      description:
        'As they are kept, but for secrets: these are masked whoever asks, and cannot be searched for. Nodes and ' +
        'apps are found by the names of their lists, too (`os.cpus`). Events and metrics come newest first; ' +
        '`about`: not all was looked at, there may be more than `total`.',
      gives: 'DocumentList',
      refuses: [404, 501],
    }),
    query(listQuery),
    async (c) => {
      const q = c.req.valid('query');
      const page = pageOf(c, q);
      const { items, total, about } = await cluster.documents(c.req.param('collection'), q.query, page);
      // Not `reply`: for readers that masks every member called `key`, also those that name documents.
      return c.json({
        items: items.map(({ key, version, doc }) => ({ key, version, doc: maskSecrets(doc) })),
        total,
        from: page.from,
        size: page.size,
        ...(about ? { about } : {}),
      });
    },
  );
}

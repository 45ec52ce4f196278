// /v1/status, /healthz, /readyz, /metrics.
import type { Api, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { Refusal } from '../../model/errors.ts';
import { reply } from '../answers/reply.ts';

/** Open to everyone: a load balancer has no token, and they tell nothing. */
export function healthRoutes(app: Api, { cluster, closing }: Resource): void {
  app.get('/healthz', says({ tag: 'status', summary: 'Is the process alive?', gives: 'text' }), (c) =>
    c.text('ok\n', 200, { 'cache-control': 'no-store' }),
  );
  app.get(
    '/readyz',
    says({
      tag: 'status',
      summary: 'Can it take requests?',
      description:
        'Also while the store takes no writes, which it then says (as JSON where `Accept` asks for it), as long as this master leads.',
      gives: 'text',
      refuses: [503],
    }),
    (c) => {
      if (closing.aborted) throw new Refusal('stopping', 'it is stopping', 'ask again once it has been started');
      const because = cluster.notReady();
      if (because !== null) throw new Refusal('starting', because, 'ask again in a second');
      const lapsed = cluster.lapsed?.() ?? null;
      if (lapsed) throw new Refusal('store-unavailable', lapsed.message, lapsed.hint);
      const headers = { 'cache-control': 'no-store' };
      const trouble = cluster.storeTrouble?.() ?? null;
      // Reads and what runs go on without writes: it stays in the balance. Only the code: whoever asks has no token.
      if (/\bjson\b/.test(c.req.header('accept') ?? '')) {
        return c.json(
          { ready: true, store: { trouble: trouble && { code: trouble.code, since: trouble.since } } },
          200,
          headers,
        );
      }
      return c.text(trouble ? `ready, but the store takes no writes: ${trouble.code}\n` : 'ready\n', 200, headers);
    },
  );
}

export function statusRoutes(app: Api, { cluster, version }: Resource): void {
  app.get('/v1/status', says({ tag: 'status', summary: 'The hub in one look', gives: 'Status' }), async (c) =>
    reply(c, await cluster.status()),
  );
  let render: ((cluster: Resource['cluster'], version: string) => Promise<{ text: string; type: string }>) | null =
    null;
  app.get('/metrics', says({ tag: 'status', summary: 'Figures for Prometheus', gives: 'text' }), async (c) => {
    // prom-client is only loaded where somebody scrapes.
    render ??= (await import('./metrics.ts')).renderMetrics;
    const { text, type } = await render(cluster, version);
    return c.body(text, 200, { 'content-type': type, 'cache-control': 'no-store' });
  });
}

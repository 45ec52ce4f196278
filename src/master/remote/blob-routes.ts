// `GET /v1/blobs/:sha256?not=NODE`: contents by hash, for nodes (a join token or admin; checked in front).
import { Hono } from 'hono';
import type { Blobs } from './blobs.ts';

const problem = (status: 400 | 404, code: string, detail: string, hint: string): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: code, status, code, detail, hint, errors: [] }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

/** @param blobs finds and streams them */
export function blobRoutes(blobs: Blobs): Hono {
  const routes = new Hono();
  routes.get('/v1/blobs/:sha256', async (context) => {
    const sha256 = context.req.param('sha256');
    if (!/^[0-9a-f]{64}$/.test(sha256))
      return problem(400, 'invalid-request', 'This is no sha256', 'Write its 64 hexadecimal digits in lower case.');
    const { signal } = context.req.raw;
    const found = await blobs.find(sha256, context.req.query('not') ?? null, signal);
    if (!found)
      return problem(
        404,
        'not-found',
        `No node that is connected has ${sha256}`,
        'Deploy the app again to take what its origin gives now.',
      );
    const pieces = found.pieces[Symbol.asyncIterator]();
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await pieces.return?.();
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(found.size),
        etag: `"${sha256}"`,
      },
    });
  });
  return routes;
}

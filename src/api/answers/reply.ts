// JSON answers: masked for the read role, with an ETag where the thing has a version.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { shownTo } from '../access/shown-to.ts';
import type { ApiContext } from '../context.ts';

/** Sends a value; a caller who may only read gets it with secrets masked. */
export function reply(c: ApiContext, value: unknown, status: ContentfulStatusCode = 200): Response {
  c.header('cache-control', 'no-store');
  return c.json(shownTo(c.get('caller'), value) as object, status);
}

/** The same with `ETag`, and 304 when the caller has this version already. */
export function replyVersioned(
  c: ApiContext,
  value: { version: string },
  status: ContentfulStatusCode = 200,
): Response {
  const tag = `"${value.version}"`;
  c.header('etag', tag);
  if (
    status === 200 &&
    c.req.method === 'GET' &&
    c.req
      .header('if-none-match')
      ?.split(',')
      .some((t) => t.trim() === tag)
  )
    return c.body(null, 304);
  return reply(c, value, status);
}

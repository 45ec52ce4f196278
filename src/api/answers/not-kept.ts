// What was done is told as done only with its event in the store; where that takes no writes (a full disk), the answer says so.
import type { MiddlewareHandler } from 'hono';
import type { Cluster } from '../cluster.ts';
import type { ApiEnv } from '../context.ts';

/** How long an answer waits for its event, ms. */
const longestWaitMs = 1000;
const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The text of the `Warning` (RFC 7234, 5.5) that goes with an answer to what was done and is not in the events yet. */
const warningOf = (why: string): string =>
  `199 stathub ${JSON.stringify(`it is done, and its event is not kept yet: ${why}`.replace(/[^ -~]/g, '?'))}`;

/** Waits for the events of what a request has done; those that cannot be kept are named in a `Warning`. */
export const tellsWhatIsNotKept =
  (cluster: Cluster): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    await next();
    if (reads.has(c.req.method) || !c.res.ok || !cluster.eventsKept || /^\/v1\/(link|blobs)\b/.test(c.req.path)) return;
    const why = await cluster.eventsKept(longestWaitMs);
    if (why !== null) c.header('warning', warningOf(why), { append: true });
  };

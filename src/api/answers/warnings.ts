// What an answer has to say beside itself, as a `Warning`: what was done is told as done only with its event in the store, and where that
// takes no writes (a full disk), the answer says so; what a hub tells that could not begin may be behind.
import type { MiddlewareHandler } from 'hono';
import type { Cluster } from '../cluster.ts';
import type { ApiEnv } from '../context.ts';
import { warningOf } from '../../protocol/warnings.ts';

/** How long an answer waits for its event, ms. */
const longestWaitMs = 1000;
const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Answers of a hub that has not begun carry why, and what that makes of them. */
export const tellsWhatIsBehind =
  (cluster: Cluster): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    await next();
    const caveat = cluster.caveat?.() ?? null;
    if (caveat !== null) c.header('warning', warningOf(caveat), { append: true });
  };

/** Waits for the events of what a request has done; those that cannot be kept are named in a `Warning`. */
export const tellsWhatIsNotKept =
  (cluster: Cluster): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    await next();
    if (reads.has(c.req.method) || !c.res.ok || !cluster.eventsKept || /^\/v1\/(link|blobs)\b/.test(c.req.path)) return;
    const why = await cluster.eventsKept(longestWaitMs);
    if (why !== null)
      c.header('warning', warningOf(`it is done, and its event is not kept yet: ${why}`), { append: true });
  };

// What a master answers while it does not lead: that it lives, why it is not ready, and who leads.
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { problemOf, problemResponse } from '../../api/answers/problem.ts';
import { Refusal } from '../../model/errors.ts';

/**
 * Why it does not lead; `leader`: address of the one that does, where it is known; `code`: of the problem that says so,
 * `standby` by itself.
 */
export interface Standing {
  because: string;
  hint: string;
  leader: string | null;
  code?: 'starting' | 'store-unavailable';
}

export interface Served {
  fetch: (request: Request, env?: object) => Response | Promise<Response>;
}

/** One listener through all changes of who leads: each request goes to what serves at that moment. */
export class Front {
  #app: Served;
  constructor(app: Served) {
    this.#app = app;
  }
  readonly fetch = (request: Request, env?: object): Response | Promise<Response> => this.#app.fetch(request, env);
  serve(app: Served): void {
    this.#app = app;
  }
}

/** @param standing as it is at the moment of a request */
export function standbyApp(standing: () => Standing): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok\n', 200, { 'cache-control': 'no-store' }));
  app.all('*', (c) => {
    const { because, hint, leader, code = 'standby' } = standing();
    const { problem } = problemOf(new Refusal(code, because, hint));
    // A browser or a command follows to the leader. Not an agent (it tries its next address), and nobody who asks after this one.
    const elsewhere = leader !== null && !/^\/(readyz|v1\/link)\b/.test(c.req.path);
    const { pathname, search } = new URL(c.req.url);
    if (!elsewhere) return problemResponse(problem);
    return problemResponse({ ...problem, status: 307 }, { location: `${leader}${pathname}${search}` });
  });
  return app;
}

/** How long an answer waits for Elasticsearch to tell who leads, after this process stood still. */
const wakeMs = 2_000;

/**
 * What a leader serves. After it stood still for so long that another may lead, it finds out before it answers, also what is only read.
 * @param other what is served when it does not lead any more
 */
export function servedWhileLeading(
  api: Served,
  lease: { readonly held: boolean; readonly waking: Promise<void> | null },
  other: Served,
): Served {
  const awake = async (waking: Promise<void>, request: Request, env?: object): Promise<Response> => {
    await Promise.race([waking, sleep(wakeMs, undefined, { ref: false })]);
    return lease.held ? api.fetch(request, env) : other.fetch(request, env);
  };
  return {
    fetch: (request, env) => {
      const { waking } = lease;
      return waking ? awake(waking, request, env) : api.fetch(request, env);
    },
  };
}

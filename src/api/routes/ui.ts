// The dashboard's files. Any path of its own that is no file is the page itself: it routes in the browser.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Refusal } from '../../model/errors.ts';
import { callerOf } from '../access/auth.ts';
import type { Api, AuthOptions } from '../context.ts';
import { toLogin } from './login.ts';

/** Paths that are the API's and never a page. */
const ours = /^\/(v1|healthz|readyz|metrics|openapi\.json|docs|login|logout|_plugin)(\/|$)/;
const isFile = /\/[^/]+\.[a-z0-9]{1,8}$/i;

export function dashboardRoutes(app: Api, directory: string, auth: AuthOptions): void {
  const page = join(directory, 'index.html');
  // Made at the first request: the folder may not be built yet, and an agent is seldom looked at.
  const files = once(() => serveStatic({ root: directory }));
  const index = serveStatic({ path: page });
  app.get('/_plugin/head', (c) => c.redirect('/data'));
  app.get('/_plugin/head/', (c) => c.redirect('/data'));
  app.get('*', async (c, next) => {
    if (ours.test(c.req.path)) return next();
    // Scripts, styles and fonts are the same for everybody and hold nothing of the cluster. A name with dots may also be a
    // page of the dashboard (/instances/web.0.abcdefgh): what is no file goes on to it where a page is wanted.
    const html = /\btext\/html\b/.test(c.req.header('accept') ?? '');
    if (isFile.test(c.req.path) && existsSync(page)) {
      c.header('cache-control', c.req.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      const file = await files()(c, async () => {});
      if (file instanceof Response) return file;
    }
    if (!html && (isFile.test(c.req.path) || !/\*\/\*/.test(c.req.header('accept') ?? '*/*'))) return next();
    if (!callerOf(c, auth)) return toLogin(c);
    if (!existsSync(page)) throw new Refusal('not-found', 'the dashboard is not built', 'run: npm run build');
    c.header('cache-control', 'no-cache');
    return index(c, next);
  });
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

// /openapi.json and /docs: the description of this API, and a page to try it, served from here.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { html } from 'hono/html';
import { generateSpecs } from 'hono-openapi';
import type { Api, Resource } from '../context.ts';
import { query } from '../answers/body.ts';
import { says } from '../describe.ts';

const page = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>API · stathub</title>
      <link rel="icon" href="data:," />
      <meta name="color-scheme" content="light dark" />
      <script src="/docs/theme.js"></script>
      <link rel="stylesheet" href="/docs/swagger-ui.css" />
      <link rel="stylesheet" href="/docs/look.css" />
    </head>
    <body>
      <div id="swagger-ui"></div>
      <script src="/docs/swagger-ui-bundle.js"></script>
      <script src="/docs/start.js"></script>
    </body>
  </html>`;
/** Swagger UI, which the build has copied there. */
const filesOfPage = (): string => join(dirname(createRequire(import.meta.url).resolve('#package')), 'dist/docs');
const start =
  'SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, tryItOutEnabled: true, validatorUrl: null });\n';

/** Before the first paint: the theme chosen in the dashboard, else the system's, as it is now. Swagger UI knows it by a class. */
const theme = `(function () {
  var root = document.documentElement;
  var dark = matchMedia('(prefers-color-scheme: dark)');
  var chosen = new URLSearchParams(location.search).get('theme');
  try {
    chosen = chosen || localStorage.getItem('stathub.theme');
  } catch {
    /* storage is forbidden here: the system's theme holds */
  }
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;
  function show() {
    root.classList.toggle('dark-mode', (root.dataset.theme || (dark.matches ? 'dark' : 'light')) === 'dark');
  }
  dark.addEventListener('change', show);
  show();
})();
`;

export function docsRoutes(app: Api, { version }: Resource): void {
  let document: Promise<unknown> | null = null;
  app.get(
    '/openapi.json',
    says({ tag: 'documents', summary: 'This description', gives: 'Anything' }),
    query({}),
    async (c) => {
      document ??= describe(app, version);
      return c.json((await document) as object, 200, { 'cache-control': 'no-cache' });
    },
  );
  app.get('/docs', (c) => c.html(page));
  app.get('/docs/theme.js', (c) => c.body(theme, 200, { 'content-type': 'text/javascript' }));
  app.get('/docs/start.js', (c) => c.body(start, 200, { 'content-type': 'text/javascript' }));
  let files: ReturnType<typeof serveStatic> | null = null;
  app.get('/docs/:file{swagger-ui\\.css|look\\.css|swagger-ui-bundle\\.js}', async (c, next) => {
    files ??= serveStatic({
      root: filesOfPage(),
      rewriteRequestPath: (path) => path.replace(/^\/docs/, ''),
    });
    return files(c as never, next);
  });
}

async function describe(app: Api, version: string): Promise<unknown> {
  const { schemas } = await import('../schemas/schemas.ts');
  return generateSpecs(app, {
    documentation: {
      info: {
        title: 'stathub',
        version,
        description:
          'Apps, nodes, instances and their history. Errors are application/problem+json with a stable `code`.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: '/' }],
      security: [{ token: [] }, { cookie: [] }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'stathub' },
        },
        schemas: schemas() as never,
      },
    },
    excludeStaticFile: false,
  });
}

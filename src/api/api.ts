// The API: checks in front, one file a resource, one place where errors become answers.
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { tellsWhatIsBehind, tellsWhatIsNotKept } from './answers/warnings.ts';
import { Refusal } from '../model/errors.ts';
import { actorRoutes } from './routes/actors.ts';
import { appActionRoutes } from './routes/apps/actions.ts';
import { appPlanRoutes } from './routes/apps/plans.ts';
import { nodeActionRoutes } from './routes/nodes/actions.ts';
import { appPlacementRoutes } from './routes/apps/placement.ts';
import { appRevisionRoutes } from './routes/apps/revisions.ts';
import { appRoutes } from './routes/apps/apps.ts';
import { authenticate, demand, guardOrigin } from './access/auth.ts';
import { limitBody, limitUrl } from './answers/body.ts';
import type { Api, ApiContext, ApiEnv, ApiOptions, Resource } from './context.ts';
import { dataRoutes } from './routes/data.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventRoutes } from './routes/events.ts';
import { execRoute } from './routes/instances/exec.ts';
import { fileRoutes } from './routes/instances/files.ts';
import { LiveHub } from '../live/hub.ts';
import { instanceRoutes } from './routes/instances/instances.ts';
import { liveRoute } from './routes/live.ts';
import { logRoutes } from './routes/instances/logs.ts';
import { loginRoutes, toLogin } from './routes/login.ts';
import { nodeRoutes } from './routes/nodes/nodes.ts';
import { problemOf, problemResponse } from './answers/problem.ts';
import { healthRoutes, statusRoutes } from './routes/status.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { dashboardRoutes } from './routes/ui.ts';

/** What the dashboard needs and nothing else: its own files, its own WebSocket. */
const policy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  workerSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

// referrer: 'no-referrer' would make browsers send "Origin: null" with our own forms.
const headers: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: policy,
  crossOriginResourcePolicy: 'same-origin',
  crossOriginOpenerPolicy: 'same-origin',
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
  permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
};

const resources: ((app: Api, resource: Resource) => void)[] = [
  appRoutes,
  appPlanRoutes,
  appActionRoutes,
  appPlacementRoutes,
  appRevisionRoutes,
  actorRoutes,
  nodeRoutes,
  nodeActionRoutes,
  instanceRoutes,
  logRoutes,
  fileRoutes,
  eventRoutes,
  statusRoutes,
  dataRoutes,
  discoveryRoutes,
  docsRoutes,
];

/**
 * The whole HTTP side of a hub: `app.fetch` for a server, `app.request()` for tests.
 * Order of the checks: size of the address, Host and Origin, who asks, what they may, size of the body.
 */
export function createApi(options: ApiOptions): Api {
  const { cluster, auth, version } = options;
  const closing = options.closing ?? new AbortController().signal;
  const app: Api = new Hono<ApiEnv>({ strict: false });
  const resource: Resource = { cluster, version, closing };

  app.onError((error, c) => answerOf(error, c, options));
  app.notFound((c) => missing(app, c));
  app.use(secureHeaders(headers));
  app.use(limitUrl, guardOrigin(auth));
  healthRoutes(app, resource);
  loginRoutes(app, auth);
  dashboardRoutes(app, options.ui.directory, auth);
  app.use(authenticate(auth));
  app.use(limitBody);
  // A join token opens the link; whatever else a route demands comes on top of being allowed to read.
  app.use(async (c, next) => {
    demand(c.get('caller'), /^\/v1\/(link|blobs)\b/.test(c.req.path) ? 'node' : 'read');
    await next();
  });
  app.use(tellsWhatIsBehind(cluster));
  app.use(tellsWhatIsNotKept(cluster));
  for (const routes of resources) routes(app, resource);
  execRoute(app, resource);
  tokenRoutes(app, auth.tokens, resource);
  const unforeseen = (error: unknown) =>
    options.onError?.(error, { method: 'GET', path: '/v1/live', incident: 'live' });
  liveRoute(app, new LiveHub({ cluster, version, onError: unforeseen }), closing);
  options.extraRoutes?.(app, { closing });
  return app;
}

function answerOf(error: unknown, c: ApiContext, { onError }: ApiOptions): Response {
  const { problem, incident } = problemOf(error);
  if (incident !== null) onError?.(error, { method: c.req.method, path: c.req.path, incident });
  if (problem.status === 401 && c.req.method === 'GET' && /\btext\/html\b/.test(c.req.header('accept') ?? ''))
    return toLogin(c);
  return problemResponse(problem);
}

/** 405 where another method would do, else 404. */
function missing(app: Api, c: ApiContext): Response {
  const allowed = allowedMethods(app, c.req.path);
  if (c.req.method === 'OPTIONS' && allowed.length) return c.body(null, 204, { allow: allowed.join(', ') });
  const refusal = allowed.length
    ? new Refusal('method-not-allowed', `${c.req.method} does not work on ${c.req.path}`, `use ${allowed.join(' or ')}`)
    : new Refusal('not-found', `there is nothing at ${c.req.path}`, 'the routes are listed at /docs');
  return problemResponse(problemOf(refusal).problem, allowed.length ? { allow: allowed.join(', ') } : {});
}

function allowedMethods(app: Api, path: string): string[] {
  const methods = new Set<string>();
  for (const route of app.routes) {
    if (route.method === 'ALL' || route.path.includes('*')) continue;
    // A parameter may carry its own pattern: `:file{a\\.css|b\\.js}`.
    const pattern = route.path
      .split('/')
      .map((part) =>
        part.startsWith(':') ? (/\{(.+)\}$/.exec(part)?.[1] ?? '[^/]+') : part.replace(/[^\w-]/g, '\\$&'),
      );
    if (new RegExp(`^${pattern.map((part) => `(?:${part})`).join('/')}/?$`).test(path)) methods.add(route.method);
  }
  return [...methods].sort();
}

// Marathon's app definitions as apps of ours. Converted only where a caller says that it is Marathon's, never
// guessed; whatever has no counterpart is told, with the path at which it stood. Defaults are Marathon's (its app schema, 1.11).
import { checksOf } from './checks.ts';
import { placementOf } from './constraints.ts';
import { fetchesOf, isRecord, numberOf, portsOf, processOf, type Note, type Raw } from './parts.ts';

export interface Converted {
  /** As a person would have written it for us: what is Marathon's default and ours is left out. */
  app: Record<string, unknown>;
  /** What of the definition has no counterpart, or another meaning here. */
  notes: Note[];
}

/** Keys that say what Marathon did, not what a user wants. */
const readOnly = new Set([
  'version',
  'versionInfo',
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'deployments',
  'lastTaskFailure',
  'taskStats',
  'readinessCheckResults',
  'executor',
  'tty',
  'tags',
]);
const known = new Set([
  'id',
  'cmd',
  'args',
  'cpus',
  'mem',
  'disk',
  'gpus',
  'instances',
  'env',
  'labels',
  'uris',
  'fetch',
  'storeUrls',
  'ports',
  'portDefinitions',
  'requirePorts',
  'container',
  'healthChecks',
  'readinessChecks',
  'constraints',
  'user',
  'backoffSeconds',
  'backoffFactor',
  'maxLaunchDelaySeconds',
  'upgradeStrategy',
  'taskKillGracePeriodSeconds',
  'unreachableStrategy',
  'dependencies',
  'networks',
  'secrets',
  'acceptedResourceRoles',
  'killSelection',
]);

/** Absolute id: `../db` in `/shop/web` is `/shop/db`. */
function absolute(id: string, base: string): string {
  const parts = id.startsWith('/') ? [] : base.split('/').filter(Boolean);
  for (const part of id.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}

/** `/shop/web` -> `shop.web`, in the letters that a name of ours may have. */
const nameOf = (id: string): string =>
  id
    .replace(/^\/+|\/+$/g, '')
    .replaceAll('/', '.')
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, '-')
    .slice(0, 63);

/** @param group id of the group that the app is in */
function convertApp(raw: Raw, group: string): Converted {
  const notes: Note[] = [];
  const note = (path: string, message: string): void => {
    notes.push({ path, message });
  };
  const id = absolute(String(raw['id'] ?? ''), group);
  const name = nameOf(id);
  const scale = numberOf(raw['instances']) ?? 1;
  if (`/${name}` !== id) note('id', `${id} is called ${name} here`);

  const ports = portsOf(raw, note);
  const { placement, update } = placementOf(raw, scale, note);
  const app: Record<string, unknown> = { name, ...processOf(raw, note) };
  if (isRecord(raw['env'])) app['envs'] = envsOf(raw['env'], note);
  if (ports.length > 0) app['ports'] = ports;
  const uris = fetchesOf(raw, note);
  if (uris.length > 0) app['uris'] = uris;
  const checks = checksOf(raw, ports, note);
  if (checks.length > 0) app['healthChecks'] = checks;
  app['resAlloc'] = {
    cpus: numberOf(raw['cpus']) ?? 1,
    mem: `${numberOf(raw['mem']) ?? 128}MB`,
    ...((numberOf(raw['disk']) ?? 0) > 0 ? { disk: `${numberOf(raw['disk'])}MB` } : {}),
  };
  if (typeof raw['user'] === 'string') app['user'] = raw['user'];
  app['restart'] = {
    delaySeconds: numberOf(raw['backoffSeconds']) ?? 1,
    factor: numberOf(raw['backoffFactor']) ?? 1.15,
    maxDelaySeconds: numberOf(raw['maxLaunchDelaySeconds']) ?? 300,
  };
  app['killTimeoutSeconds'] = numberOf(raw['taskKillGracePeriodSeconds']) ?? 3;
  app['update'] = update;
  app['placement'] = { scale, ...placement };
  if (isRecord(raw['labels']))
    app['meta'] = Object.fromEntries(Object.entries(raw['labels']).map(([key, value]) => [key, String(value)]));
  if (Array.isArray(raw['dependencies'])) {
    app['dependsOn'] = raw['dependencies'].map((other) => ({
      app: nameOf(absolute(String(other), id.replace(/\/[^/]*$/, '') || '/')),
      until: 'healthy',
    }));
  }
  noteRest(raw, note);
  return { app, notes };
}

function envsOf(env: Raw, note: (path: string, message: string) => void): Record<string, string> {
  const envs: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (isRecord(value)) note(`env.${key}`, 'is a secret of DC/OS: set its value here, or have the program read it');
    else envs[key] = String(value);
  }
  return envs;
}

function noteRest(raw: Raw, note: (path: string, message: string) => void): void {
  if ((numberOf(raw['gpus']) ?? 0) > 0)
    note('gpus', 'are not reserved; give the nodes that have them a tag, and query it');
  if (Array.isArray(raw['acceptedResourceRoles']) && raw['acceptedResourceRoles'].some((role) => role !== '*'))
    note('acceptedResourceRoles', 'there are no resource roles; give nodes tags, and query them');
  if (raw['killSelection'] === 'OLDEST_FIRST')
    note('killSelection', 'what is surplus goes least useful first, the youngest of equals');
  if (isRecord(raw['secrets']) && Object.keys(raw['secrets']).length > 0) note('secrets', 'there is no secret store');
  for (const network of Array.isArray(raw['networks']) ? raw['networks'] : [])
    if (isRecord(network) && network['mode'] !== 'host')
      note('networks', `mode ${String(network['mode'])}: programs use the network of their node`);
  for (const key of Object.keys(raw))
    if (!known.has(key) && !readOnly.has(key) && raw[key] !== null) note(key, 'has no counterpart');
}

/**
 * The apps of a Marathon document: an app, a list of apps, a group, or what `GET /v2/apps` answers.
 * @returns null when it is none of these; the apps are not validated yet (see parseApp)
 */
export function fromMarathon(document: unknown): Converted[] | null {
  if (Array.isArray(document)) {
    const each = document.map(fromMarathon);
    return each.some((apps) => apps === null) ? null : each.flatMap((apps) => apps!);
  }
  if (!isRecord(document)) return null;
  return inGroup(document, '/');
}

function inGroup(document: Raw, base: string): Converted[] | null {
  const apps = document['apps'];
  const groups = document['groups'];
  if (!Array.isArray(apps) && !Array.isArray(groups))
    return typeof document['id'] === 'string' || document['cmd'] !== undefined || document['args'] !== undefined
      ? [convertApp(document, base)]
      : null;
  const here = absolute(String(document['id'] ?? ''), base);
  const found: Converted[] = [];
  for (const app of Array.isArray(apps) ? apps : []) {
    if (!isRecord(app)) return null;
    found.push(convertApp(app, here));
  }
  for (const group of Array.isArray(groups) ? groups : []) {
    const inner = isRecord(group) ? inGroup(group, here) : null;
    if (!inner) return null;
    found.push(...inner);
  }
  return found;
}

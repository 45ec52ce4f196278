// Which page a path means, and the paths of things. Pure.
export type Page =
  | 'overview'
  | 'apps'
  | 'deploy'
  | 'app'
  | 'nodes'
  | 'node'
  | 'instances'
  | 'instance'
  | 'inspector'
  | 'events'
  | 'data'
  | 'settings'
  | 'more'
  | 'missing';
export interface Route {
  page: Page;
  /** App name, node id, instance id, actor or collection; '' where the page has none. */
  id: string;
  query: URLSearchParams;
}

/** The pages of the rail, in order, with the second key of `g`. */
export const railPages = [
  { page: 'overview', path: '/', key: 'o' },
  { page: 'apps', path: '/apps', key: 'a' },
  { page: 'nodes', path: '/nodes', key: 'n' },
  { page: 'inspector', path: '/inspector', key: 'i' },
  { page: 'events', path: '/events', key: 'e' },
  { page: 'data', path: '/data', key: 'd' },
  { page: 'settings', path: '/settings', key: 's' },
] as const satisfies { page: Page; path: string; key: string }[];

const single: Record<string, Page> = {
  apps: 'app',
  nodes: 'node',
  instances: 'instance',
  inspector: 'inspector',
  data: 'data',
};
const plain: Page[] = ['apps', 'nodes', 'instances', 'inspector', 'events', 'data', 'settings', 'more'];

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** The page of a path with its search part. An unknown path is `missing`, never an error. */
export function findRoute(path: string): Route {
  const [pathname = '/', search = ''] = path.split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const [head = '', ...rest] = pathname.split('/').filter(Boolean).map(decoded);
  if (!head) return { page: 'overview', id: '', query };
  if (head === 'apps' && rest[0] === '+new') return { page: 'deploy', id: '', query };
  if (head === 'apps' && rest[1] === 'edit') return { page: 'deploy', id: rest[0]!, query };
  if (rest.length === 1 && single[head]) return { page: single[head], id: rest[0]!, query };
  if (head === '_plugin' && rest[0] === 'head') return { page: 'data', id: '', query };
  return rest.length === 0 && plain.includes(head as Page)
    ? { page: head as Page, id: '', query }
    : { page: 'missing', id: pathname, query };
}

const to =
  (head: string) =>
  (id: string): string =>
    `/${head}/${encodeURIComponent(id)}`;
export const appPath = to('apps');
export const nodePath = to('nodes');
export const instancePath = to('instances');
export const actorPath = to('inspector');
export const dataPath = to('data');
export const editPath = (app: string): string => `${appPath(app)}/edit`;
/** A new app; '+' is in no app's name. */
export const newPath = '/apps/+new';

/** Which rail entry is lit on a page. */
export const railOf = (page: Page): Page =>
  page === 'app' || page === 'deploy' || page === 'instance' || page === 'instances'
    ? 'apps'
    : page === 'node'
      ? 'nodes'
      : page;

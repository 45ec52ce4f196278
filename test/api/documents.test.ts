// What the API says of itself, its pages and figures: OpenAPI, /docs, the dashboard's files, discovery, metrics.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { json, removeTemporary, sample, temporary } from '../support/api.ts';
import { specOf } from '../support/sample-cluster.ts';

test.after(removeTemporary);

interface Operation {
  operationId: string;
  summary: string;
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
  parameters?: { name: string; in: string }[];
  requestBody?: object;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}
/** Routes that are pages or sockets and no part of the described API. */
const undescribed = new Set([
  'GET /login',
  'GET /login.css',
  'POST /login',
  'POST /logout',
  'GET /docs',
  'GET /docs/start.js',
  'GET /docs/theme.js',
  'GET /docs/:file{swagger-ui\\.css|look\\.css|swagger-ui-bundle\\.js}',
  'GET /v1/live',
  'GET /_plugin/head',
  'GET /_plugin/head/',
]);

test('the description lists every route, and every reference leads somewhere', async () => {
  const { ask, app } = sample();
  const { body, status } = await ask('/openapi.json');
  const document = body as Document;
  assert.equal([status, document.openapi], [200, '3.1.0']);
  const described = new Set(
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  );
  const routes = new Set(
    app.routes
      .filter((r) => r.method !== 'ALL' && !r.path.includes('*'))
      .map((r) => `${r.method} ${r.path}`)
      .filter((r) => !undescribed.has(r))
      .map((r) => r.replace(/:(\w+)(\{.+?\})?/g, '{$1}')),
  );
  assert.equal(
    [...routes].filter((r) => !described.has(r)),
    [],
    'routes that are not described',
  );
  assert.equal(
    [...described].filter((r) => !routes.has(r)),
    [],
    'described routes that are not there',
  );
  assert.ok(described.size > 40, `${described.size} operations`);

  const names = new Set(Object.keys(document.components.schemas));
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1]!);
  for (const ref of refs) assert.ok(ref.startsWith('#/components/schemas/') && names.has(ref.slice(21)), ref);
  const ids = Object.values(document.paths).flatMap((operations) =>
    Object.values(operations).map((o) => o.operationId),
  );
  assert.is(new Set(ids).size, ids.length, 'operation ids are unique');
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      assert.ok(operation.summary.length > 5, `${method} ${path}`);
      for (const part of path.matchAll(/\{(\w+)\}/g))
        assert.ok(
          operation.parameters?.some((p) => p.in === 'path' && p.name === part[1]),
          `${method} ${path} ${part[1]}`,
        );
      for (const code of ['400', '401', '403', '500'])
        assert.equal(
          Object.keys(operation.responses[code]!.content!),
          ['application/problem+json'],
          `${method} ${path} ${code}`,
        );
    }
  }
  const list = document.paths['/v1/apps']!['get']!.parameters!.map((p) => p.name).sort();
  assert.equal(list, ['from', 'query', 'size', 'sort']);
});

test('answers have the shape that is described', async () => {
  const { ask, cluster } = sample();
  cluster.addApp(specOf('web', { ports: [0], envs: { A: 'b' } }));
  cluster.addNode('n1', { reason: { code: 'x', text: 'y', next: { what: 'z', at: null } } });
  cluster.addInstance('web.0.aaaaaaaa', {
    exit: {
      code: null,
      signal: 9,
      reason: 'oom',
      at: 1,
      durationMs: 2,
      launch: 1,
      core: false,
      peakMem: 5,
      by: null,
      text: null,
      quota: null,
      tail: ['x'],
    },
    health: [{ index: 0, role: 'live', status: 'passing', failures: 0, at: 1, detail: '' }],
    usage: {
      at: 1,
      cpu: 0.5,
      mem: 1,
      fds: null,
      processes: 2,
      threads: 3,
      disk: null,
      ioRead: 0,
      ioWrite: 0,
      cpuShare: 1,
      memShare: null,
    },
    escalated: { launch: 3, deaths: 3 },
  });
  cluster.addEvent('it began', { subject: { app: 'web', slot: 0 } });
  cluster.actorList = [
    {
      id: 'master',
      parent: null,
      machine: 'master',
      label: 'master',
      where: 'master',
      state: 'serving',
      status: 'active',
      at: 1,
    },
  ];
  const document = (await ask('/openapi.json')).body as Document;
  const asked: [string, string, RequestInit?][] = [
    ['/v1/apps', 'get'],
    ['/v1/apps/{name}', 'get'],
    ['/v1/apps/{name}/placement', 'get'],
    ['/v1/apps/{name}/revisions', 'get'],
    ['/v1/apps/{name}/why', 'get'],
    ['/v1/apps/{name}/instances', 'get'],
    ['/v1/apps/{name}/plan', 'post', { method: 'POST' }],
    ['/v1/apps/{name}/scale', 'post', json('POST', { scale: 2 })],
    ['/v1/apps/{name}', 'put', json('PUT', { toProcess: 'sleep' })],
    ['/v1/nodes', 'get'],
    ['/v1/nodes/{id}', 'get'],
    ['/v1/nodes/{id}/metrics', 'get'],
    ['/v1/nodes/{id}/tags', 'put', json('PUT', ['a'])],
    ['/v1/instances', 'get'],
    ['/v1/instances/{id}', 'get'],
    ['/v1/instances/{id}/health', 'get'],
    ['/v1/instances/{id}/usage', 'get'],
    ['/v1/instances/{id}/why', 'get'],
    ['/v1/events', 'get'],
    ['/v1/status', 'get'],
    ['/v1/actors', 'get'],
    ['/v1/data', 'get'],
    ['/v1/data/{collection}', 'get'],
    ['/v1/discovery/{app}', 'get'],
    ['/v1/discovery/prometheus', 'get'],
    ['/v1/tokens', 'get'],
    ['/v1/nope', '404'],
  ];
  for (const [path, method, init] of asked) {
    const real = path
      .replace('{name}', 'web')
      .replace('{app}', 'web')
      .replace('{collection}', 'apps')
      .replace('{id}', path.startsWith('/v1/nodes') ? 'n1' : 'web.0.aaaaaaaa');
    const answer = await ask(real, init);
    const ref =
      method === '404'
        ? '#/components/schemas/Problem'
        : document.paths[path]![method]!.responses[String(answer.status)]!.content!['application/json']!.schema.$ref!;
    const schema = z.fromJSONSchema({
      ...JSON.parse(
        JSON.stringify({ $defs: document.components.schemas, $ref: ref }).replaceAll(
          '#/components/schemas/',
          '#/$defs/',
        ),
      ),
    } as never);
    const result = schema.safeParse(answer.body);
    assert.ok(result.success, `${method} ${path}: ${JSON.stringify(result.error?.issues ?? []).slice(0, 600)}`);
  }
});

test('a store that takes no writes: status, readiness and figures say it, and it stays ready', async () => {
  const { ask, cluster } = sample();
  const asJson = { headers: { accept: 'application/json' } };
  assert.equal((await ask('/readyz', asJson)).body, { ready: true, store: { trouble: null } });
  assert.match((await ask('/metrics')).text, /^stathub_store_trouble 0$/m);
  cluster.trouble = { code: 'store-full', message: 'The disk is full', hint: 'Make room.', since: 5 };
  const ready = await ask('/readyz', asJson);
  assert.equal(
    [ready.status, ready.body],
    [200, { ready: true, store: { trouble: { code: 'store-full', since: 5 } } }],
  );
  assert.equal((await ask('/readyz')).text, 'ready, but the store takes no writes: store-full\n');
  assert.equal((await ask('/v1/status')).body.store.trouble, cluster.trouble);
  assert.match((await ask('/metrics')).text, /^stathub_store_trouble 1$/m);
});

test('the API page and its files are served from here', async () => {
  const { ask } = sample();
  const page = await ask('/docs');
  assert.match(page.text, /swagger-ui-bundle\.js/);
  assert.not.match(page.text, /https?:\/\//);
  for (const [file, type] of [
    ['swagger-ui.css', 'text/css'],
    ['swagger-ui-bundle.js', 'text/javascript'],
    ['start.js', 'text/javascript'],
    ['theme.js', 'text/javascript'],
    ['look.css', 'text/css'],
  ]) {
    const { status, headers } = await ask(`/docs/${file}`);
    assert.is(status, 200, file);
    assert.ok(headers.get('content-type')!.startsWith(type!), `${file} ${headers.get('content-type')}`);
  }
  for (const bad of [
    '/docs/package.json',
    '/docs/../package.json',
    '/docs/index.html',
    '/docs/swagger-ui-bundle.js.map',
  ])
    assert.is((await ask(bad)).status, 404, bad);
});

test('the dashboard: files, pages of its own, nothing outside its folder', async () => {
  const directory = temporary();
  mkdirSync(join(directory, 'ui/assets'), { recursive: true });
  writeFileSync(join(directory, 'ui/index.html'), '<!doctype html><title>stathub</title>');
  writeFileSync(join(directory, 'ui/assets/main-1a2b.js'), 'export {};');
  writeFileSync(join(directory, 'secret.txt'), 'hunter2');
  const { ask } = sample({ ui: { directory: join(directory, 'ui') } });
  const html = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
  for (const path of [
    '/',
    '/apps',
    '/apps/web.v2',
    '/instances/web.0.aaaaaaaa',
    '/data',
    '/inspector?actor=x',
    '/index.html',
  ]) {
    const { status, text, headers } = await ask(path, html);
    assert.equal(
      [status, text, headers.get('cache-control')],
      [200, '<!doctype html><title>stathub</title>', 'no-cache'],
      path,
    );
  }
  const script = await ask('/assets/main-1a2b.js');
  assert.equal([script.status, script.headers.get('cache-control')], [200, 'public, max-age=31536000, immutable']);
  assert.match(script.headers.get('content-type')!, /javascript/);
  for (const path of [
    '/assets/none.js',
    '/none.css',
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
  ]) {
    const { status, text } = await ask(path);
    assert.is(status, 404, path);
    assert.not.match(text, /hunter2/);
  }
  assert.is((await ask('/v1/nothing', html)).body.code, 'not-found', 'the API has no pages');
  assert.equal(
    [(await ask('/_plugin/head/')).status, (await ask('/_plugin/head')).headers.get('location')],
    [302, '/data'],
  );
  const none = await sample().ask('/', html);
  assert.equal([none.status, none.body.hint], [404, 'run: npm run build']);
});

test('a guarded dashboard asks for a login before its pages, not before its files', async () => {
  const directory = temporary();
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), 'page');
  writeFileSync(join(directory, 'assets/a.js'), 'x');
  const { ask, admin } = sample({ bind: '0.0.0.0', ui: { directory } });
  const html = { accept: 'text/html' };
  assert.equal(
    [(await ask('/apps', { headers: html })).status, (await ask('/apps', { headers: html })).headers.get('location')],
    [302, '/login?next=%2Fapps'],
  );
  assert.is((await ask('/assets/a.js')).status, 200);
  assert.is((await ask('/apps', { headers: { ...html, cookie: `stathub=${admin}` } })).text, 'page');
});

test('figures for Prometheus', async () => {
  const { ask, cluster } = sample();
  cluster.addApp({ ...specOf('web', { placement: { scale: 3 } }) });
  cluster.addNode('n1');
  const { status, text, headers } = await ask('/metrics');
  assert.is(status, 200);
  assert.match(headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'stathub_info{role="master",version="0.1.0",hub="h"} 1',
    'stathub_ready 1',
    'stathub_apps 1',
    'stathub_nodes{status="ready"} 1',
    'stathub_app_wanted{app="web"} 3',
  ])
    assert.ok(text.includes(`${line}\n`), line);
  assert.match(text, /process_resident_memory_bytes \d+/);
  cluster.appMap.delete('web');
  cluster.waitingFor = 'recovering';
  const later = (await ask('/metrics')).text;
  assert.not.match(later, /app="web"/, 'what is gone is not told any more');
  assert.match(later, /stathub_ready 0\n/);
});

test('what instances use, for Prometheus: a series each, and sums of apps; above 2,000 the sums alone', async () => {
  const { ask, cluster } = sample();
  const usage = {
    at: 1,
    cpu: 0.25,
    mem: 1000,
    fds: 7,
    processes: 2,
    threads: 3,
    disk: null,
    ioRead: 5,
    ioWrite: null,
    cpuShare: 0.5,
    memShare: 0.5,
  };
  cluster.addInstance('web.0.aaaaaaaa', { usage, restarts: 4 });
  cluster.addInstance('web.1.bbbbbbbb', { usage: { ...usage, mem: 500 } });
  cluster.addInstance('web.2.cccccccc', { pid: null });
  const labels = '{app="web",slot="0",instance="web.0.aaaaaaaa",node="n1"}';
  const { text } = await ask('/metrics');
  for (const line of [
    `stathub_instance_cpu_cores${labels} 0.25`,
    `stathub_instance_memory_bytes${labels} 1000`,
    `stathub_instance_memory_ratio${labels} 0.5`,
    `stathub_instance_open_fds${labels} 7`,
    `stathub_instance_read_bytes${labels} 5`,
    `stathub_instance_restarts${labels} 4`,
    'stathub_app_memory_bytes{app="web"} 1500',
    'stathub_app_cpu_cores{app="web"} 0.5',
  ])
    assert.ok(text.includes(`${line}\n`), line);
  assert.not.match(text, /written_bytes\{|web\.2\.cccccccc/, 'nothing is told of what is not known');
  for (let i = 3; i < 2005; i++) cluster.addInstance(`web.${i}.dddddddd`);
  const many = (await ask('/metrics')).text;
  assert.match(many, /stathub_app_memory_bytes\{app="web"\} 1500\n/);
  assert.not.match(many, /stathub_instance_cpu_cores\{/);
});

test('discovery gives what takes traffic', async () => {
  const { ask, cluster } = sample();
  cluster.addApp(
    specOf('web', {
      ports: [{ name: 'http', port: 0 }, 0],
      routes: ['web.example.com'],
      meta: { 'prometheus.port': 'http', 'prometheus.path': '/m' },
    }),
  );
  cluster.addApp(specOf('web-2', { ports: [0] }));
  cluster.addNode('n1');
  cluster.addNode('n2', { agentAddress: '[fd00::2]:51025' });
  const check = { index: 0, role: 'ready' as const, failures: 0, at: 1, detail: '' };
  cluster.addInstance('web.1.aaaaaaaa', { ports: [20001, 20002], node: 'n2' });
  cluster.addInstance('web.0.bbbbbbbb', { ports: [20003, 20004], health: [{ ...check, status: 'passing' }] });
  cluster.addInstance('web.2.cccccccc', { ports: [20005], health: [{ ...check, status: 'waiting' }] });
  cluster.addInstance('web.3.dddddddd', { ports: [20006], status: 'starting' });
  cluster.addInstance('web.4.eeeeeeee', { ports: [20007], goal: 'stop' });
  cluster.addInstance('web.5.ffffffff', { ports: [20008], node: 'gone' });
  cluster.addInstance('web-2.0.gggggggg', { ports: [20009] });
  const { body } = await ask('/v1/discovery/web');
  assert.equal(
    body.endpoints.map((e: { slot: number; ports: { name: string; address: string }[] }) => [
      e.slot,
      e.ports.map((p) => `${p.name} ${p.address}`),
    ]),
    [
      [0, ['http 10.0.0.1:20003', 'null 10.0.0.1:20004']],
      [1, ['http [fd00::2]:20001', 'null [fd00::2]:20002']],
    ],
  );
  assert.equal(body.routes, ['web.example.com']);
  assert.is((await ask('/v1/discovery/none')).body.code, 'app-not-found');
  const targets = (await ask('/v1/discovery/prometheus')).body as {
    targets: string[];
    labels: Record<string, string>;
  }[];
  assert.equal(targets.map((t) => t.targets[0]).sort(), [
    '10.0.0.1:20003',
    '10.0.0.1:20005',
    '10.0.0.1:20007',
    '[fd00::2]:20001',
  ]);
  assert.equal([targets[0]!.labels['__metrics_path__'], targets[0]!.labels['app']], ['/m', 'web']);
});

test('what leaves is routed to until its replacement takes traffic, and no longer', async () => {
  const { cluster, ask } = sample();
  cluster.addNode('n1');
  cluster.addApp(specOf('web', { ports: [0] }));
  cluster.addInstance('web.0.aaaaaaaa', { goal: 'leave' });
  cluster.addInstance('web.0.bbbbbbbb', { place: 'b', status: 'starting', readyAt: null });
  const routed = async (): Promise<string[]> =>
    (await ask('/v1/discovery/web')).body.endpoints.map((endpoint: any) => endpoint.instance);
  assert.equal(await routed(), ['web.0.aaaaaaaa']);
  cluster.addInstance('web.0.bbbbbbbb', { place: 'b' });
  assert.equal(await routed(), ['web.0.bbbbbbbb'], 'before the other one is told to stop');
});

test.run();

// What goes in: bodies, parameters, paging, methods, and how each fault is told.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Refusal, type ErrorCode } from '../../src/model/errors.ts';
import { StoreError } from '../../src/store/store.ts';
import { json, removeTemporary, sample } from '../support/api.ts';
import { specOf } from '../support/sample-cluster.ts';

test.after(removeTemporary);

const app = { name: 'web', toProcess: 'sleep', args: ['1000'] };

test('every list is paged, with bounds', async () => {
  const { cluster, ask } = sample();
  for (let i = 0; i < 250; i++) cluster.addApp(specOf(`app-${String(i).padStart(3, '0')}`));
  const first = await ask('/v1/apps');
  assert.equal(
    [first.status, first.body.items.length, first.body.total, first.body.from, first.body.size],
    [200, 100, 250, 0, 100],
  );
  const last = await ask('/v1/apps?from=240&size=50');
  assert.equal([last.body.items.length, last.body.items[0].name, last.body.total], [10, 'app-240', 250]);
  assert.is((await ask('/v1/apps?from=9999')).body.items.length, 0);
  assert.is((await ask('/v1/apps?query=name:app-24*')).body.total, 10);
  for (const bad of ['size=1001', 'size=-1', 'size=1.5', 'size=ten', 'from=-1', 'from=1e3', 'sort=%7Bx%7D']) {
    const refused = await ask(`/v1/apps?${bad}`);
    assert.equal(
      [refused.status, refused.body.code, refused.body.errors[0].path],
      [400, 'invalid-request', bad.split('=')[0]],
      bad,
    );
  }
});

test('a misspelt parameter is refused and the known ones are named', async () => {
  const { ask } = sample();
  const { status, body } = await ask('/v1/nodes?querry=x');
  assert.is(status, 400);
  assert.match(body.detail, /querry/);
  assert.match(body.hint, /query, from, size, sort/);
});

test('a fault in JSON is told with its line and column', async () => {
  const { ask, cluster } = sample();
  for (const [text, line, column, words] of [
    ['{"name": "x",\n "args": [1,,2]}', 2, 13, /expected a value/],
    ['{"name": "x",}', 1, 13, /one too many/],
    ['{name: "x"}', 1, 2, /double quotes/],
    ["{'name': 1}", 1, 2, /double quotes/],
    ['{"a": 1', 1, 1, /never closed/],
    ['{"a": "x\ny"}', 1, 9, /may not span lines/],
    ['{"a": 01}', 1, 7, /begin with 0/],
    ['{} {}', 1, 4, /nothing more/],
    ['{"a" 1}', 1, 6, /":"/],
    ['// x\n{}', 1, 1, /comments/],
    ['{"a": tru}', 1, 7, /"tru"/],
    ['{"a": "\\q"}', 1, 8, /escape/],
    [`${'['.repeat(5000)}`, 1, 1, /deeper/],
  ] as [string, number, number, RegExp][]) {
    const { status, body } = await ask('/v1/apps', json('POST', text));
    assert.equal([status, body.code], [400, 'invalid-json'], text.slice(0, 40));
    assert.ok(body.detail.startsWith(`line ${line}, column ${column}: `), `${text.slice(0, 40)} -> ${body.detail}`);
    assert.match(body.detail, words);
  }
  assert.is(cluster.calls.length, 0);
});

test('YAML bodies are read, and their faults have places too', async () => {
  const { ask, cluster } = sample();
  const headers = { 'content-type': 'application/yaml' };
  const made = await ask('/v1/apps', {
    method: 'POST',
    headers,
    body: '# a web server\nname: web\ntoProcess: sleep\nargs: ["1000"]\nplacement: {scale: 3}\n',
  });
  assert.equal([made.status, made.body.name, made.body.scale], [201, 'web', 3]);
  const broken = await ask('/v1/apps', { method: 'POST', headers, body: 'name: web\n  toProcess: [x\n' });
  assert.equal([broken.status, broken.body.code], [400, 'invalid-json']);
  assert.match(broken.body.detail, /line \d+, column \d+/);
  const bomb =
    'a: &a [x,x,x,x,x,x,x,x,x]\n' +
    `${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`;
  assert.is((await ask('/v1/apps', { method: 'POST', headers, body: bomb })).status, 400);
  assert.is(cluster.calls.length, 1);
});

test('an app is refused with all its problems at once', async () => {
  const { ask } = sample();
  const { status, body } = await ask(
    '/v1/apps',
    json('POST', { name: 'Web', toProces: 'sleep', ports: ['x'], placement: { scale: -1 } }),
  );
  assert.equal([status, body.code], [422, 'invalid-app']);
  const paths = body.errors.map((e: { path: string }) => e.path);
  for (const path of ['name', 'toProces', 'toProcess', 'ports[0]', 'placement.scale'])
    assert.ok(paths.includes(path), `${path} in ${paths.join(' ')}`);
  assert.match(JSON.stringify(body.errors), /Did you mean 'toProcess'/);
  assert.match(body.detail, /and \d more problems/);
  assert.is((await ask('/v1/apps', { method: 'POST' })).body.code, 'invalid-request');
  assert.is((await ask('/v1/apps', json('POST', [1]))).body.code, 'invalid-app');
});

test('create, replace, scale, and the versions that guard them', async () => {
  const { ask, cluster } = sample();
  const made = await ask('/v1/apps', json('POST', app));
  assert.equal([made.status, made.headers.get('location'), made.headers.get('etag')], [201, '/v1/apps/web', '"v1"']);
  assert.equal(
    [
      (await ask('/v1/apps', json('POST', app))).body.code,
      (await ask('/v1/apps/web', json('PUT', app, { 'if-none-match': '*' }))).body.code,
    ],
    ['app-exists', 'app-exists'],
  );
  const unchanged = await ask('/v1/apps/web', { headers: { 'if-none-match': '"v1"' } });
  assert.equal([unchanged.status, unchanged.text], [304, '']);

  const stale = await ask('/v1/apps/web', json('PUT', app, { 'if-match': '"v0"' }));
  assert.equal([stale.status, stale.body.code], [412, 'version-conflict']);
  for (const odd of ['*', 'v1', 'W/"v1"', '"v1", "v2"'])
    assert.is((await ask('/v1/apps/web', json('PUT', app, { 'if-match': odd }))).status, 400, odd);
  assert.is(
    (await ask('/v1/apps/web', json('PUT', { toProcess: 'sleep' }, { 'if-match': '"v1"' }))).status,
    200,
    'the path names it',
  );
  const other = await ask('/v1/apps/web', json('PUT', { ...app, name: 'other' }));
  assert.equal([other.status, other.body.errors[0].path], [422, 'name']);

  const scaled = await ask('/v1/apps/web/scale', json('POST', { scale: 4 }));
  assert.equal([scaled.status, scaled.body.scale], [200, 4]);
  for (const bad of [{ scale: -1 }, { scale: 1.5 }, { scale: '4' }, {}, { scale: 1, x: 1 }, []])
    assert.is((await ask('/v1/apps/web/scale', json('POST', bad))).status, 400, JSON.stringify(bad));
  assert.is((await ask('/v1/apps/web', json('PUT', app))).body.scale, 4, 'a scaled app stays scaled');

  const placed = await ask('/v1/apps/web/placement', json('PUT', { query: 'tags:ssd' }));
  assert.equal([placed.status, placed.body.spec.placement.query, placed.body.scale], [200, 'tags:ssd', 4]);
  assert.equal((await ask('/v1/apps/web/placement')).body.scale, 4);
  assert.is((await ask('/v1/apps/web/placement', json('PUT', { scal: 3 }))).body.errors[0].path, 'placement.scal');
  assert.equal(
    cluster.calls.map((c) => c.what),
    ['putApp web', 'putApp web', 'scaleApp web 4', 'putApp web', 'putApp web'],
  );
  assert.equal(cluster.calls[0]!.by, { name: 'local', role: 'admin', from: 'here' });
});

test('a dry run plans and writes nothing', async () => {
  const { ask, cluster } = sample();
  cluster.addApp(specOf('web', { placement: { scale: 2 } }));
  for (const [path, init] of [
    ['/v1/apps?dryRun=true', json('POST', { ...app, name: 'new' })],
    ['/v1/apps/web?dryRun=true', json('PUT', app)],
    ['/v1/apps/web/scale?dryRun', json('POST', { scale: 9 })],
    ['/v1/apps/web/placement?dryRun=1', json('PUT', { query: 'x' })],
    ['/v1/apps/web/rollback?dryRun=true', json('POST', { revision: 1 })],
    ['/v1/apps/plan', json('POST', app)],
    ['/v1/apps/web/plan', json('POST', app)],
    ['/v1/apps/web/plan', { method: 'POST' }],
  ] as [string, RequestInit][]) {
    const { status, body } = await ask(path, init);
    assert.equal([status, Array.isArray(body.steps)], [200, true], path);
  }
  assert.is((await ask('/v1/apps/web/scale?dryRun', json('POST', { scale: 9 }))).body.summary, 'web x 9');
  const small = await ask('/v1/apps/plan', json('POST', { ...app, limits: { fileSize: '8MB' } }));
  assert.is(small.body.notes.length, 1);
  assert.is(small.body.notes[0].path, 'limits.fileSize');
  assert.match(
    small.body.notes[0].message,
    /^holds for stdout\.log and stderr\.log, too: they are rotated at 4 MiB instead of 10 MiB/,
  );
  const large = await ask('/v1/apps/plan', json('POST', { ...app, limits: { fileSize: '20MB' } }));
  assert.is(large.body.notes, undefined);
  assert.is((await ask('/v1/apps/web/rollback?dryRun', json('POST', { revision: 7 }))).body.code, 'revision-not-found');
  assert.is(cluster.calls.length, 0);
});

test('nodes: tags, environment, actions, what runs there', async () => {
  const { ask, cluster } = sample();
  cluster.addNode('n1');
  cluster.addNode('n10');
  cluster.addInstance('web.0.aaaaaaaa', { node: 'n1' });
  cluster.addInstance('web.1.bbbbbbbb', { node: 'n10' });
  cluster.addInstance('web-2.0.cccccccc', { node: 'n1' });
  assert.equal((await ask('/v1/nodes/n1/tags', json('PUT', ['ssd', 'a:b', 'ssd']))).body.tags, ['ssd', 'a:b']);
  assert.equal((await ask('/v1/nodes/n1/tags', json('PUT', { tags: [] }))).body.tags, []);
  assert.is((await ask('/v1/nodes/n1/tags', json('PUT', ['a b']))).status, 400);
  assert.equal((await ask('/v1/nodes/n1/envs', json('PUT', { 'spring.url': 'x' }))).body.envs, { 'spring.url': 'x' });
  assert.is((await ask('/v1/nodes/n1/envs', json('PUT', { 'A=B': 'x' }))).status, 400);
  assert.is((await ask('/v1/nodes/n1/cordon', { method: 'POST' })).body.status, 'cordoned');
  assert.is((await ask('/v1/nodes/n1/instances')).body.total, 2);
  assert.is((await ask('/v1/nodes/n1/instances?query=slot:0%20AND%20app:web')).body.total, 2, 'web is a word of web-2');
  cluster.addApp(specOf('web'));
  assert.equal(
    (await ask('/v1/apps/web/instances')).body.items.map((i: { id: string }) => i.id),
    ['web.0.aaaaaaaa', 'web.1.bbbbbbbb'],
    "an app's instances are its own only",
  );
  const series = await ask('/v1/nodes/n1/metrics?range=30m');
  assert.is(series.body.items[1].minute - series.body.items[0].minute, 30);
  assert.is((await ask('/v1/nodes/n1/metrics?range=2h')).status, 400);
  assert.is((await ask('/v1/nodes/nope')).body.code, 'node-not-found');
  assert.is((await ask('/v1/nodes/n1', { method: 'DELETE' })).status, 204);
});

test('instances by status, and what can be done to one', async () => {
  const { ask, cluster } = sample();
  cluster.addInstance('web.0.aaaaaaaa');
  cluster.addInstance('old.0.bbbbbbbb', { status: 'unknown' });
  assert.equal(
    (await ask('/v1/instances?status=unknown')).body.items.map((i: { app: string }) => i.app),
    ['old'],
  );
  assert.is((await ask('/v1/instances?status=unknown&query=app:web')).body.total, 0);
  assert.is((await ask('/v1/instances?status=odd')).status, 400);
  for (const action of ['restart', 'kill', 'stop', 'adopt'])
    assert.is((await ask(`/v1/instances/old.0.bbbbbbbb/${action}`, { method: 'POST' })).status, 200);
  assert.equal(
    cluster.calls.map((c) => c.what.split(' ')[0]),
    ['restart', 'kill', 'stop', 'adopt'],
  );
  assert.is((await ask('/v1/instances/web.0.aaaaaaaa/health')).body.total, 0);
  assert.is((await ask('/v1/instances/web.0.aaaaaaaa/why')).body.subject, 'web.0.aaaaaaaa');
});

test('a bad query has its offset and a hint', async () => {
  const { ask } = sample();
  const { status, body } = await ask('/v1/nodes?query=os.cpus:%3E8%20AND%20(');
  assert.equal([status, body.code], [400, 'invalid-query']);
  assert.match(body.detail, /at \d+/);
  assert.ok(body.hint.length > 5);
});

test('404 and 405 are problems too, and OPTIONS names the methods', async () => {
  const { ask } = sample();
  const none = await ask('/v1/nothing');
  assert.equal(
    [none.status, none.body.code, none.headers.get('content-type')],
    [404, 'not-found', 'application/problem+json'],
  );
  const method = await ask('/v1/apps/web/scale', { method: 'DELETE' });
  assert.equal([method.status, method.body.code, method.headers.get('allow')], [405, 'method-not-allowed', 'POST']);
  assert.is((await ask('/v1/apps', { method: 'OPTIONS' })).headers.get('allow'), 'GET, POST');
});

test('bodies and addresses are bounded', async () => {
  const { ask } = sample();
  const large = await ask('/v1/apps', json('POST', `{"name": "${'x'.repeat(3_000_000)}"}`));
  assert.equal([large.status, large.body.code], [413, 'too-large']);
  const long = await ask(`/v1/apps?query=${'x'.repeat(9000)}`);
  assert.equal([long.status, long.body.code], [413, 'too-large']);
});

test('every code has the shape of a problem; what nobody foresaw tells nothing of itself', async () => {
  const { ask, cluster, errors } = sample();
  const codes: Record<ErrorCode, number> = {
    'invalid-json': 400,
    'invalid-app': 422,
    'invalid-query': 400,
    'invalid-request': 400,
    unauthorised: 401,
    forbidden: 403,
    'not-found': 404,
    'app-not-found': 404,
    'node-not-found': 404,
    'instance-not-found': 404,
    'revision-not-found': 404,
    'file-not-found': 404,
    'method-not-allowed': 405,
    'too-many': 429,
    stopping: 503,
    replaced: 503,
    'app-exists': 409,
    'app-deleting': 409,
    'app-record-lost': 409,
    'app-differs': 409,
    'version-conflict': 412,
    'managed-by-master': 409,
    'not-unknown': 409,
    'node-in-use': 409,
    'cut-off': 409,
    'disk-full': 507,
    'too-large': 413,
    'unsupported-here': 501,
    'node-away': 503,
    'store-unavailable': 503,
    starting: 503,
    standby: 503,
    expired: 504,
    internal: 500,
  };
  for (const [code, status] of Object.entries(codes)) {
    cluster.status = () =>
      Promise.reject(
        new Refusal(code as ErrorCode, 'because of this', 'do that', [{ path: 'a.b', message: 'is wrong' }]),
      );
    const answer = await ask('/v1/status');
    assert.equal(
      answer.body,
      {
        type: `urn:stathub:problem:${code}`,
        title: answer.body.title,
        status,
        code,
        detail: 'because of this',
        hint: 'do that',
        errors: [{ path: 'a.b', message: 'is wrong' }],
      },
      code,
    );
    assert.is(answer.status, status);
    assert.ok(answer.body.title.length > 5);
    assert.is(answer.headers.get('content-type'), 'application/problem+json');
    assert.is(answer.headers.get('retry-after') !== null, status === 503 || status === 429, code);
    assert.is(answer.headers.get('www-authenticate') !== null, status === 401, code);
  }
  cluster.status = () => Promise.reject(new StoreError('store-full', 'the disk is full', 'make room'));
  assert.equal([(await ask('/v1/status')).status, (await ask('/v1/status')).body.code], [503, 'store-unavailable']);
  cluster.status = () => Promise.reject(new StoreError('store-refused', 'The query is not valid at 3: x', 'y'));
  assert.equal([(await ask('/v1/status')).status, (await ask('/v1/status')).body.code], [400, 'invalid-query']);
  assert.is(errors.length, 0);
  cluster.status = () => Promise.reject(new Error('password=hunter2 in /home/x'));
  const { status, body, text } = await ask('/v1/status');
  assert.equal([status, body.code, errors.length], [500, 'internal', 1]);
  assert.not.match(text, /hunter2|\/home/);
  assert.match(body.detail, /[0-9a-f]{8}/);
});

test.run();

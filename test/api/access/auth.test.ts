// Who may do what: tokens, roles, cookies, and what other web pages may not.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isLoopback } from '../../../src/api/access/auth.ts';
import { openTokens, Tokens, type Role } from '../../../src/api/access/tokens.ts';
import { maskSecrets, looksSecret, maskText } from '../../../src/model/secrets.ts';
import { json, removeTemporary, sample, temporary } from '../../support/api.ts';
import { specOf } from '../../support/sample-cluster.ts';

test.after(removeTemporary);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('tokens are kept hashed, in a file that only their owner may read', () => {
  const directory = temporary();
  const { tokens, made } = openTokens(directory, () => 5);
  const path = join(directory, 'tokens.json');
  assert.is(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  assert.not.match(text, new RegExp(made!.admin.slice(10)));
  assert.equal(
    tokens.list().map(({ name, role, createdAt }) => ({ name, role, createdAt })),
    [
      { name: 'first admin', role: 'admin', createdAt: 5 },
      { name: 'first join token', role: 'node', createdAt: 5 },
    ],
  );
  const again = openTokens(directory);
  assert.is(again.made, null, 'made once');
  assert.is(again.tokens.check(made!.admin)?.role, 'admin');
  assert.is(again.tokens.check(`${made!.admin}x`), null);
  assert.is(again.tokens.check(''), null);
});

test('a damaged token file lets nobody in and says what to do', () => {
  const directory = temporary();
  for (const text of [
    '',
    '{',
    '{"version":1,"tokens":[{"id":"x"}]}',
    '[]',
    '{"version":1,"tokens":[{"id":"a","name":"b","role":"root","hash":"00","createdAt":1}]}',
  ]) {
    writeFileSync(join(directory, 'tokens.json'), text);
    assert.throws(() => openTokens(directory), /tokens\.json is damaged.*remove it/, text);
  }
  const tokens = new Tokens(join(directory, 'tokens.json'));
  assert.throws(() => tokens.reload());
  assert.is(tokens.check('anything'), null);
});

test('a reload takes up tokens made by another process', () => {
  const directory = temporary();
  const { tokens } = openTokens(directory);
  const { token } = openTokens(directory).tokens.create('ci', 'deploy');
  assert.is(tokens.check(token), null);
  assert.is(tokens.reload(), true);
  assert.is(tokens.check(token)?.name, 'ci');
});

const requests: [Role, string, RequestInit][] = [
  ['read', '/v1/apps', {}],
  ['read', '/v1/apps/web', {}],
  ['read', '/v1/nodes', {}],
  ['read', '/v1/events', {}],
  ['read', '/v1/status', {}],
  ['read', '/v1/data', {}],
  ['read', '/metrics', {}],
  ['read', '/openapi.json', {}],
  ['read', '/v1/apps/web/plan', { method: 'POST' }],
  ['read', '/v1/actors', {}],
  ['deploy', '/v1/apps/web', json('PUT', { toProcess: 'sleep' })],
  ['deploy', '/v1/apps', json('POST', { name: 'other', toProcess: 'sleep' })],
  ['deploy', '/v1/apps/web/scale', json('POST', { scale: 1 })],
  ['deploy', '/v1/apps/web/restart', { method: 'POST' }],
  ['deploy', '/v1/apps/web/rollback', json('POST', { revision: 1 })],
  ['deploy', '/v1/apps/web/recover', { method: 'POST' }],
  ['deploy', '/v1/apps/web/placement', json('PUT', {})],
  ['deploy', '/v1/instances/web.0.aaaaaaaa/kill', { method: 'POST' }],
  ['deploy', '/v1/nodes/n1/drain', { method: 'POST' }],
  ['deploy', '/v1/nodes/n1/tags', json('PUT', [])],
  ['admin', '/v1/nodes/n1/take-over', { method: 'POST' }],
  ['admin', '/v1/tokens', {}],
  ['admin', '/v1/tokens', json('POST', { role: 'read' })],
  ['admin', '/v1/actors/master/events', json('POST', { type: 'x' })],
  ['admin', '/v1/nodes/n1', { method: 'DELETE' }],
];

test('each role may do what it is for, and nothing above it', async () => {
  const { ask, cluster, tokens } = sample({ bind: '0.0.0.0' });
  cluster.addApp(specOf('web'));
  cluster.addInstance('web.0.aaaaaaaa');
  const token = Object.fromEntries(
    (['read', 'deploy', 'admin', 'node'] as const).map((role) => [role, tokens.create(role, role).token]),
  ) as Record<Role, string>;
  const rank = ['read', 'deploy', 'admin'];
  for (const [needs, path, init] of requests) {
    for (const role of ['read', 'deploy', 'admin', 'node'] as const) {
      cluster.addNode('n1');
      cluster.appMap.delete('other');
      const { status, body } = await ask(path, {
        ...init,
        headers: { ...(init.headers as object), ...bearer(token[role]) },
      });
      const allowed = role !== 'node' && rank.indexOf(role) >= rank.indexOf(needs);
      if (allowed)
        assert.ok(status < 300, `${role} ${init.method ?? 'GET'} ${path}: ${status} ${JSON.stringify(body)}`);
      else assert.equal([status, body.code], [403, 'forbidden'], `${role} ${init.method ?? 'GET'} ${path}`);
    }
    const { status, body, headers } = await ask(path, init);
    assert.equal(
      [status, body.code, headers.get('www-authenticate')],
      [401, 'unauthorised', 'Bearer realm="stathub"'],
      path,
    );
  }
  const wrong = await ask('/v1/status', { headers: bearer('sth_admin_nonsense') });
  assert.equal([wrong.status, wrong.body.code], [401, 'unauthorised']);
});

test('a join token opens the link and nothing else; other roles do not open it', async () => {
  const {
    ask,
    tokens,
    join: joinToken,
  } = sample({
    bind: '0.0.0.0',
    extraRoutes: (app) => {
      app.get('/v1/link', (c) => c.text(`joined as ${c.get('caller').role}`));
    },
  });
  assert.is((await ask('/v1/link', { headers: bearer(joinToken) })).text, 'joined as node');
  for (const role of ['read', 'deploy'] as const)
    assert.is((await ask('/v1/link', { headers: bearer(tokens.create('x', role).token) })).status, 403);
  assert.is((await ask('/v1/link')).status, 401);
  assert.is((await ask('/v1/apps', { headers: bearer(joinToken) })).status, 403);
});

test('on loopback nobody needs a token, and a wrong one is told all the same', async () => {
  const { ask, admin, tokens } = sample();
  assert.is((await ask('/v1/status')).status, 200);
  assert.is((await ask('/v1/status', { headers: bearer('wrong') })).status, 401);
  assert.is((await ask('/v1/status', { headers: { authorization: 'Basic eDp5' } })).status, 401);
  assert.is((await ask('/v1/status', { headers: { cookie: 'stathub=of-another-hub' } })).status, 200);
  assert.is((await ask('/v1/tokens', { headers: bearer(admin) })).status, 200);
  assert.is((await ask('/v1/tokens', { headers: bearer(tokens.create('r', 'read').token) })).status, 403);
});

test('health needs no token anywhere', async () => {
  const { ask, cluster } = sample({ bind: '0.0.0.0' });
  assert.equal([(await ask('/healthz')).status, (await ask('/readyz')).status], [200, 200]);
  cluster.waitingFor = 'it reads the store';
  const { status, body } = await ask('/readyz');
  assert.equal([status, body.code, body.detail], [503, 'starting', 'it reads the store']);
  assert.is((await ask('/healthz')).status, 200);
});

test('a page that rebinds its name to loopback is refused', async () => {
  const { app } = sample({
    auth: { bind: '127.0.0.1', tokens: openTokens(temporary()).tokens, hosts: ['hub.internal'] },
  });
  const status = async (host: string, path = '/v1/status') =>
    (await app.request(`http://localhost:51026${path}`, { headers: { host } })).status;
  for (const host of [
    'localhost',
    'localhost:51026',
    '127.0.0.1:51026',
    '127.8.9.1',
    '[::1]:51026',
    'hub.localhost:1',
    'hub.internal:51026',
    'LOCALHOST:1',
  ])
    assert.is(await status(host), 200, host);
  for (const host of [
    'evil.example',
    'evil.example:51026',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '0.0.0.0:51026',
    '[::2]',
    'evil-localhost',
  ]) {
    for (const path of ['/v1/status', '/', '/healthz', '/v1/live'])
      assert.is(await status(host, path), 403, `${host} ${path}`);
  }
});

test('what another page makes a browser send is refused', async () => {
  const { ask } = sample();
  const post = (headers: Record<string, string>) =>
    ask('/v1/apps', json('POST', { name: 'web', toProcess: 'sleep' }, headers));
  for (const origin of [
    'https://evil.example',
    'null',
    'http://localhost:3000',
    'https://localhost:51026.evil.example',
    'file://',
    '',
  ]) {
    const { status, body } = await post({ origin });
    assert.equal([status, body.code], [403, 'forbidden'], origin);
    assert.is(
      (await ask('/v1/live', { headers: { origin, upgrade: 'websocket', connection: 'upgrade' } })).status,
      403,
      origin,
    );
  }
  assert.is(
    (
      await ask('/v1/status', {
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      })
    ).status,
    403,
  );
  assert.is(
    (
      await ask('/v1/status', {
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      })
    ).status,
    200,
    'a link',
  );
  assert.is((await post({ origin: 'http://localhost:51026' })).status, 201);
});

test('a token becomes a cookie by the form or a link, and the cookie works as the token does', async () => {
  const { ask, admin } = sample({ bind: '0.0.0.0' });
  const html = { accept: 'text/html,*/*' };
  const away = await ask('/apps/web?tab=log', { headers: html });
  assert.equal(
    [away.status, away.headers.get('location')],
    [302, `/login?next=${encodeURIComponent('/apps/web?tab=log')}`],
  );
  const form = await ask('/login?next=/apps/web', { headers: html });
  assert.is(form.status, 200);
  assert.match(form.text, /name="next" value="\/apps\/web"/);
  const post = (body: Record<string, string>) =>
    ask('/login', {
      method: 'POST',
      body: new URLSearchParams(body).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  assert.equal(
    [(await post({ token: 'x' })).status, (await post({ token: 'x' })).headers.get('set-cookie')],
    [401, null],
  );
  const done = await post({ token: ` ${admin}\n`, next: '/apps/web' });
  const cookie = done.headers.get('set-cookie')!;
  assert.match(cookie, /^stathub=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.match(done.text, /url=\/apps\/web"/);
  assert.is((await ask('/v1/status', { headers: { cookie: cookie.split(';')[0]! } })).status, 200);

  const link = await ask(`/?token=${admin}&x=1`, { headers: html });
  assert.ok(link.headers.get('set-cookie')!.startsWith('stathub='));
  assert.match(link.text, /url=\/\?x=1"/);
  assert.is((await ask('/?token=wrong', { headers: html })).status, 401);
  assert.is((await ask(`/v1/status?token=${admin}`)).status, 401, 'a token in an address is not taken by the API');
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', '/x y'])
    assert.match((await post({ token: admin, next })).text, /url=\/"/, next);
  assert.match(
    (await ask('/login?next=/%22%3E%3Cscript%3E', { headers: html })).text,
    /value="\/&quot;&gt;&lt;script&gt;"/,
  );
  assert.match((await ask('/logout', { method: 'POST' })).headers.get('set-cookie')!, /^stathub=; Max-Age=0/);
});

test('every answer carries the security headers', async () => {
  const { ask } = sample();
  for (const path of ['/v1/status', '/healthz', '/nothing.js', '/v1/nothing', '/login', '/docs']) {
    const { headers } = await ask(path, { headers: { accept: 'text/html' } });
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/, path);
    assert.not.match(headers.get('content-security-policy')!, /unsafe/);
    assert.equal(
      [
        headers.get('x-content-type-options'),
        headers.get('x-frame-options'),
        headers.get('cross-origin-resource-policy'),
        headers.get('referrer-policy'),
      ],
      ['nosniff', 'DENY', 'same-origin', 'same-origin'],
      path,
    );
  }
});

test('the read role sees no secret, wherever it stands', async () => {
  const { ask, cluster, tokens } = sample({ bind: '0.0.0.0' });
  const spec = specOf('web', {
    envs: {
      DB_PASSWORD: 'hunter2',
      MODE: 'prod',
      AUTHOR: 'mara',
      DATABASE_URL: 'postgres://app:hunter2@db/x',
      PRIMARY_KEY: 'id',
    },
    uris: ['https://bob:hunter2@files/x.zip'],
    args: ['--password=hunter2', '--token', 'hunter2', '--port', '80'],
  });
  cluster.addApp(spec);
  cluster.addNode('n1', { envs: { API_KEY: 'hunter2', ZONE: 'a' } });
  cluster.addEvent('fetched https://bob:hunter2@files/x.zip', { detail: { token: 'hunter2' } });
  const read = bearer(tokens.create('r', 'read').token);
  for (const path of [
    '/v1/apps',
    '/v1/apps/web',
    '/v1/apps/web/revisions',
    '/v1/nodes/n1',
    '/v1/events',
    '/v1/data/apps',
  ]) {
    const { text, status } = await ask(path, { headers: read });
    assert.is(status, 200, path);
    assert.not.match(text, /hunter2/, path);
    assert.match(text, /\*\*\*/, path);
  }
  const { body } = await ask('/v1/apps/web', { headers: read });
  assert.equal(body.spec.envs, {
    DB_PASSWORD: '***',
    MODE: 'prod',
    AUTHOR: 'mara',
    DATABASE_URL: 'postgres://app:***@db/x',
    PRIMARY_KEY: 'id',
  });
  assert.equal(body.spec.args, ['--password=***', '--token', '***', '--port', '80']);
  assert.is(body.spec.uris[0].uri, 'https://bob:***@files/x.zip');
  assert.is(spec.envs['DB_PASSWORD'], 'hunter2', 'what is kept is untouched');
  assert.match((await ask('/v1/apps/web', { headers: bearer(tokens.create('d', 'deploy').token) })).text, /hunter2/);
});

test('which names look secret', () => {
  for (const name of [
    'PASSWORD',
    'DB_PASSWORD',
    'dbPassword',
    'spring.datasource.password',
    'API_KEY',
    'apiKey',
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'CLIENT_SECRET',
    'PGPASS',
    'PGPASSWORD',
    'MYSQL_PWD',
    'SSH_PRIVATE_KEY',
    'SENTRY_DSN',
    'JWT',
    'KEY',
  ])
    assert.ok(looksSecret(name), name);
  for (const name of [
    'MODE',
    'AUTHOR',
    'PRIMARY_KEY',
    'KEYBOARD',
    'PASSENGERS',
    'MONKEY',
    'TOKENIZER',
    'COMPASS',
    'hash',
    'path',
    'AUTHORITY',
  ])
    assert.not(looksSecret(name), name);
  assert.is(
    maskText(
      'GET https://u:p@h/x?access_token=abc&y=1 Authorization: Bearer abcdefghij sth_admin_0123456789012345678901234',
    ),
    'GET https://u:***@h/x?access_token=***&y=1 Authorization: Bearer *** sth_admin_***',
  );
  const plain = { a: [1, 'two', null, { b: true }] };
  assert.is(maskSecrets(plain), plain, 'what holds no secret is not copied');
});

test('which addresses are loopback', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(address), address);
  for (const address of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '1127.0.0.1', '127.0.0.1.example', ''])
    assert.not(isLoopback(address), address);
});

test('tokens are made, listed and revoked by admins; the last admin stays', async () => {
  const { ask, admin, cluster } = sample({ bind: '0.0.0.0' });
  const as = bearer(admin);
  const made = await ask('/v1/tokens', json('POST', { role: 'deploy', name: 'ci' }, as));
  assert.equal([made.status, made.body.role, made.body.name], [201, 'deploy', 'ci']);
  assert.is((await ask('/v1/status', { headers: bearer(made.body.token) })).status, 200);
  const { body } = await ask('/v1/tokens', { headers: as });
  assert.is(body.total, 3);
  assert.not.match(JSON.stringify(body), /hash|sth_/);
  assert.is((await ask(`/v1/tokens/${made.body.id}`, { method: 'DELETE', headers: as })).status, 204);
  assert.is((await ask('/v1/status', { headers: bearer(made.body.token) })).status, 401);
  assert.is((await ask(`/v1/tokens/${made.body.id}`, { method: 'DELETE', headers: as })).status, 404);
  assert.is((await ask(`/v1/tokens/${body.items[0].id}`, { method: 'DELETE', headers: as })).status, 400);
  assert.is((await ask('/v1/tokens', json('POST', { role: 'root' }, as))).status, 400);
  assert.equal(
    cluster.log.map((e) => [e.kind, e.message, e.detail['from']]),
    [
      ['token.made', 'first admin made the deploy token "ci"', 'here'],
      ['token.revoked', 'first admin revoked the deploy token "ci"', 'here'],
    ],
  );
  assert.not.match(JSON.stringify(cluster.log), /sth_/);
});

test.run();

// The API over what it is for: a real master with a real agent, and a real agent alone. One app, one program, seen from every side.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Daemon, freshDirectory, Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { watcher, type Watcher } from '../support/watcher.ts';

const talker = {
  name: 'talker',
  toProcess: 'echo begun; while :; do sleep 0.2; echo tick; done',
  shell: true,
  envs: { DB_PASSWORD: 'hunter2' },
};

let hub: Hub;
let alone: Daemon;
let live: Watcher;
test.before(async () => {
  hub = await new Hub().start(1);
  alone = await new Daemon('agent', freshDirectory('alone'), ['--ports', '29100-29200']).start();
  live = await watcher(hub.master.address);
  live.watch('cluster');
  await live.next('snapshot', 'cluster');
});
test.after(async () => {
  live?.socket.close();
  await alone?.end('SIGQUIT');
  await hub?.end();
});

test('an app is created, comes up, and the live feed shows it without being asked', async () => {
  const made = await hub.master.call('POST', '/v1/apps', talker);
  assert.equal([made.status, made.body.name, made.body.revision], [201, 'talker', 1]);
  const [instance] = await hub.running('talker', 1);
  const seen = await until('the feed shows the pid', () =>
    live.frames
      .flatMap((f) => (f.type === 'change' && f.topic === 'cluster' ? Object.values(f.instances ?? {}) : []))
      .find((i) => i?.id === instance.id && i?.pid === instance.pid && i?.status === 'running'),
  );
  assert.is(seen!.app, 'talker');
  await until('the app', () => live.frames.some((f) => f.type === 'change' && f.apps?.['talker']));
  const status = await hub.master.get('/v1/status');
  assert.equal([status.role, status.apps], ['master', 1]);
});

test('versions guard writes, dry runs change nothing, a second create is refused', async () => {
  const app = await hub.master.get('/v1/apps/talker');
  const headers = { 'content-type': 'application/json', 'if-match': '"0"' };
  const stale = await fetch(`${hub.master.address}/v1/apps/talker`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(talker),
  });
  assert.equal([stale.status, ((await stale.json()) as { code: string }).code], [412, 'version-conflict']);
  const right = await fetch(`${hub.master.address}/v1/apps/talker`, {
    headers: { 'if-none-match': `"${app.version}"` },
  });
  assert.is(right.status, 304);
  const plan = await hub.master.ok('POST', '/v1/apps/talker/scale?dryRun=true', { scale: 3 });
  assert.is(plan.steps.filter((s: { what: string }) => s.what === 'place').length, 2, JSON.stringify(plan));
  assert.is((await hub.master.get('/v1/apps/talker')).scale, 1);
  assert.is((await hub.master.call('POST', '/v1/apps', talker)).body.code, 'app-exists');
  assert.is((await hub.master.call('GET', '/v1/nodes?query=os.cpus:(')).body.code, 'invalid-query');
});

test('its output: the last lines, and on as they come, over HTTP and the live feed', async () => {
  const [{ id }] = await hub.running('talker', 1);
  const text = await until('some lines', async () => {
    const all = await hub.master.get<string>(`/v1/instances/${id}/logs?tail=1000`);
    return all.split('tick').length > 3 ? all : null;
  });
  assert.match(text, /^begun$/m);
  const abort = new AbortController();
  const response = await fetch(`${hub.master.address}/v1/instances/${id}/logs?follow=true&tail=1`, {
    signal: abort.signal,
  });
  const reader = response.body!.getReader();
  let followed = '';
  await until('three more lines', async () => {
    followed += new TextDecoder().decode((await reader.read()).value);
    return followed.split('tick').length > 4;
  });
  abort.abort();
  live.watch(`logs:${id}`, { tail: 2 });
  await until(
    'the same on the feed',
    () =>
      live.frames
        .filter((f) => f.type === 'log' && f.topic === `logs:${id}`)
        .map((f) => (f as { text: string }).text)
        .join('')
        .split('tick').length > 4,
  );
  live.send({ type: 'unwatch', topic: `logs:${id}` });
});

test('its events, with replay', async () => {
  const page = await until('some are stored', async () => {
    const found = await hub.master.get('/v1/events?query=subject.app:talker&after=0');
    return found.items.length > 1 && found;
  });
  assert.ok(
    page.items.some((e: { kind: string }) => e.kind === 'app.deployed'),
    JSON.stringify(page.items),
  );
  const after = page.items[0].seq;
  const abort = new AbortController();
  const response = await fetch(`${hub.master.address}/v1/events?query=subject.app:talker`, {
    headers: { accept: 'text/event-stream', 'last-event-id': String(after) },
    signal: abort.signal,
  });
  const reader = response.body!.getReader();
  let text = '';
  await until('what came since', async () => {
    text += new TextDecoder().decode((await reader.read()).value);
    return text.includes(`id: ${page.items[1].seq}\n`);
  });
  assert.not.match(text, new RegExp(`^id: ${after}$`, 'm'));
  abort.abort();
});

test('its statechart is watched on its node through the master: a kill is seen step by step', async () => {
  const [{ id, pid }] = await hub.running('talker', 1);
  const actors = (await hub.master.get('/v1/actors')).items as {
    id: string;
    parent: string | null;
    machine: string;
    where: string;
  }[];
  assert.ok(
    actors.some((a) => a.machine === 'master') &&
      actors.some((a) => a.machine === 'placement') &&
      actors.some((a) => a.machine === 'agent'),
    JSON.stringify(actors),
  );
  const actor = actors.find((a) => a.id === `instance:${id}`)!;
  assert.is(actor.machine, 'instance');
  for (const { id: of, parent } of actors)
    assert.ok(parent === null || actors.some((a) => a.id === parent), `${of} hangs at ${parent}, which is not there`);
  live.watch(`inspect:${actor.id}`);
  const first = await live.next('inspect', `inspect:${actor.id}`);
  assert.equal([first.frame.state[0], first.frame.chart?.id], ['running', 'instance']);
  assert.not.match(JSON.stringify(first.frame.context), /hunter2/, 'no secret in a context');
  process.kill(pid, 'SIGKILL');
  await hub.running('talker', 1);
  const steps = () => live.frames.flatMap((f) => (f.type === 'inspect' ? [f.frame] : []));
  await until(
    'it runs again',
    () => steps().some((s) => s.state[0] === 'restarting') && steps().at(-1)!.state[0] === 'running',
  );
  const edges = new Set(first.frame.chart!.edges.map((e) => e.id));
  const taken = steps().flatMap((s) => s.edges);
  assert.ok(taken.length >= 2 && taken.every((e) => edges.has(e)), taken.join(' '));
  live.send({ type: 'unwatch', topic: `inspect:${actor.id}` });
  assert.is(
    (
      await hub.master.call('POST', `/v1/actors/${encodeURIComponent('instance:none.0.aaaaaaaa')}/events`, {
        type: 'x',
      })
    ).status,
    404,
  );
});

test('nodes: tags reach the query, a cordon is shown and lifted', async () => {
  const {
    items: [node],
  } = await hub.master.get('/v1/nodes');
  await hub.master.ok('PUT', `/v1/nodes/${node.id}/tags`, ['ssd', 'rack-1']);
  assert.is((await hub.master.get('/v1/nodes?query=tags:ssd')).total, 1);
  assert.is((await hub.master.get('/v1/nodes?query=tags:hdd')).total, 0);
  assert.is((await hub.master.ok('POST', `/v1/nodes/${node.id}/cordon`)).status, 'cordoned');
  assert.is((await hub.master.ok('POST', `/v1/nodes/${node.id}/uncordon`)).status, 'ready');
  assert.is((await hub.master.get(`/v1/nodes/${node.id}/instances`)).total, 1);
  assert.is((await hub.master.get('/v1/apps/talker/instances')).items[0].node, node.id);
  await until('where it is', async () => (await hub.master.get('/v1/discovery/talker')).endpoints.length === 1);
  for (const path of ['/v1/apps/talker/why', '/v1/apps/talker/revisions', '/v1/data', `/v1/nodes/${node.id}/metrics`])
    await hub.master.get(path);
});

test('what is kept: collections, documents, a query; no secret, whoever asks', async () => {
  const { items: collections } = await hub.master.get('/v1/data');
  for (const name of ['apps', 'assignments', 'nodes', 'revisions', 'hub']) {
    const found = collections.find((collection: { name: string }) => collection.name === name);
    assert.ok(found?.count >= 1, name);
    const { items, total } = await hub.master.get(`/v1/data/${name}?size=1`);
    assert.equal(
      [items.length, total >= 1, typeof items[0].key, typeof items[0].version],
      [1, true, 'string', 'string'],
    );
  }
  const answer = await hub.master.call('GET', '/v1/data/revisions?query=spec.name:talker&sort=-revision');
  assert.is(answer.body.items[0].key, 'talker/00000001');
  assert.is(answer.body.items[0].doc.spec.envs.DB_PASSWORD, '***');
  assert.is((await hub.master.get('/v1/data/revisions?query=hunter2')).total, 0);
  const nothing = await hub.master.call('GET', '/v1/data/nothing');
  assert.equal([nothing.status, /apps, assignments/.test(nothing.body.hint)], [404, true]);
  const wrong = await hub.master.call('GET', '/v1/data/apps?query=name:(');
  assert.equal(
    [wrong.status, wrong.body.code, /at \d+/.test(wrong.body.detail), wrong.body.hint.length > 0],
    [400, 'invalid-query', true, true],
  );
});

test('events are a collection, newest first; nodes and apps are found by the names of their lists', async () => {
  const { items: collections } = await hub.master.get('/v1/data');
  const sizeOf = (name: string) => collections.find((collection: { name: string }) => collection.name === name);
  assert.ok(sizeOf('events').count >= 3 && sizeOf('events').bytes > 0);
  assert.is(sizeOf('metrics').about, true);
  const { items, total } = await hub.master.get('/v1/data/events?size=2&from=1');
  assert.equal([items.length, total >= 3, items[0].doc.seq - items[1].doc.seq], [2, true, 1]);
  const created = await hub.master.get('/v1/data/events?query=kind:app.deployed AND subject.app:talker');
  assert.equal([created.items.length, created.total, created.items[0].doc.subject.app], [1, 1, 'talker']);
  assert.is((await hub.master.get('/v1/data/events?query=hunter2')).total, 0);
  assert.is((await hub.master.get('/v1/data/metrics?query=minute:>0')).items.length >= 0, true);
  assert.is((await hub.master.call('GET', '/v1/data/events?sort=at')).status, 400);

  for (const query of ['os.cpus:>=1', 'facts.os.cpus:>=1', 'status:ready', '(os.cpus:>=1 AND facts.memory.total:>1MB)'])
    assert.is((await hub.master.get(`/v1/data/nodes?query=${encodeURIComponent(query)}&sort=os.cpus`)).total, 1, query);
  const app = await until(
    'it runs',
    async () => (await hub.master.get('/v1/data/apps?query=spec.toProcess:* AND status:running')).items[0],
  );
  assert.equal([app.key, 'spec' in app.doc], ['talker', false], 'the document is as it is kept');
  for (const path of [
    'nodes',
    'apps',
    'instances',
    'events',
    'data/nodes',
    'data/apps',
    'data/revisions',
    'data/events',
    'data/metrics',
  ]) {
    const { status, body } = await hub.master.call(
      'GET',
      `/v1/${path}?query=${encodeURIComponent('a OR os.cpus:>banana')}`,
    );
    assert.equal(
      [status, body.code, body.detail],
      [400, 'invalid-query', 'The query is not valid at 14: os.cpus is a number, and banana is none'],
      path,
    );
    assert.match(body.hint, /os\.cpus:>8/, path);
    assert.equal(
      body.errors.map((error: { path: string }) => error.path),
      ['query'],
      path,
    );
  }
});

test('an agent that belongs to a master shows and does not change', async () => {
  const agent = hub.agents[0]!;
  assert.is((await agent.get('/v1/instances')).total, 1);
  const refused = await agent.call('PUT', '/v1/apps/talker', talker);
  assert.equal([refused.status, refused.body.code], [409, 'managed-by-master']);
  assert.ok(refused.body.detail.includes(hub.master.address));
});

test('an agent alone has the same API for its own apps', async () => {
  assert.is((await alone.call('PUT', '/v1/apps/talker', talker)).status, 201);
  const instance = await until('it runs', async () =>
    (await alone.get('/v1/apps/talker/instances')).items.find((i: { status: string }) => i.status === 'running'),
  );
  await until('it talks', async () => (await alone.get<string>(`/v1/instances/${instance.id}/logs`)).includes('tick'));
  const feed = await watcher(alone.address);
  feed.watch('app:talker');
  assert.is((await feed.next('snapshot', 'app:talker')).instances![0]!.pid, instance.pid);
  feed.socket.close();
  assert.ok((await alone.get('/v1/actors')).total > 2);
  const {
    items: [node],
  } = await alone.get('/v1/nodes');
  for (const [method, path, body] of [
    ['POST', `/v1/nodes/${node.id}/drain`],
    ['POST', `/v1/nodes/${node.id}/take-over`],
    ['DELETE', `/v1/nodes/${node.id}`],
  ] as [string, string, object?][]) {
    const { status, body: problem } = await alone.call(method, path, body);
    assert.equal([status, problem.code], [501, 'unsupported-here'], `${method} ${path}: ${JSON.stringify(problem)}`);
  }
});

test('deletion is accepted, and then the name is free', async () => {
  const gone = await hub.master.call('DELETE', '/v1/apps/talker');
  assert.equal([gone.status, gone.body.status], [202, 'deleting']);
  await until('it is gone', async () => (await hub.master.call('GET', '/v1/apps/talker')).status === 404);
  await until('the feed says so', () => live.frames.some((f) => f.type === 'change' && f.apps?.['talker'] === null));
});

test.run();

// Emptying a node: by an operator (drain), by the node itself (SIGUSR2), with restarts of master and agent in the middle.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stathub } from '../support/cli.ts';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const service = (name: string, more: object = {}): object => ({
  name,
  toProcess: '/bin/sleep',
  args: ['1000'],
  update: { minHealthySeconds: 0.5 },
  ...more,
});
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const hub = new Hub();
const test = suite('evacuation');
test.before(async () => {
  await hub.start(2, (k) => ['--tags', k === 0 ? 'home' : 'away']);
});
test.after(() => hub.end());

test('a drain: replacements first, system apps last, what fits nowhere until the deadline, also over restarts of both sides', async () => {
  const [home, away] = await until('both nodes are ready', async () => {
    const nodes = (await hub.master.get('/v1/nodes')).items;
    const of = (tag: string) => nodes.find((node: any) => node.tags.includes(tag) && node.status === 'ready');
    return of('home') && of('away') ? [of('home'), of('away')] : null;
  });
  await hub.master.ok('PUT', '/v1/apps/web', service('web', { placement: { scale: 2, query: 'tags:home' } }));
  await hub.master.ok('PUT', '/v1/apps/fixed', service('fixed', { placement: { query: 'tags:home' } }));
  await hub.master.ok('PUT', '/v1/apps/every', service('every', { type: 'system' }));
  const web = await hub.running('web', 2);
  const [fixed] = await hub.running('fixed', 1);
  await hub.running('every', 2);
  await hub.master.ok('PUT', '/v1/apps/web/placement', { scale: 2, query: '*' }); // may go elsewhere now

  const drained = await stathub(hub.master.address, 'drain', home.id, '--json');
  assert.equal([drained.code, JSON.parse(drained.out).status], [0, 'draining']);
  assert.is((await stathub(hub.master.address, 'drain', home.id)).code, 0, 'asked again it goes on');
  await hub.master.end('SIGKILL');
  await hub.agents[0]!.end('SIGKILL');
  await Promise.all([hub.master.start(), hub.agents[0]!.start()]);

  const moved = await until('web has left', async () => {
    const now = (await hub.instances('app:web')).filter((i) => i.status === 'running');
    return now.length === 2 && now.every((i) => i.node === away.id) ? now : null;
  });
  assert.ok(moved.every((i) => !web.some(({ id }) => id === i.id)));
  // An instance is asked to stop after its replacement was ready; both clocks are this machine's.
  for (const { id, slot } of web) {
    const stopping: any = await until(
      `the stop of ${id} is told`,
      async () =>
        (
          await hub.master.get(
            `/v1/events?size=500&query=${encodeURIComponent(`kind:instance.stopping AND subject.instance:"${id}"`)}`,
          )
        ).items[0],
    );
    assert.ok(
      stopping.at >= moved.find((i) => i.slot === slot).readyAt,
      `${id} stopped before its replacement was ready`,
    );
  }

  const node = await hub.master.get(`/v1/nodes/${home.id}`);
  assert.is(node.status, 'draining', 'what fits nowhere else holds it');
  assert.ok(alive(fixed.pid));
  await until('why it stays is told', async () =>
    /cannot leave/.test((await hub.master.get('/v1/apps/fixed/why')).waiting[0]?.reason),
  );
  assert.is((await hub.running('every', 2)).length, 2, 'what serves the others leaves last');

  // The deadline comes: what is left stops in order.
  const over = await stathub(hub.master.address, 'drain', home.id, '--deadline', '1s', '--wait', '--timeout', '100s');
  assert.is(over.code, 0, over.err);
  assert.match(over.err, /fixed\.0\.\w+ {2}gone/);
  const after = await hub.master.get(`/v1/nodes/${home.id}`);
  assert.equal([after.status, after.reason.code], ['cordoned', 'drained']);
  assert.not.ok(alive(fixed.pid));
  assert.equal(
    (await hub.instances(`node:"${home.id}"`)).filter((i) => i.pid !== null),
    [],
  );

  assert.is((await stathub(hub.master.address, 'uncordon', home.id)).code, 0);
  await hub.running('fixed', 1);
  await hub.running('every', 2);
});

test('SIGUSR2: the node empties itself and its agent ends; once more changes nothing, nor a kill -9; uncordon calls it off', async () => {
  for (const { name } of (await hub.master.get('/v1/apps')).items) await hub.master.ok('DELETE', `/v1/apps/${name}`);
  await until('the nodes are empty', async () => (await hub.instances()).every((i) => i.pid === null));
  await hub.master.ok(
    'PUT',
    '/v1/apps/pages',
    service('pages', { placement: { scale: 4 }, update: { minHealthySeconds: 1 } }),
  );
  const before = await hub.running('pages', 4);
  const [agent] = hub.agents;
  const earlier = agent!.log().length;
  const said = (): string => agent!.log().slice(earlier);
  const own = (await agent!.get('/v1/nodes')).items[0].id;
  assert.ok(before.some((i) => i.node === own));
  const status = async (): Promise<string> => (await hub.master.get(`/v1/nodes/${own}`)).status;

  // Called off.
  process.kill(agent!.pid, 'SIGUSR2');
  process.kill(agent!.pid, 'SIGUSR2');
  await until('it is drained', async () => (await status()) === 'draining');
  await hub.master.ok('POST', `/v1/nodes/${own}/uncordon`);
  await until('it takes work again', async () => (await status()) === 'ready');
  await until('the agent knows', () => /not emptied any more/.test(said()));
  await agent!.end('SIGTERM');
  await agent!.start();
  await until(
    'and stays',
    async () => (await hub.master.get(`/v1/nodes/${own}`)).link !== 'none' && (await status()) === 'ready',
  );

  // For good, with a kill on the way.
  await hub.master.ok('POST', '/v1/apps/pages/scale', { scale: 6 });
  await hub.running('pages', 6);
  process.kill(agent!.pid, 'SIGUSR2');
  await until('it is drained', async () => (await status()) === 'draining');
  await agent!.restart();
  process.kill(agent!.pid, 'SIGUSR2');
  await until(
    'the agent has ended by itself',
    () => !alive(agent!.pid) || /the node is empty; the agent ends/.test(said()),
  );
  assert.is(await agent!.end(), 0);
  const now = await hub.running('pages', 6);
  assert.ok(now.every((i) => i.node !== own));
  assert.is((await hub.master.get(`/v1/nodes/${own}`)).reason.code, 'drained');
  for (const { id, pid, node } of before) if (node === own) assert.not.ok(alive(pid), id);
});

test.run();

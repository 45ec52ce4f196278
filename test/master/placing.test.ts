// The thinnest path and what hangs on it: an app is deployed, placed, pushed, observed, shown; scaled, stopped, deleted.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Refusal } from '../../src/model/errors.ts';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import { deploy, discard, operator, specOf, temporary, testMaster } from '../support/test-master.ts';
import type { TestMaster } from '../support/test-master.ts';
import { SimAgent } from '../support/sim-agent.ts';
import { keptTo } from '../support/busyness.ts';
import { until } from '../support/until.ts';

async function cluster(
  nodes: number,
  options: Partial<ConstructorParameters<typeof SimAgent>[0]> = {},
): Promise<{ master: TestMaster; agents: SimAgent[]; end: () => Promise<void> }> {
  const master = await testMaster();
  const agents = Array.from({ length: nodes }, (_, index) =>
    new SimAgent({ node: `n${index + 1}`, ...options }).connect(master.url),
  );
  await until(
    'all nodes are ready',
    async () => (await master.cluster.nodes('status:ready', { from: 0, size: 10 })).total === nodes,
  );
  return {
    master,
    agents,
    end: async () => {
      for (const agent of agents) agent.disconnect();
      await master.stop();
      discard(master.directory);
    },
  };
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
  return 'done';
};

test('an app is placed, pushed, observed and shown', async () => {
  const { master, agents, end } = await cluster(1);
  try {
    const { app, created, changed } = await deploy(master.cluster, { name: 'web' });
    assert.ok(created && changed);
    assert.is(app.revision, 1);
    await until('it runs', async () => (await master.cluster.app('web')).status === 'running').catch(async (error) => {
      throw new Error(
        `${String(error)} ${JSON.stringify(await master.cluster.app('web'))} ${JSON.stringify(master.warnings)} ` +
          `${JSON.stringify(agents[0]!.frames.filter(({ type }) => type !== 'beat.ack'))}`,
      );
    });
    const [instance] = (await master.cluster.instances('*', { from: 0, size: 10 })).items;
    assert.match(instance!.id, /^web\.0\.[a-z2-7]{8}$/);
    assert.is(instance!.status, 'running');
    assert.is(instance!.node, 'n1');
    assert.ok(instance!.epoch >= 1);
    assert.is(agents[0]!.spec('web', 1)?.toProcess, 'sleep');
    assert.equal((await master.cluster.app('web')).instances, { wanted: 1, running: 1, healthy: 1, total: 1 });
    assert.is((await master.cluster.status()).instances['running'], 1);
    assert.equal(master.warnings, []);
  } finally {
    await end();
  }
});

test('1 -> 5 -> 2 over three nodes: balanced, what is surplus leaves', async () => {
  const { master, agents, end } = await cluster(3);
  const running = () => agents.map((agent) => agent.running.length).sort();
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('one runs', () => running().join() === '0,0,1');
    await master.cluster.scaleApp('web', 5, null, operator);
    await until('five run', () => running().join() === '1,2,2');
    await master.cluster.scaleApp('web', 2, null, operator);
    await until('two run, on two nodes', () => running().join() === '0,1,1');
    await until(
      'the rest is forgotten',
      async () => (await master.cluster.instances('*', { from: 0, size: 10 })).total === 2,
    );
    assert.is((await master.cluster.app('web')).revision, 1, 'scaling is no revision');
    assert.is((await master.cluster.slots('web')).length, 2);
    assert.equal(master.warnings, []);
  } finally {
    await end();
  }
});

test('a change is pushed, not waited for: by WebSocket and by long-poll', async () => {
  for (const transport of ['websocket', 'poll'] as const) {
    const { master, agents, end } = await cluster(1, { transport });
    try {
      await deploy(master.cluster, { name: 'web' });
      const took: number[] = [];
      for (let scale = 2; scale < 12; scale += 1) {
        await until('it rests', () => agents[0]!.running.length === scale - 1);
        const seen = agents[0]!.received.length;
        const at = performance.now();
        await master.cluster.scaleApp('web', scale, null, operator);
        await until('the agent has it', () => agents[0]!.running.length === scale);
        took.push(agents[0]!.received.slice(seen).find(({ frame }) => frame.type === 'desired')!.at - at);
      }
      took.sort((a, b) => a - b);
      // A busy machine is no error, a timer in the path is: the quickest of ten shows it. `npm run bench` has the numbers.
      assert.ok(keptTo(50, took[0]!), `the quickest by ${transport}: ${took[0]} ms`);
      assert.ok(keptTo(1000, took[5]!), `median by ${transport}: ${took[5]} ms`);
    } finally {
      await end();
    }
  }
});

test('stop, start, restart, delete', async () => {
  const { master, agents, end } = await cluster(2);
  try {
    await deploy(master.cluster, { name: 'web', placement: { scale: 2 }, update: { minHealthySeconds: 0 } });
    const up = () =>
      until('it runs', async () => {
        const app = await master.cluster.app('web');
        return app.status === 'running' ? app : null;
      });
    await up();
    await master.cluster.appAction('web', 'stop', operator);
    await until(
      'all stopped',
      async () =>
        (await master.cluster.app('web')).status === 'stopped' && agents.every((agent) => agent.running.length === 0),
    );
    await until('no slot is left', async () => (await master.cluster.slots('web')).length === 0);
    await master.cluster.appAction('web', 'start', operator);
    await up();
    const before = (await master.cluster.instances('*', { from: 0, size: 10 })).items.map(({ id }) => id);
    await master.cluster.appAction('web', 'restart', operator);
    await until('both were replaced or told to restart', async () => {
      const items = (await master.cluster.slots('web')).flatMap(({ a, b }) => [a, b]).filter((held) => held !== null);
      return (
        items.length === 2 &&
        items.every(({ id, nudge, goal }) => goal === 'run' && (!before.includes(id) || nudge > 0))
      );
    });
    await up();
    const deleting = await master.cluster.deleteApp('web', operator);
    assert.is(deleting.status, 'deleting');
    await until('it is gone', async () => (await refusal(master.cluster.app('web'))) === 'app-not-found');
    await until(
      'its revisions too',
      async () => (await master.store.scan('revisions', { prefix: 'web/' })).items.length === 0,
    );
    assert.is((await master.store.scan('assignments', { prefix: 'web/' })).items.length, 0);
    await deploy(master.cluster, { name: 'web', placement: { scale: 1 } });
    assert.is((await up()).revision, 1);
    assert.equal(master.warnings, []);
  } finally {
    await end();
  }
});

test('an app deleted while its first slot is being written: that is stopped, and nothing of it is left', async () => {
  const directory = temporary();
  const store = await openEmbedded(directory);
  const bulk = store.bulk.bind(store);
  let reached = false;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  store.bulk = async (writes) => {
    if (!reached && writes.some(({ collection }) => collection === 'assignments')) {
      reached = true;
      await released;
    }
    return bulk(writes);
  };
  const master = await testMaster({ directory, store });
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  try {
    await deploy(master.cluster, { name: 'web', placement: { scale: 1 } });
    await until('the slot is being written', () => reached);
    const deleted = master.cluster.deleteApp('web', operator);
    await until('it is being deleted', async () => (await master.cluster.app('web')).status === 'deleting');
    release();
    await deleted;
    await until('it is gone', async () => (await refusal(master.cluster.app('web'))) === 'app-not-found');
    assert.equal(agent.running, []);
    assert.equal((await master.store.scan('assignments', { prefix: 'web/' })).items, []);
    assert.equal(master.warnings, []);
  } finally {
    release();
    agent.disconnect();
    await master.stop();
    discard(directory);
  }
});

test('what is refused, and revisions', async () => {
  const { master, end } = await cluster(1);
  const { cluster: hub } = master;
  const put = (
    given: Record<string, unknown>,
    options: { mode?: 'create' | 'put'; ifMatch?: string | null; scale?: boolean },
  ) =>
    hub.putApp(
      specOf(given),
      { scale: options.scale ?? false, start: false },
      { mode: options.mode ?? 'put', ifMatch: options.ifMatch ?? null, refetch: false },
      operator,
    );
  try {
    assert.is(await refusal(hub.app('web')), 'app-not-found');
    assert.is(await refusal(hub.scaleApp('web', 1, null, operator)), 'app-not-found');
    assert.is(await refusal(put({ name: 'web' }, { ifMatch: '7' })), 'version-conflict');
    const { app } = await put({ name: 'web', envs: { A: '1' } }, {});
    assert.is(await refusal(put({ name: 'web' }, { mode: 'create' })), 'app-exists');
    assert.is((await put({ name: 'web', envs: { A: '1' } }, {})).changed, false, 'the same again changes nothing');
    const second = await put({ name: 'web', envs: { A: '2' } }, { ifMatch: (await hub.app('web')).version });
    assert.is(second.app.revision, 2);
    assert.is(await refusal(put({ name: 'web', envs: { A: '3' } }, { ifMatch: app.version })), 'version-conflict');
    await hub.scaleApp('web', 2, null, operator);
    assert.is((await put({ name: 'web', envs: { A: '3' } }, {})).app.scale, 2, 'a scaled app stays scaled');
    assert.is((await put({ name: 'web', envs: { A: '3' } }, { scale: true })).app.scale, 1, 'unless scale is given');
    assert.is((await hub.app('web')).revision, 3);
    const back = await hub.rollback('web', 1, operator);
    assert.is(back.revision, 4);
    assert.equal(back.spec.envs, { A: '1' });
    assert.is(await refusal(hub.rollback('web', 9, operator)), 'revision-not-found');
    assert.equal(
      (await hub.revisions('web', { from: 0, size: 2 })).items.map(({ revision }) => revision),
      [4, 3],
    );
    const plan = await hub.planApp(specOf({ name: 'web', envs: { A: '5' } }), { scale: false, start: false });
    assert.equal(
      plan.changes.map(({ path, restarts }) => [path, restarts]),
      [['envs.A', true]],
    );
    assert.is((await hub.app('web')).revision, 4, 'a plan changes nothing');
    assert.is(await refusal(hub.instances('status:[', { from: 0, size: 1 })), 'invalid-query');
    assert.is(await refusal(hub.instance('nope')), 'instance-not-found');
    assert.is(await refusal(hub.node('nope')), 'node-not-found');
    assert.is(await refusal(hub.deleteNode('n1', operator)), 'node-in-use');
    await until(
      'audited',
      async () =>
        (await hub.events({ query: 'kind:app.rolledBack', after: 0, limit: 5, newestFirst: true })).items[0]?.detail[
          'by'
        ] === 'test',
    );
    const why = await hub.why('web');
    assert.ok(why.events.length > 0);
    assert.equal(master.warnings, []);
  } finally {
    await end();
  }
});

test('no node fits: the app waits and says why; a node that comes gets it', async () => {
  const { master, agents, end } = await cluster(1);
  try {
    await deploy(master.cluster, { name: 'web', placement: { query: 'tags:ssd' } });
    await until('it waits', async () => (await master.cluster.app('web')).status === 'waiting');
    assert.ok((await master.cluster.why('web')).waiting.length === 1);
    await master.cluster.setTags('n1', ['ssd'], operator);
    await until('it runs', () => agents[0]!.running.length === 1);
    await until('the app is running', async () => (await master.cluster.app('web')).status === 'running');
  } finally {
    await end();
  }
});

test('who watches hears of changes within 50 ms and a bit', async () => {
  const { master, end } = await cluster(1);
  try {
    const seen = { apps: new Set<string>(), instances: new Set<string>(), events: false };
    const stop = master.cluster.subscribe((change) => {
      for (const app of change.apps) seen.apps.add(app);
      for (const instance of change.instances) seen.instances.add(instance);
      seen.events ||= change.events;
    });
    await deploy(master.cluster, { name: 'web' });
    await until('heard', () => seen.apps.has('web') && seen.instances.size === 1 && seen.events);
    stop();
  } finally {
    await end();
  }
});

test.run();

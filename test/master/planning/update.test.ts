// A changed spec replaces its instances: start-first where it can, one batch at a time, each healthy before the next; a full
// restart window is answered by a move or by `stay`.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Revision } from '../../../src/model/app/app.ts';
import type { Doc } from '../../../src/store/store.ts';
import { deploy, discard, operator, specOf, testMaster } from '../../support/test-master.ts';
import type { TestMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { until } from '../../support/until.ts';

async function linked(
  nodes: number,
  behaviour?: SimAgent['options']['behaviour'],
): Promise<{ master: TestMaster; agents: SimAgent[]; all: () => SimAgent['running']; end: () => Promise<void> }> {
  const master = await testMaster({ placement: { moveDelayMs: 200, moveDelayLimitMs: 1_000 } });
  const agents = Array.from({ length: nodes }, (_, index) =>
    new SimAgent({ node: `n${index + 1}`, ...(behaviour ? { behaviour } : {}) }).connect(master.url),
  );
  await until('ready', async () => (await master.cluster.nodes('status:ready', { from: 0, size: 1 })).total === nodes);
  return {
    master,
    agents,
    all: () => agents.flatMap((agent) => agent.running),
    end: async () => {
      for (const agent of agents) agent.disconnect();
      await master.stop();
      discard(master.directory);
    },
  };
}

test('start-first, one at a time, never fewer healthy ones than wanted', async () => {
  const { master, all, end } = await linked(2);
  const app = { name: 'web', placement: { scale: 3 }, update: { minHealthySeconds: 0.2 } };
  try {
    await deploy(master.cluster, app);
    await until('three run', async () => (await master.cluster.app('web')).status === 'running');
    let fewest = Infinity;
    let most = 0;
    const watch = setInterval(() => {
      fewest = Math.min(fewest, all().length);
      most = Math.max(most, all().length);
    }, 5);
    await deploy(master.cluster, { ...app, envs: { A: '2' } });
    assert.is((await master.cluster.app('web')).status, 'deploying');
    await until('all are of revision 2', () => all().length === 3 && all().every(({ revision }) => revision === 2));
    clearInterval(watch);
    assert.is(fewest, 3);
    assert.is(most, 4, 'one more at a time');
    await until('it rests', async () => (await master.cluster.app('web')).status === 'running');
    assert.equal(
      (await master.cluster.slots('web')).map(({ slot }) => slot),
      [0, 1, 2],
      'the same slots',
    );
    assert.ok(
      (await master.cluster.slots('web')).every(({ a, b }) => (a === null) !== (b === null)),
      'each with one place',
    );
  } finally {
    await end();
  }
});

test('the new revision never becomes healthy: the old ones stay, and it says so', async () => {
  const { master, all, agents, end } = await linked(1, ({ revision }) => (revision === 2 ? 'starting' : 'running'));
  const app = { name: 'web', placement: { scale: 2 }, update: { minHealthySeconds: 0, progressDeadlineSeconds: 1 } };
  try {
    await deploy(master.cluster, app);
    await until('two run', async () => (await master.cluster.app('web')).status === 'running');
    await deploy(master.cluster, { ...app, envs: { A: '2' } });
    await until('the first replacement starts', () =>
      [...agents[0]!.instances.values()].some(({ revision }) => revision === 2),
    );
    await until(
      'it is late',
      async () =>
        (await master.cluster.events({ query: 'kind:app.updateLate', after: 0, limit: 1, newestFirst: true })).items
          .length === 1,
    );
    assert.is(all().filter(({ revision }) => revision === 1).length, 2, 'both old ones run');
    assert.is(
      [...agents[0]!.instances.values()].filter(({ revision }) => revision === 2).length,
      1,
      'one replacement, no more',
    );
    await master.cluster.rollback('web', 1, operator);
    await until('the replacement is withdrawn', () => agents[0]!.instances.size === 2);
    await until('it rests', async () => (await master.cluster.app('web')).status === 'running');
    assert.is(all().length, 2);
  } finally {
    await end();
  }
});

test('a change that needs no restart restarts nothing: the running instances take the new number', async () => {
  const { master, all, end } = await linked(1);
  const app = { name: 'web', placement: { scale: 2 } };
  try {
    await deploy(master.cluster, app);
    await until('two run', async () => (await master.cluster.app('web')).status === 'running');
    const before = all()
      .map(({ id }) => id)
      .sort();
    await deploy(master.cluster, { ...app, meta: { team: 'x' } });
    await until('they have the new number', () => all().every(({ revision }) => revision === 2));
    assert.equal(
      all()
        .map(({ id }) => id)
        .sort(),
      before,
    );
  } finally {
    await end();
  }
});

test('what an older hub kept without the fields of this one is restarted by no deploy of the same app', async () => {
  const { master, all, end } = await linked(1);
  let again: TestMaster | null = null;
  try {
    const app = { name: 'web', healthChecks: [{ protocol: 'TCP', port: 80 }] };
    await deploy(master.cluster, app);
    await until('it runs', () => all().length === 1);
    const { doc } = (await master.store.get<Revision>('revisions', 'web/00000001'))!;
    // Some have null where nothing is said, some something else, in a list, too.
    const { user, preStop, killMode, limits, healthChecks, ...rest } = doc.spec;
    assert.equal([user, preStop, killMode, limits.umask], [null, null, 'group', '022']);
    const { umask: _umask, ...olderLimits } = limits;
    const { role: _role, ...olderCheck } = healthChecks[0]!;
    const older = { ...rest, limits: olderLimits, healthChecks: [olderCheck] };
    const term = master.running.context.leadership.term;
    const kept = { ...doc, spec: older } as unknown as Doc;
    await master.store.write({ collection: 'revisions', key: 'web/00000001', doc: kept, expect: 'any', term });
    await master.stop();
    again = await testMaster({ directory: master.directory });
    assert.not(Object.hasOwn((await again.cluster.app('web')).spec, 'user'));
    assert.equal((await again.cluster.planApp(specOf(app), { scale: true, start: true })).changes, []);
    assert.is((await deploy(again.cluster, app)).app.revision, 1);
    const calm = await deploy(again.cluster, { ...app, meta: { of: 'us' } });
    assert.is(calm.app.revision, 2, 'another revision');
    const hashes = await Promise.all(
      [1, 2].map(async (n) => (await again!.store.get<Revision>('revisions', `web/0000000${n}`))!.doc.hash),
    );
    assert.is(hashes[0], hashes[1], 'of which nothing is restarted');
    assert.is((await deploy(again.cluster, { ...app, user: 'nobody' })).app.revision, 3);
  } finally {
    await again?.stop();
    await end();
  }
});

test('a full restart window: the slot moves to another node', async () => {
  const { master, agents, end } = await linked(2);
  try {
    await deploy(master.cluster, { name: 'web', update: { minHealthySeconds: 0 } });
    await until('it runs', () => agents.some((agent) => agent.running.length === 1));
    const from = agents.find((agent) => agent.running.length === 1)!;
    const to = agents.find((agent) => agent !== from)!;
    from.set(from.running[0]!.id, { status: 'restarting', pid: null, escalated: { launch: 4, deaths: 3 } });
    await until('it runs on the other node', () => to.running.length === 1);
    await until('nothing is left on the first', () => from.instances.size === 0);
    assert.is((await master.cluster.slots('web'))[0]?.moves?.count, 1);
    await until(
      'it is told',
      async () =>
        (await master.cluster.events({ query: 'kind:slot.moved', after: 0, limit: 1, newestFirst: true })).items
          .length === 1,
    );
  } finally {
    await end();
  }
});

test('a full restart window and no other node: it is told to stay', async () => {
  const { master, agents, end } = await linked(1);
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', () => agents[0]!.running.length === 1);
    const { id } = agents[0]!.running[0]!;
    agents[0]!.set(id, { status: 'restarting', pid: null, escalated: { launch: 4, deaths: 3 } });
    await until('stay', () => agents[0]!.assignments.get(id)?.onFull?.stay === 4);
    assert.is(agents[0]!.assignments.get(id)?.goal, 'run');
    await until('the app says so', async () => (await master.cluster.app('web')).status === 'degraded');
  } finally {
    await end();
  }
});

test.run();

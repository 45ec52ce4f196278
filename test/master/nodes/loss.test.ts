// Silence: suspect, lost, replaced, back again; amnesty after a start; the brake; what a returning node keeps.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../../src/master/clock.ts';
import { deploy, discard, operator, shortTimes, testMaster } from '../../support/test-master.ts';
import type { TestMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { until } from '../../support/until.ts';

const statusOf = async (master: TestMaster, node: string): Promise<string> => (await master.cluster.node(node)).status;
const ready = (master: TestMaster, count: number) =>
  until(
    `${count} nodes are ready`,
    async () => (await master.cluster.nodes('status:ready', { from: 0, size: 100 })).total === count,
  );
const notices = async (master: TestMaster): Promise<string[]> =>
  (await master.cluster.status()).notices.map(({ code }) => code);
async function ended(master: TestMaster, agents: SimAgent[]): Promise<void> {
  for (const agent of agents) agent.disconnect();
  await master.stop();
  discard(master.directory);
}

test('a node that vanishes is suspect, then lost; its slots run elsewhere; on return one instance a slot stays', async () => {
  const master = await testMaster({ times: { lostMs: 2_500 } });
  const one = new SimAgent({ node: 'n1' }).connect(master.url);
  await ready(master, 1);
  const agents = [one];
  try {
    await deploy(master.cluster, { name: 'web', placement: { scale: 2 } });
    await until('two run on the only node', () => one.running.length === 2);
    const two = new SimAgent({ node: 'n2' }).connect(master.url);
    agents.push(two);
    await ready(master, 2);
    const first = one.running.map(({ id }) => id);

    one.disconnect();
    await until('suspect', async () => (await statusOf(master, 'n1')) === 'suspect');
    assert.is(two.running.length, 0, 'a suspect node keeps its slots');
    await until('lost', async () => (await statusOf(master, 'n1')) === 'lost');
    await until('replaced', () => two.running.length === 2);
    assert.not((await notices(master)).includes('placement-frozen'));
    for (const id of first) {
      assert.is((await master.cluster.instance(id)).status, 'lost');
      assert.match((await master.cluster.instance(id)).reason?.code ?? '', 'node-lost');
    }
    assert.is((await master.cluster.node('n1')).reason?.code, 'lost');
    await until(
      'both are told',
      async () =>
        (await master.cluster.events({ query: 'kind:node.lost', after: 0, limit: 5, newestFirst: true })).items
          .length === 1,
    );

    one.connect(master.url);
    await until('the older ones are stopped', () => one.running.length === 0);
    await until('and forgotten', async () => (await master.cluster.instances('*', { from: 0, size: 10 })).total === 2);
    assert.is(two.running.length, 2);
    await until('no tombstone is left', async () => (await master.store.scan('tombstones')).items.length === 0);
    assert.is(await statusOf(master, 'n1'), 'ready');
    assert.ok(
      two.running.every(({ epoch }) => epoch > 2),
      'a later placement has a higher epoch',
    );
  } finally {
    await ended(master, agents);
  }
});

test('the replacement never became ready: the older one stays, the replacement is stopped', async () => {
  const master = await testMaster();
  const one = new SimAgent({ node: 'n1' }).connect(master.url);
  await ready(master, 1);
  const two = new SimAgent({ node: 'n2', behaviour: () => 'starting' });
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', () => one.running.length === 1);
    const [old] = one.running;
    two.connect(master.url);
    await ready(master, 2);
    one.disconnect();
    await until('the replacement starts', () =>
      [...two.instances.values()].some(({ status }) => status === 'starting'),
    );
    one.connect(master.url);
    await until('the replacement is withdrawn', () =>
      [...two.instances.values()].every(({ status }) => status === 'stopped'),
    );
    await until(
      'one instance is left',
      async () => (await master.cluster.instances('*', { from: 0, size: 10 })).total === 1,
    );
    assert.is(one.running[0]?.id, old!.id);
    assert.is((await master.cluster.instance(old!.id)).goal, 'run');
    await until('no tombstone is left', async () => (await master.store.scan('tombstones')).items.length === 0);
  } finally {
    await ended(master, [one, two]);
  }
});

test('onPartition wait: nothing is replaced', async () => {
  const master = await testMaster();
  const agents = ['n1', 'n2'].map((node) => new SimAgent({ node }).connect(master.url));
  try {
    await ready(master, 2);
    await deploy(master.cluster, { name: 'web', placement: { scale: 1, onPartition: 'wait' } });
    await until('it runs', () => agents.some((agent) => agent.running.length === 1));
    const holder = agents.find((agent) => agent.running.length === 1)!;
    const other = agents.find((agent) => agent !== holder)!;
    holder.disconnect();
    await until('lost', async () => (await statusOf(master, holder.options.node)) === 'lost');
    await until('the app says so', async () =>
      ['degraded', 'waiting'].includes((await master.cluster.app('web')).status),
    );
    assert.is(other.running.length, 0);
    holder.connect(master.url);
    await until('it is as before', async () => (await master.cluster.app('web')).status === 'running');
    assert.is(other.instances.size, 0);
  } finally {
    await ended(master, agents);
  }
});

test('after a start of the master nobody is lost before the amnesty is over', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  await ready(master, 1);
  await deploy(master.cluster, { name: 'web' });
  await until('it runs', () => agent.running.length === 1);
  agent.disconnect();
  await master.stop();
  const began = performance.now();
  const again = await testMaster({ directory: master.directory, times: { ...shortTimes, amnestyMs: 2_500 } });
  try {
    assert.is(await statusOf(again, 'n1'), 'joining');
    assert.is(
      (await again.cluster.instances('*', { from: 0, size: 10 })).items[0]?.id,
      agent.running[0]!.id,
      'the last known instance is shown',
    );
    await until('suspect', async () => (await statusOf(again, 'n1')) === 'suspect');
    await until('lost', async () => (await statusOf(again, 'n1')) === 'lost');
    assert.ok(performance.now() - began >= 2_400, `lost after ${performance.now() - began} ms`);
  } finally {
    await ended(again, [agent]);
  }
});

test('most nodes vanish at once: nothing is replaced for a while, and it says so', async () => {
  let ahead = 0;
  let slept = 0;
  const clock = { now: () => systemClock.now() + ahead, mono: () => systemClock.mono() + slept };
  const master = await testMaster({ clock, times: { brakeWindowMs: 60_000, brakeMs: 600_000 } });
  const agents = ['n1', 'n2', 'n3', 'n4', 'n5'].map((node) => new SimAgent({ node }).connect(master.url));
  try {
    await ready(master, 5);
    await deploy(master.cluster, { name: 'web', placement: { scale: 5 } });
    await until('spread', () => agents.every((agent) => agent.running.length === 1));
    for (const agent of agents.slice(0, 3)) agent.disconnect();
    await until(
      'three are lost',
      async () => (await master.cluster.nodes('status:lost', { from: 0, size: 10 })).total === 3,
    );
    assert.ok((await notices(master)).includes('placement-frozen'));
    await until(
      'said',
      async () =>
        (await master.cluster.events({ query: 'kind:placement.frozen', after: 0, limit: 1, newestFirst: true })).items
          .length === 1,
    );
    assert.is(
      agents.slice(3).reduce((sum, agent) => sum + agent.instances.size, 0),
      2,
      'nothing was replaced',
    );
    ahead = -3_600_000; // a clock that is set back prolongs it by nothing
    agents[0]!.connect(master.url);
    await until('one is back', async () => (await statusOf(master, 'n1')) === 'ready');
    slept = 600_001;
    await until(
      'the brake is off: the rest is replaced',
      () => [0, 3, 4].reduce((sum, index) => sum + agents[index]!.running.length, 0) === 5,
    );
    assert.is(agents[0]!.running.length >= 1, true, 'the one that came back kept its own');
  } finally {
    await ended(master, agents);
  }
});

test('a node that is lost and comes back again and again is one node, not most of them', async () => {
  const master = await testMaster({ times: { brakeWindowMs: 600_000 } });
  const agents = ['n1', 'n2', 'n3'].map((node) => new SimAgent({ node }).connect(master.url));
  try {
    await ready(master, 3);
    for (let round = 0; round < 3; round++) {
      agents[0]!.disconnect();
      await until('lost', async () => (await statusOf(master, 'n1')) === 'lost');
      agents[0]!.connect(master.url);
      await until('back', async () => (await statusOf(master, 'n1')) === 'ready');
    }
    const said = async () => {
      const query = 'kind:(placement.frozen OR node.lost)';
      const { items } = await master.cluster.events({ query, after: 0, limit: 9, newestFirst: true });
      return items.map(({ kind }) => kind);
    };
    await until('all three losses are stored', async () => (await said()).length >= 3);
    assert.equal(await said(), ['node.lost', 'node.lost', 'node.lost']);
    assert.not((await notices(master)).includes('placement-frozen'), 'no brake');
  } finally {
    await ended(master, agents);
  }
});

test('a drained node is empty after its replacements are healthy', async () => {
  const master = await testMaster();
  const agents = ['n1', 'n2'].map((node) => new SimAgent({ node }).connect(master.url));
  try {
    await ready(master, 2);
    await deploy(master.cluster, { name: 'web', placement: { scale: 4 }, update: { minHealthySeconds: 0 } });
    await until('two each', () => agents.every((agent) => agent.running.length === 2));
    await master.cluster.nodeAction('n1', 'drain', operator);
    await until('all on the other', () => agents[0]!.running.length === 0 && agents[1]!.running.length === 4);
    await until('nothing is left there', async () => (await master.cluster.node('n1')).allocated.instances === 0);
    await until('it is empty and stays closed', async () => (await statusOf(master, 'n1')) === 'cordoned');
  } finally {
    await ended(master, agents);
  }
});

test('an app is deleted while a lost node runs the rest of it: that is stopped when the node returns, and the name is free', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', () => agent.running.length === 1);
    agent.disconnect();
    const { view } = master.running.context;
    await until('its place is a tombstone', () => view.tombstones.size === 1);
    await master.cluster.deleteApp('web', operator);
    await until('it is gone', () => !view.apps.has('web'));
    assert.equal(
      [...view.tombstones.values()].map(({ doc }) => doc.assignment.goal),
      ['stop'],
    );
    await deploy(master.cluster, { name: 'web', placement: { scale: 0 } });
    agent.connect(master.url);
    await until('nothing of it runs', () => agent.running.length === 0);
    await until('no tombstone is left', async () => (await master.store.scan('tombstones')).items.length === 0);
  } finally {
    await ended(master, [agent]);
  }
});

test.run();

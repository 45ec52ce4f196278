// What survives a master: everything acknowledged. What an empty, restored or foreign store does to running work: nothing.
import { cpSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deploy, discard, operator, temporary, testMaster } from '../../support/test-master.ts';
import type { TestMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { until } from '../../support/until.ts';

const ready = (master: TestMaster, count: number) =>
  until(
    `${count} nodes are ready`,
    async () => (await master.cluster.nodes('status:ready', { from: 0, size: 100 })).total === count,
  );

test('a restarted master knows all it acknowledged; nothing is started or stopped', async () => {
  const master = await testMaster();
  const agents = ['n1', 'n2'].map((node) => new SimAgent({ node }).connect(master.url));
  await ready(master, 2);
  await deploy(master.cluster, { name: 'web', placement: { scale: 4 } });
  await deploy(master.cluster, { name: 'db', envs: { A: '1' } });
  await until('five run', () => agents.reduce((sum, agent) => sum + agent.running.length, 0) === 5);
  await master.cluster.setTags('n1', ['kept'], operator);
  await master.cluster.nodeAction('n2', 'cordon', operator);
  const before = agents.map((agent) => agent.running.map(({ id }) => id).sort());
  const term = master.running.context.leadership.term;
  const hub = master.running.context.leadership.hub;
  await master.stop();
  const again = await testMaster({ directory: master.directory });
  try {
    assert.is(again.running.context.leadership.hub, hub);
    assert.ok(again.running.context.leadership.term > term);
    assert.is(
      (await again.cluster.instances('*', { from: 0, size: 10 })).total,
      5,
      'last known instances are there before any agent is',
    );
    for (const agent of agents) agent.connect(again.url);
    await until(
      'both are back',
      async () =>
        await again.cluster.nodes('NOT status:joining', { from: 0, size: 10 }).then(({ total }) => total === 2),
    );
    await until(
      'the app runs',
      async () =>
        (await again.cluster.app('web')).status === 'running' && (await again.cluster.app('db')).status === 'running',
    );
    assert.equal(
      agents.map((agent) => agent.running.map(({ id }) => id).sort()),
      before,
      'the same instances',
    );
    assert.equal((await again.cluster.node('n1')).tags, ['kept']);
    assert.is((await again.cluster.node('n2')).status, 'cordoned');
    assert.equal((await again.cluster.app('db')).spec.envs, { A: '1' });
    await again.cluster.scaleApp('web', 5, null, operator);
    await until('it still places', () => agents[0]!.running.length + agents[1]!.running.length === 6);
    const epochs = agents.flatMap((agent) => agent.running.map(({ epoch }) => epoch));
    assert.is(new Set(epochs).size, 6, 'no epoch was given twice');
  } finally {
    for (const agent of agents) agent.disconnect();
    await again.stop();
    discard(again.directory);
  }
});

test('a master on an empty store stops nothing: what runs is unknown until it is stopped or adopted', async () => {
  const first = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(first.url);
  await ready(first, 1);
  await deploy(first.cluster, { name: 'web', placement: { scale: 2 } });
  await until('two run', () => agent.running.length === 2);
  agent.disconnect();
  await first.stop();
  discard(first.directory);

  const empty = await testMaster();
  const told = agent.frames.length;
  try {
    agent.connect(empty.url);
    await until('welcome', () => agent.welcomed);
    assert.is(agent.obeys, false, 'another hub: it obeys nothing');
    await until(
      'both are unknown',
      async () => (await empty.cluster.instances('status:unknown', { from: 0, size: 10 })).total === 2,
    );
    assert.ok((await empty.cluster.status()).notices.some(({ code }) => code === 'unknown-instances'));
    await deploy(empty.cluster, { name: 'web', placement: { scale: 2 } });
    await until('the same app waits: no node', async () => (await empty.cluster.app('web')).status === 'waiting');
    assert.is(agent.running.length, 2);
    assert.not.ok(agent.frames.slice(told).some(({ type }) => type === 'desired' || type === 'command'));
  } finally {
    agent.disconnect();
    await empty.stop();
    discard(empty.directory);
  }
});

test('a restored store: what it does not know runs on as unknown, is not started twice, and is adopted without a restart', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  await ready(master, 1);
  await deploy(master.cluster, { name: 'web' });
  await until('one runs', () => agent.running.length === 1);
  await master.stop();
  const backup = temporary();
  cpSync(master.directory, backup, { recursive: true });

  const later = await testMaster({ directory: master.directory });
  agent.connect(later.url);
  await until('it is back', () => agent.welcomed);
  await later.cluster.scaleApp('web', 2, null, operator);
  await deploy(later.cluster, { name: 'late' });
  await until('three run', () => agent.running.length === 3);
  agent.disconnect();
  await later.stop();
  discard(later.directory);

  const restored = await testMaster({ directory: backup });
  const ids = agent.running.map(({ id }) => id).sort();
  agent.options.command = (command) =>
    command.name === 'adopt'
      ? { spec: agent.spec(command.target.split('.')[0]!, 1), hash: '', view: agent.instances.get(command.target) }
      : undefined;
  try {
    agent.connect(restored.url);
    await until('welcome', () => agent.welcomed && agent.obeys);
    assert.ok(restored.running.context.leadership.term >= agent.term, 'its term is not below what the agent has seen');
    await until(
      'two are unknown',
      async () => (await restored.cluster.instances('status:unknown', { from: 0, size: 10 })).total === 2,
    );
    await restored.cluster.scaleApp('web', 2, null, operator);
    await until('the second slot waits', async () => (await restored.cluster.why('web')).waiting.length === 1);
    assert.match(
      (await restored.cluster.why('web')).waiting[0]!.reason,
      ids.find((id) => id.startsWith('web.1'))!,
    );
    assert.equal(agent.running.map(({ id }) => id).sort(), ids);

    for (const id of ids.filter((each) => !each.startsWith('web.0')))
      await restored.cluster.instanceAction(id, 'adopt', operator);
    await until(
      'all are known',
      async () => (await restored.cluster.instances('status:running', { from: 0, size: 10 })).total === 3,
    );
    await until(
      'both apps run',
      async () =>
        (await restored.cluster.app('web')).status === 'running' &&
        (await restored.cluster.app('late')).status === 'running',
    );
    assert.equal(agent.running.map(({ id }) => id).sort(), ids, 'without a restart');
    assert.ok(agent.running.every(({ goal }) => goal === 'run'));
    await until('they have epochs of this hub', () => new Set(agent.running.map(({ epoch }) => epoch)).size === 3);
  } finally {
    agent.disconnect();
    await restored.stop();
    discard(backup);
  }
});

test('an unknown instance is stopped by an operator, a known one is not', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' });
  agent.options.command = (command) => {
    if (command.name === 'stop') agent.set(command.target, null);
  };
  const stray = agent.stray('legacy', 0, 'local');
  try {
    agent.connect(master.url);
    await ready(master, 1);
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', () => agent.running.length === 2);
    assert.is(
      (await master.cluster.instance(stray.id)).status,
      'running',
      'an app of standalone times is shown as it is',
    );
    assert.is((await master.cluster.apps('*', { from: 0, size: 10 })).total, 1, 'and is no app of the hub');
    await master.cluster.instanceAction(stray.id, 'stop', operator);
    await until('it is gone', async () => (await master.cluster.instances('*', { from: 0, size: 10 })).total === 1);
    const known = agent.running[0]!.id;
    const code = await master.cluster.instanceAction(known, 'stop', operator).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
    assert.is(code, 'not-unknown');
    assert.is(
      await master.cluster.instanceAction(known, 'adopt', operator).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
      'not-unknown',
    );
    await master.cluster.instanceAction(known, 'restart', operator);
    assert.ok(
      agent.frames.some((frame) => frame.type === 'command' && frame.name === 'restart' && frame.target === known),
    );
    agent.disconnect();
    await until('away', async () => (await master.cluster.node('n1')).link === 'none');
    assert.is(
      await master.cluster.instanceAction(known, 'restart', operator).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
      'node-away',
    );
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

const rejects = (work: Promise<unknown>, message: RegExp): Promise<void> =>
  work.then(
    () => assert.unreachable('it was not refused'),
    (error: Error) => assert.match(error.message, message),
  );

test('a hub whose node was taken away says so, and has its own again by take-over, whatever the other had counted', async () => {
  const first = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(first.url);
  agent.options.command = ({ name, target }) =>
    name === 'adopt' ? { spec: agent.spec('w', 1), hash: '', view: agent.instances.get(target) } : undefined;
  await ready(first, 1);
  await deploy(first.cluster, { name: 'w', placement: { scale: 2 } });
  await until('two run', () => agent.running.length === 2);
  const pids = agent.running.map(({ pid }) => pid).sort();
  agent.disconnect(); // two lines at once would end each other
  await first.stop();

  const other = await testMaster();
  try {
    agent.connect(other.url);
    await until('it is of another hub', () => agent.welcomed && !agent.obeys);
    await other.cluster.nodeAction('n1', 'take-over', operator);
    await until('it obeys', () => agent.welcomed && agent.obeys);
    for (const { id } of agent.running) await other.cluster.instanceAction(id, 'adopt', operator);
    const { hub } = other.running.context.leadership;
    await until("both are the other hub's", () => agent.running.every(({ owner }) => owner === hub));
  } finally {
    agent.disconnect();
    await other.stop();
    discard(other.directory);
  }

  const again = await testMaster({ directory: first.directory });
  const { cluster } = again;
  try {
    agent.connect(again.url);
    await until('it is of another hub', () => agent.welcomed && !agent.obeys);
    const status = await cluster.status();
    assert.is(status.instances['unknown'], 2);
    assert.is(status.instances['running'], undefined);
    assert.equal(
      status.notices.map(({ code }) => code),
      ['nodes-of-another-hub'],
      'nothing is unassigned: these have their places here',
    );
    assert.match(status.notices[0]!.text, /belongs to another hub.*stathub take-over n1$/);
    assert.is((await cluster.node('n1')).reason!.code, 'other-hub');
    const scaled = await cluster.scaleApp('w', 1, null, operator);
    assert.equal([scaled.status, scaled.reason!.code, scaled.instances.healthy], ['degraded', 'other-hub', 0]);
    assert.is((await cluster.why('w')).reason!.next!.what, 'stathub take-over n1');
    const { id } = agent.running[0]!;
    assert.is((await cluster.instance(id)).reason!.code, 'other-hub');
    await rejects(cluster.instanceAction(id, 'adopt', operator), /another hub/);
    assert.is(agent.running.length, 2, 'and nothing happens to it');

    await cluster.nodeAction('n1', 'take-over', operator);
    await until('scaled', () => agent.running.length === 1);
    assert.ok(agent.refusals.length > 0, 'the other hub had counted further');
    const [left] = agent.running;
    await until('the rest is its own', () => agent.running[0]!.owner === again.running.context.leadership.hub);
    assert.ok(pids.includes(left!.pid), 'without a restart');
    await until('it runs', async () => (await cluster.app('w')).status === 'running');
    assert.equal((await cluster.status()).notices, []);
  } finally {
    agent.disconnect();
    await again.stop();
    discard(again.directory);
  }
});

test.run();

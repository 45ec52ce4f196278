// The link: hello and welcome, identity, both transports, malformed frames, two connections of one node.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { deploy, discard, operator, testMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { letPass, until } from '../../support/until.ts';

for (const transport of ['websocket', 'poll'] as const) {
  test(`a node joins by ${transport} and is ready`, async () => {
    const master = await testMaster();
    const agent = new SimAgent({ node: 'n1', transport }).connect(master.url);
    try {
      await until(
        'the node is ready',
        async () => (await master.cluster.nodes('*', { from: 0, size: 10 })).items[0]?.status === 'ready',
      );
      const node = await master.cluster.node('n1');
      assert.is(node.hostname, 'host-n1');
      assert.is(node.link, transport);
      assert.is((await master.cluster.node('host-n1')).id, 'n1', 'a node may be named by its host');
      await until('the agent knows its hub', () => agent.hub?.startsWith('hub-'));
      assert.ok(agent.term >= 1);
      await until('beats are answered', () => agent.frames.filter(({ type }) => type === 'beat.ack').length >= 2);
      await until(
        'the joining is told',
        async () =>
          (await master.cluster.events({ query: 'kind:node.joined', after: 0, limit: 10, newestFirst: false })).items
            .length === 1,
      );
      assert.equal(master.warnings, []);
    } finally {
      agent.disconnect();
      await master.stop();
      discard(master.directory);
    }
  });
}

test('the same id on another machine is refused for good, and told how to get an own one', async () => {
  const master = await testMaster();
  const first = new SimAgent({ node: 'n1', machine: 'm1' }).connect(master.url);
  const second = new SimAgent({ node: 'n1', machine: 'm2' });
  try {
    await until('the first is welcome', () => first.welcomed);
    second.connect(master.url);
    await until('the second is refused', () => second.refused);
    assert.is(second.refused?.code, 'node-id-in-use');
    assert.is(second.refused?.final, true);
    assert.match(second.refused?.hint ?? '', 'stathub agent');
    assert.ok(first.welcomed, 'the first stays');
  } finally {
    first.disconnect();
    second.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('a newer run of a node replaces the older connection; an older run does not', async () => {
  const master = await testMaster();
  const older = new SimAgent({ node: 'n1', run: 4 }).connect(master.url);
  const newer = new SimAgent({ node: 'n1', run: 5 });
  try {
    await until('the older is welcome', () => older.welcomed);
    newer.connect(master.url);
    await until('the newer is welcome', () => newer.welcomed);
    await until('the older is refused when it comes again', () => older.refused);
    assert.is(older.refused?.code, 'superseded');
    assert.ok(newer.welcomed);
    assert.is((await master.cluster.nodes('*', { from: 0, size: 10 })).total, 1);
  } finally {
    older.disconnect();
    newer.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('two connections of one run: the newer stays, nothing flaps', async () => {
  const master = await testMaster();
  const one = new SimAgent({ node: 'n1' }).connect(master.url);
  try {
    await until('welcome', () => one.welcomed);
    one.reconnects = false;
    const two = new SimAgent({ node: 'n1', transport: 'poll' }).connect(master.url);
    await until('the first line is ended', () => one.closedBecause);
    assert.match(one.closedBecause ?? '', 'replaced');
    await until('the second is in use', async () => (await master.cluster.node('n1')).link === 'poll');
    await until('and ready', async () => (await master.cluster.node('n1')).status === 'ready');
    two.disconnect();
  } finally {
    one.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('malformed bodies and frames are refused and said; the line and the master go on', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  const raw = new WebSocket(`${master.url.replace('http', 'ws')}/v1/link`);
  const opened = new Promise((resolve) => raw.once('open', resolve));
  try {
    await until('welcome', () => agent.welcomed);
    await opened;
    for (const body of ['', 'nonsense', '{"type":"hello"}', '[]', 'null', '{"type":"beat","sentMono":1,"load":null}'])
      raw.send(body);
    raw.send(Buffer.from([0x78, 0x9c, 1, 2, 3]));
    agent.send({ type: 'nonsense' } as never);
    agent.send({ type: 'observed', run: 1, seq: 'x', from: 0, changes: {} } as never);
    agent.send({ type: 'hello' } as never);
    agent.instances.set('x.0.aaaaaaaa', {
      id: 'x.0.aaaaaaaa',
      app: 'x',
      slot: 0,
      status: 'running',
      health: 'no list',
      ports: null,
    } as never);
    agent.report(['x.0.aaaaaaaa']);
    await until('what it said of an instance is there, in shape', async () =>
      (await master.cluster.instances('*', { from: 0, size: 10 })).items.some(
        ({ id, health }) => id === 'x.0.aaaaaaaa' && Array.isArray(health),
      ),
    );
    await until(
      'it is told',
      async () =>
        (await master.cluster.events({ query: 'kind:link.frameRefused', after: 0, limit: 10, newestFirst: false }))
          .items.length > 0,
    );
    assert.ok(agent.welcomed, 'the line is still there');
    for (const body of ['', '{', '{"session":null}', '{"session":null,"frames":[{"type":"hello"}]}']) {
      const answer = await fetch(`${master.url}/v1/link/n9/report`, { method: 'POST', body });
      if (body.includes('hello')) assert.equal(((await answer.json()) as { frames: unknown[] }).frames, []);
      else {
        assert.is(answer.status, 400);
        assert.ok(((await answer.json()) as { hint: string }).hint);
      }
    }
    const gone = await fetch(`${master.url}/v1/link/n1/frames?session=none&after=0&wait=0`);
    assert.is(gone.status, 410);
    assert.is((await master.cluster.nodes('*', { from: 0, size: 10 })).total, 1);
  } finally {
    raw.terminate();
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('an agent of another hub reports and obeys nothing, until it is taken over', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1', hub: 'hub-other' });
  const stray = agent.stray('web', 0, 'hub-other');
  try {
    agent.connect(master.url);
    await until('welcome', () => agent.welcomed);
    assert.is(agent.obeys, false);
    const node = await master.cluster.node('n1');
    assert.is(node.status, 'joining');
    assert.is(node.reason?.code, 'other-hub');
    await until('what it runs is known', async () => (await master.cluster.instance(stray.id)).status === 'unknown');
    assert.not.ok(
      agent.frames.some(({ type }) => type === 'desired'),
      'it is told nothing',
    );
    await master.cluster.nodeAction('n1', 'take-over', operator);
    await until('it obeys', () => agent.welcomed && agent.obeys);
    await until('ready', async () => (await master.cluster.node('n1')).status === 'ready');
    assert.is((await master.cluster.instance(stray.id)).status, 'unknown', 'its instance runs on, unknown');
    assert.is(agent.hub, master.running.context.leadership.hub);
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('an agent that has seen a higher term makes this master begin one above it; a higher epoch, draw above it', async () => {
  const master = await testMaster();
  const hub = master.running.context.leadership.hub;
  const agent = new SimAgent({ node: 'n1', hub, term: 40, epoch: 77_000 });
  try {
    agent.connect(master.url);
    await until('welcome', () => agent.welcomed);
    assert.ok(master.running.context.leadership.term > 40);
    await until('serving', () => master.cluster.notReady() === null);
    const second = new SimAgent({ node: 'n2', hub, term: 1, epoch: 99_000 }).connect(master.url);
    await until('welcome', () => second.welcomed);
    assert.ok((await master.store.draw('epoch', 1)) > 99_000);
    second.disconnect();
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('cordon, drain and tags are stored, pushed and shown', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1', facts: { tags: ['own'] } }).connect(master.url);
  try {
    await until('ready', async () => agent.welcomed && (await master.cluster.node('n1')).status === 'ready');
    assert.equal((await master.cluster.node('n1')).tags, ['own']);
    assert.is((await master.cluster.nodeAction('n1', 'cordon', operator)).status, 'cordoned');
    assert.is((await master.cluster.nodeAction('n1', 'drain', operator)).status, 'draining');
    assert.is((await master.cluster.nodeAction('n1', 'uncordon', operator)).status, 'ready');
    await master.cluster.setTags('n1', ['ssd', 'ssd', 'hpc'], operator);
    await master.cluster.setEnvs('n1', { ZONE: 'a' }, operator);
    await until('they are pushed', () =>
      agent.frames.some(
        (frame) => frame.type === 'desired' && frame.envs['ZONE'] === 'a' && frame.tags?.join() === 'ssd,hpc',
      ),
    );
    assert.is((await master.cluster.nodes('tags:hpc', { from: 0, size: 10 })).total, 1);
    assert.is((await master.cluster.nodes('tags:own', { from: 0, size: 10 })).total, 0);
    await until(
      'audited',
      async () =>
        (await master.cluster.events({ query: 'kind:node.tagged', after: 0, limit: 1, newestFirst: true })).items[0]
          ?.detail['by'] === 'test',
    );
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('what was held back from an agent that is behind goes out with whatever it acknowledges next', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  const told = (): number =>
    agent.frames.filter((frame) => frame.type === 'desired' && frame.assignments.length > 0).length;
  try {
    const link = await until('the node is linked', () =>
      agent.welcomed ? master.running.links.links.get('n1') : null,
    );
    await until('all is acknowledged', () => link.unacknowledged === 0);
    agent.deaf = true;
    let last = 0;
    for (let i = 0; i < 70; i += 1) last = link.send({ type: 'events.ack', generation: 'g', upTo: i });
    await deploy(master.cluster, { name: 'web' });
    await until('it is placed', async () => (await master.cluster.app('web')).instances.total === 1);
    await letPass(20);
    assert.is(told(), 0, 'the agent has enough to do');
    agent.deaf = false;
    agent.send({ type: 'ack', n: last });
    await until('it is told', () => told() === 1);
    assert.equal(master.warnings, []);
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test.run();

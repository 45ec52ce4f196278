// What travels: whole sets in parts, deltas, resync, commands and their answers, logs, events and figures, actors.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogChunk } from '../../../src/api/cluster.ts';
import type { Command, DesiredFrame } from '../../../src/protocol/link.ts';
import { encodeBody } from '../../../src/protocol/codec.ts';
import { maxPayload } from '../../../src/protocol/link.ts';
import type { InspectFrame } from '../../../src/protocol/live.ts';
import { deploy, discard, operator, testMaster } from '../../support/test-master.ts';
import type { TestMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { until } from '../../support/until.ts';

async function linked(
  options: Partial<ConstructorParameters<typeof SimAgent>[0]> = {},
): Promise<{ master: TestMaster; agent: SimAgent; end: () => Promise<void> }> {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1', ...options }).connect(master.url);
  await until('ready', async () => (await master.cluster.nodes('status:ready', { from: 0, size: 1 })).total === 1);
  return {
    master,
    agent,
    end: async () => {
      agent.disconnect();
      await master.stop();
      discard(master.directory);
    },
  };
}
const desiredOf = (agent: SimAgent): DesiredFrame[] =>
  agent.frames.filter((frame): frame is DesiredFrame => frame.type === 'desired');

test('a set of more than 1 MiB travels in parts, each small enough, and is applied when all are there', async () => {
  for (const transport of ['websocket', 'poll'] as const) {
    const { master, agent, end } = await linked({ transport });
    try {
      // Random text, so that deflating does not hide a part that is too large.
      const text = Array.from({ length: 40_000 }, () => Math.random().toString(36)[2] ?? '0').join('');
      for (let app = 0; app < 40; app += 1) await deploy(master.cluster, { name: `app-${app}`, envs: { TEXT: text } });
      await until('all run', () => agent.running.length === 40);
      agent.line?.close('the test breaks the line');
      const before = agent.frames.length;
      await until('back', () =>
        agent.frames
          .slice(before)
          .some((frame) => frame.type === 'desired' && frame.from === 0 && frame.part === frame.parts),
      );
      const parts = agent.frames.slice(before).filter((frame): frame is DesiredFrame => frame.type === 'desired');
      assert.ok(parts.length >= 3, `${parts.length} parts`);
      assert.equal(
        parts.map(({ part, parts: of, seq }) => `${part}/${of} ${seq}`),
        parts.map((_, index) => `${index + 1}/${parts.length} 1`),
      );
      for (const part of parts) assert.ok(encodeBody(part).length < maxPayload);
      assert.is(parts.flatMap(({ assignments }) => assignments).length, 40);
      assert.is(
        new Set(parts.flatMap(({ revisions }) => revisions.map(({ app }) => app))).size,
        40,
        'a spec travels once',
      );
      assert.is(agent.running.length, 40);
      assert.is((await master.cluster.instances('status:running', { from: 0, size: 100 })).total, 40);
    } finally {
      await end();
    }
  }
});

test('after the whole set come deltas that name only what changed; resync brings the whole again', async () => {
  const { master, agent, end } = await linked();
  try {
    await deploy(master.cluster, { name: 'web', placement: { scale: 3 } });
    await until('three run', () => agent.running.length === 3);
    await master.cluster.scaleApp('web', 4, null, operator);
    await until('four run', () => agent.running.length === 4);
    const delta = desiredOf(agent).at(-1)!;
    assert.is(delta.assignments.length, 1);
    assert.is(delta.revisions.length, 0, 'its spec is known');
    assert.is(delta.from, delta.seq - 1);
    agent.send({ type: 'resync' });
    await until('whole', () => desiredOf(agent).at(-1)?.from === 0 && desiredOf(agent).at(-1)!.seq > delta.seq);
    assert.is(desiredOf(agent).at(-1)!.assignments.length, 4);
    const numbers = agent.frames.flatMap((frame) => ('n' in frame ? [frame.n] : []));
    assert.equal(
      numbers,
      numbers.map((_, index) => index + 1),
      'numbered from 1, without a gap',
    );
    await master.cluster.scaleApp('web', 2, null, operator);
    await until('two run', () => agent.running.length === 2);
    await until('the gone are named', () => desiredOf(agent).flatMap(({ gone }) => gone).length === 2);
  } finally {
    await end();
  }
});

test('a report that does not follow the last one: the line begins again, nothing is lost', async () => {
  const { master, agent, end } = await linked();
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', async () => (await master.cluster.app('web')).status === 'running');
    const [instance] = agent.running;
    agent.send({ type: 'observed', run: agent.run, seq: 99, from: 98, changes: { [instance!.id]: null } });
    await until('the line is ended', () => agent.closedBecause);
    await until('and comes again', () => agent.welcomed);
    assert.is((await master.cluster.instance(instance!.id)).status, 'running');
    agent.send({ type: 'observed', run: agent.run - 1, seq: 7, from: 0, changes: {} });
    agent.set(instance!.id, { restarts: 3 });
    await until('a later report counts', async () => (await master.cluster.instance(instance!.id)).restarts === 3);
  } finally {
    await end();
  }
});

test('commands are answered, refused and expire; a broken line says so', async () => {
  let answer: (command: Command) => unknown = () => undefined;
  const { master, agent, end } = await linked({ command: (command) => answer(command) });
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', () => agent.running.length === 1);
    const { id } = agent.running[0]!;
    assert.is(await code(master.cluster.instanceAction(id, 'restart', operator)), 'done');
    answer = () => {
      throw Object.assign(new Error('it is gone'), { code: 'instance-not-found' });
    };
    assert.is(await code(master.cluster.instanceAction(id, 'kill', operator)), 'instance-not-found');
    answer = () => {
      throw Object.assign(new Error('?'), { code: 'no-such-code' });
    };
    assert.is(await code(master.cluster.instanceAction(id, 'kill', operator)), 'internal');
    answer = () => new Promise(() => {});
    const { commands } = master.running;
    assert.is(await code(commands.ask('n1', 'restart', id, {}, { expiresInMs: 50 })), 'expired');
    const cut = code(master.cluster.instanceAction(id, 'kill', operator));
    await until(
      'it has arrived',
      () => agent.frames.filter((frame) => frame.type === 'command' && frame.name === 'kill').length === 3,
    );
    agent.disconnect();
    assert.is(await cut, 'node-away');
  } finally {
    await end();
  }
});

test('logs are streamed in order and end with the answer, or when nobody reads any more', async () => {
  let cancelled = 0;
  const { master, agent, end } = await linked({
    command: async (command, chunk) => {
      if (command.name !== 'logs') return undefined;
      for (let line = 0; line < 5; line += 1)
        chunk({
          stream: line % 2 ? 'stderr' : 'stdout',
          cursor: line,
          bytes: Buffer.from(`line ${line}\n`).toString('base64'),
        });
      if (command.args['follow']) await new Promise(() => {});
      return undefined;
    },
  });
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', () => agent.running.length === 1);
    const { id } = agent.running[0]!;
    const request = {
      stream: 'both' as const,
      tail: 100,
      follow: false,
      since: null,
      until: null,
      grep: null,
      after: null,
    };
    const read: LogChunk[] = [];
    for await (const chunk of master.cluster.logs(id, request, new AbortController().signal)) read.push(chunk);
    assert.equal(
      read.map(({ bytes }) => Buffer.from(bytes).toString()),
      ['line 0\n', 'line 1\n', 'line 2\n', 'line 3\n', 'line 4\n'],
    );
    assert.equal(
      read.map(({ cursor }) => cursor),
      [0, 1, 2, 3, 4],
    );
    const abort = new AbortController();
    let followed = 0;
    for await (const _ of master.cluster.logs(id, { ...request, follow: true }, abort.signal)) {
      followed += 1;
      if (followed === 5) abort.abort();
    }
    await until('the agent is told to end it', () => {
      cancelled = agent.frames.filter((frame) => frame.type === 'command' && frame.name === 'cancel').length;
      return cancelled === 1;
    });
    agent.disconnect();
    await until('away', async () => (await master.cluster.node('n1')).link === 'none');
    const refused = await (async () => {
      for await (const _ of master.cluster.logs(id, request, new AbortController().signal)) void _;
    })().then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
    assert.is(refused, 'node-away');
  } finally {
    await end();
  }
});

test("an agent's events are taken up once each and acknowledged when they are durable", async () => {
  const { master, agent, end } = await linked();
  const event = (n: number) => ({
    n,
    event: {
      at: Date.now(),
      kind: 'instance.started',
      subject: { app: 'web', instance: `web.0.${n}`, node: 'forged' },
      message: `started ${n}`,
      loudness: 'quiet' as const,
      detail: {},
    },
  });
  const count = async () =>
    (await master.cluster.events({ query: 'kind:instance.started', after: 0, limit: 100, newestFirst: false })).items;
  const acked = () =>
    agent.frames.filter((frame) => frame.type === 'events.ack').map((frame) => (frame as { upTo: number }).upTo);
  try {
    agent.send({ type: 'events', generation: 'g1', events: [event(1), event(2)] });
    agent.send({ type: 'events', generation: 'g1', events: [event(1), event(2), event(3)] });
    await until('acknowledged', () => acked().join() === '2,3');
    assert.equal(
      (await count()).map(({ message }) => message),
      ['started 1', 'started 2', 'started 3'],
    );
    assert.ok(
      (await count()).every(({ subject }) => subject.node === 'n1'),
      'a node speaks for itself only',
    );
    agent.send({ type: 'events', generation: 'g2', events: [event(1)] });
    await until('a new generation begins at 1', () => acked().join() === '2,3,1');
    assert.is((await count()).length, 4);
    agent.send({
      type: 'events',
      generation: 'g2',
      events: [{ n: 2, event: { kind: 7, message: 'x'.repeat(100_000) } as never }],
    });
    agent.send({
      type: 'events',
      generation: 'g2',
      events: [
        {
          n: 2,
          event: { at: 'never', kind: 'odd.event', subject: null, message: 'x'.repeat(100_000), detail: [] } as never,
        },
      ],
    });
    await until('an odd one is taken in shape', () => acked().at(-1) === 2);
    const [odd] = (await master.cluster.events({ query: 'kind:odd.event', after: 0, limit: 1, newestFirst: true }))
      .items;
    assert.ok(odd!.message.length <= 4_000);
  } finally {
    await end();
  }
});

test('a crash between the append and its note makes no event twice', async () => {
  const first = await linked();
  const event = (n: number) => ({
    n,
    event: {
      at: Date.now(),
      kind: 'instance.started',
      subject: {},
      message: `started ${n}`,
      loudness: 'quiet' as const,
      detail: {},
    },
  });
  first.agent.send({ type: 'events', generation: 'g1', events: [event(1), event(2), event(3)] });
  await until('acknowledged', () => first.agent.frames.some(({ type }) => type === 'events.ack'));
  // What a kill -9 in between leaves: the entries without the note.
  await first.master.store.write({
    collection: 'spools',
    key: 'n1',
    doc: { generation: 'g0', upTo: 9 },
    expect: 'any',
  });
  first.agent.disconnect();
  await first.master.stop();
  const again = await testMaster({ directory: first.master.directory });
  try {
    first.agent.connect(again.url);
    await until('welcome', () => first.agent.welcomed);
    first.agent.send({ type: 'events', generation: 'g1', events: [event(1), event(2), event(3), event(4)] });
    await until('acknowledged', () =>
      first.agent.frames.some((frame) => frame.type === 'events.ack' && frame.upTo === 4),
    );
    assert.equal(
      (
        await again.cluster.events({ query: 'kind:instance.started', after: 0, limit: 100, newestFirst: false })
      ).items.map(({ message }) => message),
      ['started 1', 'started 2', 'started 3', 'started 4'],
    );
  } finally {
    first.agent.disconnect();
    await again.stop();
    discard(again.directory);
  }
});

test('figures of the node and its instances are kept; those of others are not taken', async () => {
  const { master, agent, end } = await linked();
  try {
    await deploy(master.cluster, { name: 'web' });
    await until('it runs', async () => (await master.cluster.app('web')).status === 'running');
    const { id } = agent.running[0]!;
    const minute = Math.floor(Date.now() / 60_000);
    agent.send({
      type: 'metrics',
      points: [
        { subject: 'node/n1', minute, values: { cpu: [0, 0.5, 1] } },
        { subject: `instance/${id}`, minute, values: { mem: [1, 2, 3] } },
        { subject: 'node/n2', minute, values: { cpu: [9, 9, 9] } },
      ],
    });
    await until(
      'kept',
      async () => (await master.cluster.nodeMetrics('n1', minute, minute))[0]?.values['cpu']?.[1] === 0.5,
    );
    await until(
      'kept',
      async () => (await master.cluster.usage(id, minute, minute)).points[0]?.values['mem']?.[2] === 3,
    );
    assert.is((await master.store.readPoints('node/n2', minute, minute)).length, 0);
  } finally {
    await end();
  }
});

test('who watches has the node measure more often, for as long as it lasts; samples are shown', async () => {
  const asked: { ids: string[] | null; forMs: number }[] = [];
  const { master, agent, end } = await linked({
    command: ({ name, target, args }) => {
      if (name === 'usage' && target === '*') asked.push(args as never);
    },
  });
  try {
    await deploy(master.cluster, { name: 'web', placement: { scale: 2 } });
    await until('they run', async () => (await master.cluster.app('web')).status === 'running');
    const [first, second] = agent.running.map(({ id }) => id).sort() as [string, string];
    const ends = [master.cluster.watchUsage({ kind: 'instance', of: first })];
    await until('that one', () => asked.at(-1)?.ids?.join() === first);
    ends.push(master.cluster.watchUsage({ kind: 'app', of: 'web' }));
    await until('both of the app', () => asked.at(-1)?.ids?.toSorted().join() === [first, second].join());
    ends.push(master.cluster.watchUsage({ kind: 'node', of: 'n1' }), master.cluster.watchUsage({ kind: 'cluster' }));
    await until('all of the node', () => asked.at(-1)?.ids === null);
    assert.ok(asked.every(({ forMs }) => forMs > 10_000 && forMs <= 60_000));
    const heard = new Set<string>();
    ends.push(
      master.cluster.subscribe((change) => {
        for (const id of change.usage) heard.add(id);
      }),
    );
    const row = [Date.now(), 0.25, 2048, 5, 1, 2, null, 7, 8, 0.5, null];
    agent.send({ type: 'usage', rows: { [first]: row, 'other.0.aaaaaaaa': row, [second]: [1] } });
    await until('heard of', () => heard.size > 0);
    assert.equal([...heard], [first], 'neither what is not its own nor what is no sample');
    const { usage } = await master.cluster.instance(first);
    assert.equal(
      [usage?.cpu, usage?.mem, usage?.threads, usage?.ioWrite, usage?.cpuShare, usage?.memShare],
      [0.25, 2048, 2, 8, 0.5, null],
    );
    for (const stop of ends) stop();
  } finally {
    await end();
  }
});

test('the first contents that an agent fetched are written into the revision and sent along from then on', async () => {
  const { master, agent, end } = await linked();
  try {
    await deploy(master.cluster, { name: 'web', uris: ['http://files.example/web.zip'] });
    await until('it runs', () => agent.running.length === 1);
    const uri = 'http://files.example/web.zip';
    const found = (sha256: string) =>
      agent.send({
        type: 'observed',
        run: agent.run,
        seq: 2_000,
        from: 0,
        changes: Object.fromEntries(agent.instances),
        contents: [
          { app: 'web', revision: 1, uri, sha256, size: 7 },
          { app: 'web', revision: 1, uri: 'http://other', sha256: 'x', size: 1 },
        ],
      });
    found('aaa');
    await until('sent along', () =>
      desiredOf(agent).some(({ revisions }) => revisions.some(({ contents }) => contents[uri]?.sha256 === 'aaa')),
    );
    found('bbb');
    await master.cluster.setEnvs('n1', { A: '1' }, operator);
    await until('later frames come', () => desiredOf(agent).some(({ envs }) => envs['A'] === '1'));
    const [revision] = (await master.cluster.revisions('web', { from: 0, size: 1 })).items;
    assert.equal(
      revision!.contents,
      { [uri]: { sha256: 'aaa', size: 7 } },
      'the first report counts, and only what the app names',
    );
  } finally {
    await end();
  }
});

test('a deploy of the same spec takes up new contents of its origins, and changes nothing where they are the same', async () => {
  let sha256 = 'aaa';
  const { master, agent, end } = await linked({
    command: (command) =>
      command.name === 'resolve' ? { contents: { 'http://files.example/web.zip': { sha256, size: 7 } } } : undefined,
  });
  const given = { name: 'web', uris: ['http://files.example/web.zip'], update: { minHealthySeconds: 0 } };
  const again = async () =>
    (
      await master.cluster.putApp(
        (await master.cluster.app('web')).spec,
        { scale: false, start: false },
        { mode: 'put', ifMatch: null, refetch: true },
        operator,
      )
    ).changed;
  try {
    await deploy(master.cluster, given);
    await until('it runs', () => agent.running.length === 1);
    const [{ id } = { id: '' }] = agent.running;
    assert.is(await again(), false, 'not fetched even once: the next fetch finds out');
    agent.report([], false, [{ app: 'web', revision: 1, uri: 'http://files.example/web.zip', sha256: 'aaa', size: 7 }]);
    await until(
      'known',
      async () =>
        (await master.cluster.revisions('web', { from: 0, size: 1 })).items[0]?.contents[
          'http://files.example/web.zip'
        ],
    );
    assert.is(await again(), false);
    sha256 = 'bbb';
    await until('what is given now is taken up', again); // a moment after the store, the master knows what was found
    const app = await master.cluster.app('web');
    assert.is(app.revision, 2);
    await until('it is replaced', () => agent.running.length === 1 && agent.running[0]!.id !== id);
    assert.is(await again(), false);
  } finally {
    await end();
  }
});

test('actors of master and agents are one tree; any can be watched and sent an event', async () => {
  const { master, agent, end } = await linked({
    command: async (command, chunk) => {
      if (command.name === 'actors')
        return [
          {
            id: 'agent',
            parent: null,
            machine: 'agent',
            label: 'agent',
            where: '?',
            state: 'serving',
            status: 'active',
            at: 1,
          },
          {
            id: 'instance:web.0.x',
            parent: 'supervisor:web#0',
            machine: 'instance',
            label: 'web.0',
            where: '?',
            state: 'running',
            status: 'active',
            at: 1,
          },
        ];
      if (command.name === 'inspect') {
        chunk({
          actor: command.target,
          machine: 'agent',
          seq: 1,
          at: 1,
          event: '',
          edges: [],
          state: ['serving'],
          context: {},
          source: null,
          status: 'active',
        });
        await new Promise(() => {});
      }
      return undefined;
    },
  });
  try {
    const actors = await master.cluster.actors();
    const named = (id: string) => actors.find((actor) => actor.id === id);
    assert.is(named('master')?.state, 'serving');
    assert.is(named('placement')?.parent, 'master');
    assert.is(named('node:n1')?.state, 'ready');
    assert.is(named('node:n1/agent')?.parent, 'node:n1');
    assert.is(named('instance:web.0.x')?.parent, 'node:n1/supervisor:web#0');
    assert.is(named('instance:web.0.x')?.where, 'n1');
    const frames: InspectFrame[] = [];
    const abort = new AbortController();
    const watching = [
      master.cluster.inspect('node:n1', (frame) => frames.push(frame), abort.signal),
      master.cluster.inspect('node:n1/agent', (frame) => frames.push(frame), abort.signal),
    ];
    await until(
      'both tell',
      () =>
        frames.some(({ actor, chart }) => actor === 'node:n1' && chart) &&
        frames.some(({ actor }) => actor === 'node:n1/agent'),
    );
    await master.cluster.nodeAction('n1', 'cordon', operator);
    await until('the step is seen', () =>
      frames.some(({ event, state }) => event === 'node.cordoned' && state[0] === 'cordoned'),
    );
    abort.abort();
    await Promise.all(watching);
    await master.cluster.sendToActor('node:n1/agent', { type: 'agent.drain' }, operator);
    assert.ok(agent.frames.some((frame) => frame.type === 'command' && frame.name === 'send'));
    assert.is(
      await master.cluster
        .inspect('node:none', () => {}, new AbortController().signal)
        .then(
          () => 'done',
          (error: { code: string }) => error.code,
        ),
      'not-found',
    );
  } finally {
    await end();
  }
});

test.run();

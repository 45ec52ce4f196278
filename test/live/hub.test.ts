// The live feed: snapshots, changes, many watchers, slow watchers, bad frames, and nothing at all while nobody watches.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { highWater, hopelessMs, type LiveSocket } from '../../src/live/client.ts';
import { LiveHub, type LiveConnection } from '../../src/live/hub.ts';
import { openHttp } from '../../src/live/serve.ts';
import type { ServerFrame } from '../../src/protocol/live.ts';
import { Refusal } from '../../src/model/errors.ts';
import { removeTemporary, sample } from '../support/api.ts';
import { SampleCluster, specOf } from '../support/sample-cluster.ts';
import { letPass, until } from '../support/until.ts';
import { watcher } from '../support/watcher.ts';

test.after(removeTemporary);

interface Fake {
  frames: ServerFrame[];
  socket: LiveSocket & { bufferedAmount: number };
  connection: LiveConnection;
  ended: string[];
  of<T extends ServerFrame['type']>(type: T, topic?: string): Extract<ServerFrame, { type: T }>[];
}

function join(hub: LiveHub, role: 'read' | 'admin' = 'admin'): Fake {
  const frames: ServerFrame[] = [];
  const ended: string[] = [];
  const socket = {
    bufferedAmount: 0,
    send: (text: string) => {
      frames.push(JSON.parse(text));
    },
    close: (code: number) => {
      ended.push(`closed ${code}`);
    },
    terminate: () => {
      ended.push('terminated');
    },
    ping: () => {},
  };
  const connection = hub.accept(socket, { name: 'x', role, from: 'here' })!;
  return {
    frames,
    socket,
    connection,
    ended,
    of: (type, topic) =>
      frames.filter((f) => f.type === type && (topic === undefined || ('topic' in f && f.topic === topic))) as never,
  };
}
const watch = (fake: Fake, topic: string, more = {}) =>
  fake.connection.message(JSON.stringify({ type: 'watch', topic, ...more }));

function setUp() {
  const cluster = new SampleCluster();
  cluster.addNode('n1');
  cluster.addApp(specOf('web'));
  cluster.addInstance('web.0.aaaaaaaa');
  const errors: unknown[] = [];
  const clock = { now: 1_000_000 };
  const hub = new LiveHub({ cluster, version: '0.1.0', onError: (error) => errors.push(error) });
  return { cluster, hub, errors, clock };
}

test('the overview is given whole, then only what changes', async () => {
  const { cluster, hub } = setUp();
  const a = join(hub);
  assert.equal(a.frames[0], {
    type: 'hello',
    version: '0.1.0',
    role: 'master',
    at: (a.frames[0] as { at: number }).at,
  });
  watch(a, 'cluster');
  const [snapshot] = await until('a snapshot', () => {
    const found = a.of('snapshot');
    return found.length ? found : null;
  });
  assert.equal(
    [snapshot!.apps!.length, snapshot!.nodes!.length, snapshot!.instances!.length, snapshot!.status!.apps],
    [1, 1, 1, 1],
  );

  cluster.addInstance('web.1.bbbbbbbb');
  cluster.instanceMap.delete('web.0.aaaaaaaa');
  cluster.changed({ instances: ['web.0.aaaaaaaa', 'web.1.bbbbbbbb'] });
  const [change] = await until('a change', () => {
    const found = a.of('change');
    return found.length ? found : null;
  });
  assert.equal(
    [change!.instances!['web.0.aaaaaaaa'], change!.instances!['web.1.bbbbbbbb']!.slot, change!.apps, change!.nodes],
    [null, 1, undefined, undefined],
  );
  cluster.appMap.delete('web');
  cluster.changed({ apps: ['web'] });
  await until('the app is gone', () => a.of('change').some((c) => c.apps?.['web'] === null && c.status?.apps === 0));
  a.connection.closed();
  assert.ok(hub.idle);
});

test('usage alone travels as rows, to those who watch its topic; watching it is asked for, and ended', async () => {
  const { cluster, hub } = setUp();
  cluster.addInstance('other.0.bbbbbbbb');
  const overview = join(hub);
  const page = join(hub);
  const other = join(hub);
  watch(overview, 'cluster');
  watch(page, 'instance:web.0.aaaaaaaa');
  watch(page, 'events');
  watch(other, 'app:other');
  await until(
    'all watch',
    () => overview.of('snapshot').length + page.of('snapshot').length + other.of('snapshot').length === 4,
  );
  assert.equal([...cluster.watchedUsage].map((of) => ('of' in of ? `${of.kind}:${of.of}` : of.kind)).sort(), [
    'app:other',
    'cluster',
    'instance:web.0.aaaaaaaa',
  ]);
  const usage = {
    at: 7,
    cpu: 0.5,
    mem: 1024,
    fds: 3,
    processes: 1,
    threads: 1,
    disk: null,
    ioRead: 0,
    ioWrite: 0,
    cpuShare: null,
    memShare: null,
  };
  cluster.addInstance('web.0.aaaaaaaa', { usage });
  cluster.changed({ usage: ['web.0.aaaaaaaa'] });
  const heard = (fake: Fake) => fake.of('change').flatMap((c) => Object.entries(c.usage ?? {}));
  await until('both heard', () => heard(overview).length === 1 && heard(page).length === 1);
  assert.equal(heard(page), [['web.0.aaaaaaaa', [7, 0.5, 1024, 3, 1, 1, null, 0, 0, null, null]]]);
  assert.ok(
    page.of('change').every((c) => !c.instances),
    'the rest of it is not sent again',
  );
  assert.equal(heard(other), []);
  for (const fake of [overview, page, other]) fake.connection.closed();
  assert.is(cluster.watchedUsage.size, 0);
});

test('a topic hears of its own only', async () => {
  const { cluster, hub } = setUp();
  cluster.addApp(specOf('web-2'));
  cluster.addApp(specOf('a.b'));
  cluster.addInstance('web-2.0.cccccccc', { node: 'n2' });
  cluster.addInstance('a.b.0.dddddddd', { node: 'n2' });
  cluster.addEvent('web did it', { subject: { app: 'web' } });
  cluster.addEvent('web-2 did it', { subject: { app: 'web-2' } });
  const a = join(hub);
  for (const topic of ['app:web', 'app:a.b', 'app:none', 'node:n1', 'instance:web.0.aaaaaaaa', 'events'])
    watch(a, topic);
  await until('all snapshots', () => a.of('snapshot').length === 6);
  const app = a.of('snapshot', 'app:web')[0]!;
  assert.equal(
    [app.apps!.map((x) => x.name), app.instances!.map((i) => i.id), app.events!.map((e) => e.message)],
    [['web'], ['web.0.aaaaaaaa'], ['web did it']],
  );
  assert.equal(
    a.of('snapshot', 'app:a.b')[0]!.instances!.map((i) => i.id),
    ['a.b.0.dddddddd'],
  );
  assert.equal([a.of('snapshot', 'app:none')[0]!.apps, a.of('snapshot', 'app:none')[0]!.instances], [[], []]);
  assert.equal(
    a.of('snapshot', 'node:n1')[0]!.instances!.map((i) => i.id),
    ['web.0.aaaaaaaa'],
  );
  assert.is(a.of('snapshot', 'events')[0]!.events!.length, 2);

  cluster.changed({ apps: ['web', 'web-2'], instances: ['web.0.aaaaaaaa', 'web-2.0.cccccccc', 'a.b.0.dddddddd'] });
  cluster.addEvent('again', { subject: { app: 'web', instance: 'web.0.aaaaaaaa' } });
  await until('the event came everywhere', () =>
    ['app:web', 'instance:web.0.aaaaaaaa', 'events'].every((t) =>
      a.of('change', t).some((c) => c.events?.some((e) => e.message === 'again')),
    ),
  );
  const seen = (topic: string) =>
    [
      ...new Set(
        a.of('change', topic).flatMap((c) => [...Object.keys(c.apps ?? {}), ...Object.keys(c.instances ?? {})]),
      ),
    ].sort();
  assert.equal(seen('app:web'), ['web', 'web.0.aaaaaaaa']);
  assert.equal(seen('app:a.b'), ['a.b.0.dddddddd']);
  assert.equal(seen('node:n1'), ['web.0.aaaaaaaa']);
  assert.equal(seen('instance:web.0.aaaaaaaa'), ['web.0.aaaaaaaa']);
  assert.equal(seen('events'), []);
  a.connection.closed();
});

test('a thousand changes in a second are at most some ten frames, and the newest state is in the last', async () => {
  const { cluster, hub } = setUp();
  const a = join(hub);
  watch(a, 'cluster');
  await until('a snapshot', () => a.of('snapshot').length);
  const began = Date.now();
  let i = 0;
  while (Date.now() - began < 1000 || i <= 100) {
    cluster.addInstance('web.0.aaaaaaaa', { restarts: ++i });
    cluster.changed({ instances: ['web.0.aaaaaaaa'] });
    await letPass(1);
  }
  await until('the last', () => a.of('change').at(-1)?.instances?.['web.0.aaaaaaaa']?.restarts === i);
  const frames = a.of('change').length;
  const most = (Date.now() - began) / 100 + 3;
  assert.ok(frames >= 3 && frames <= most, `${frames} frames for ${i} changes, at most ${most}`);
  a.connection.closed();
});

test('a change while a snapshot is being read is not lost', async () => {
  const { cluster, hub } = setUp();
  const read = cluster.instances.bind(cluster);
  let release = () => {};
  cluster.instances = async (query, page) => {
    const old = await read(query, page);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return old;
  };
  const a = join(hub);
  watch(a, 'cluster');
  await until('it is being read', () => cluster.listeners.size === 1);
  await letPass(20);
  cluster.addInstance('web.0.aaaaaaaa', { restarts: 7 });
  cluster.changed({ instances: ['web.0.aaaaaaaa'] });
  await letPass(150);
  assert.is(a.of('snapshot').length + a.of('change').length, 0);
  release();
  await until('the change follows', () => a.of('change')[0]?.instances?.['web.0.aaaaaaaa']?.restarts === 7);
  assert.ok(a.frames.findIndex((f) => f.type === 'snapshot') < a.frames.findIndex((f) => f.type === 'change'));
  a.connection.closed();
});

test('nothing runs while nobody watches', async () => {
  const { cluster, hub } = setUp();
  assert.ok(hub.idle);
  const a = join(hub);
  const b = join(hub);
  assert.is(cluster.listeners.size, 0, 'a connection alone needs nothing');
  watch(a, 'cluster');
  watch(b, 'app:web');
  watch(b, 'actors');
  await until('snapshots', () => a.of('snapshot').length + b.of('snapshot').length === 3);
  assert.is(cluster.listeners.size, 1, 'one subscription for all');
  a.connection.message(JSON.stringify({ type: 'unwatch', topic: 'cluster' }));
  a.connection.closed();
  assert.is(cluster.listeners.size, 1);
  b.connection.closed();
  b.connection.closed();
  assert.equal([cluster.listeners.size, hub.size, hub.idle], [0, 0, true]);
  cluster.changed({ apps: ['web'] });
  await letPass(150);
  assert.equal([a.of('change').length, b.of('change').length], [0, 0]);
});

test('frames that cannot be read are answered, and too many end the connection', async () => {
  const { hub } = setUp();
  const a = join(hub);
  for (const bad of [
    '',
    'x',
    '[]',
    '{"type":"watch"}',
    '{"type":"watch","topic":5}',
    JSON.stringify({ type: 'watch', topic: 'x'.repeat(5000) }),
    new Uint8Array(3).buffer,
  ])
    a.connection.message(bad);
  assert.is(a.of('problem').filter((p) => p.code === 'invalid-request').length, 7);
  a.connection.message(JSON.stringify({ type: 'watch', topic: 'nonsense' }));
  assert.equal(a.of('problem').at(-1), {
    type: 'problem',
    topic: 'nonsense',
    code: 'not-found',
    detail: a.of('problem').at(-1)!.detail,
  });
  for (let i = 0; i < 13; i++) a.connection.message('x');
  assert.equal(a.ended, ['closed 1008']);
  a.connection.message(JSON.stringify({ type: 'ping' }));
  assert.is(a.of('pong').length, 1);
  const b = join(hub);
  for (let i = 0; i < 70; i++) watch(b, `app:a${i}`);
  assert.is(b.of('problem').filter((p) => p.code === 'too-many').length, 6);
  a.connection.closed();
  b.connection.closed();
  assert.ok(hub.idle);
});

test('a failing cluster is told to the watcher, tells no secret, and the feed goes on', async () => {
  const { cluster, hub, errors } = setUp();
  const good = cluster.status.bind(cluster);
  cluster.status = () => Promise.reject(new Error('hunter2'));
  const a = join(hub);
  watch(a, 'cluster');
  const [problem] = await until('a problem', () => {
    const found = a.of('problem');
    return found.length ? found : null;
  });
  assert.equal([problem!.topic, problem!.code, errors.length], ['cluster', 'internal', 1]);
  assert.not.match(JSON.stringify(a.frames), /hunter2/);
  cluster.status = () => Promise.reject(new Refusal('starting', 'the store is being read'));
  cluster.changed({ apps: ['web'] });
  await until('the reason', () => errors.length > 1 || a.of('problem').some((p) => p.code === 'starting'));
  cluster.status = good;
  cluster.changed({ apps: ['web'] });
  await until('a snapshot after all', () => a.of('snapshot').length);
  a.connection.closed();
});

test('a slow reader gets nothing more until it caught up, and then the whole state', async () => {
  const { cluster, hub } = setUp();
  const slow = join(hub);
  const quick = join(hub);
  for (const fake of [slow, quick]) watch(fake, 'cluster');
  await until('snapshots', () => slow.of('snapshot').length && quick.of('snapshot').length);
  slow.socket.bufferedAmount = highWater + 1;
  for (let i = 1; i <= 5; i++) {
    cluster.addInstance('web.0.aaaaaaaa', { restarts: i });
    cluster.changed({ instances: ['web.0.aaaaaaaa'] });
    await until(`change ${i}`, () => quick.of('change').at(-1)?.instances?.['web.0.aaaaaaaa']?.restarts === i);
  }
  assert.is(slow.of('change').length, 0);
  slow.socket.bufferedAmount = 0;
  const [, snapshot] = await until('a second snapshot', () => {
    const found = slow.of('snapshot');
    return found.length === 2 ? found : null;
  });
  assert.is(snapshot!.instances![0]!.restarts, 5);
  assert.is(slow.of('change').length, 0);
  for (const fake of [slow, quick]) fake.connection.closed();
});

test('who takes nothing for half a minute, or answers no ping, is let go', async () => {
  const { cluster } = setUp();
  const clock = { now: 1_000_000 };
  const hub = new LiveHub({ cluster, version: '0', now: () => clock.now });
  const stuck = join(hub);
  const mute = join(hub);
  const fine = join(hub);
  const slow = join(hub);
  const pass = () => {
    for (const fake of [stuck, fine, slow]) fake.connection.heard();
    hub.sweep();
    clock.now += hopelessMs / 2;
  };
  stuck.socket.bufferedAmount = slow.socket.bufferedAmount = 1e6;
  pass();
  assert.equal([stuck.ended, mute.ended], [[], []]);
  slow.socket.bufferedAmount = 9e5; // takes a little
  pass();
  slow.socket.bufferedAmount = 8e5;
  assert.equal(mute.ended, ['terminated']);
  pass();
  slow.socket.bufferedAmount = 7e5;
  pass();
  assert.equal([stuck.ended, fine.ended, slow.ended, hub.size], [['terminated'], [], [], 2]);
  for (const fake of [fine, slow]) fake.connection.closed();
  assert.ok(hub.idle);
});

test('output comes as text in few frames; a character cut in two stays whole', async () => {
  const { cluster, hub } = setUp();
  const bytes = new TextEncoder().encode('grüße 你好\n');
  cluster.output = async function* (request, signal) {
    assert.equal([request.follow, request.tail, request.stream], [true, 10, 'both']);
    let cursor = 0;
    for (const byte of bytes) yield { stream: 'stdout' as const, cursor: ++cursor, bytes: Uint8Array.of(byte) };
    yield { stream: 'stderr' as const, cursor: 1, bytes: Uint8Array.of(0xff) };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  const a = join(hub);
  watch(a, 'logs:web.0.aaaaaaaa', { tail: 10 });
  await until('the output', () => a.of('log').some((f) => f.stream === 'stderr'));
  assert.equal(
    a
      .of('log')
      .filter((f) => f.stream === 'stdout')
      .map((f) => f.text)
      .join(''),
    'grüße 你好\n',
  );
  assert.is(
    a
      .of('log')
      .filter((f) => f.stream === 'stdout')
      .at(-1)!.cursor,
    bytes.length,
  );
  assert.is(a.of('log').at(-1)!.text, '\uFFFD');
  assert.ok(a.of('log').length <= 4, `${a.of('log').length} frames`);
  assert.not(hub.idle);
  a.connection.closed();
  await until('the log is let go', () => hub.idle);
});

test('a log that ends or is refused says so', async () => {
  const { cluster, hub } = setUp();
  const a = join(hub);
  watch(a, 'logs:web.0.aaaaaaaa');
  await until('the end', () =>
    a.of('problem').some((p) => p.code === 'log-ended' && p.topic === 'logs:web.0.aaaaaaaa'),
  );
  cluster.output = () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Refusal('instance-not-found', 'it is not there')),
    }),
  });
  watch(a, 'logs:web.0.aaaaaaaa');
  await until('the refusal', () => a.of('problem').some((p) => p.code === 'instance-not-found'));
  watch(a, 'inspect:nobody');
  await until('no such actor', () =>
    a.of('problem').some((p) => p.code === 'not-found' && p.topic === 'inspect:nobody'),
  );
  a.connection.closed();
  await until('nothing is left', () => hub.idle);
});

test('a log whose node goes away says so once, and goes on where it was when the node is back', async () => {
  const { cluster, hub } = setUp();
  const all = Buffer.from('first line\ngrüße\nlast line\n');
  const cut = all.indexOf(0xbc); // within a character
  const asked: unknown[] = [];
  let away = false;
  cluster.output = async function* (request, signal) {
    asked.push(request.after);
    const from = request.after?.stdout ?? 0;
    if (away) throw new Refusal('node-away', 'Node n1 is not connected now');
    yield { stream: 'stderr' as const, cursor: 7, bytes: new Uint8Array() };
    yield { stream: 'stdout' as const, cursor: from === 0 ? cut : all.length, bytes: all.subarray(from, from || cut) };
    if (from === 0) yield { stream: 'stdout' as const, cursor: cut, bytes: new Uint8Array() };
    if (from > 0) {
      yield { stream: 'stdout' as const, cursor: all.length, bytes: all.subarray(from) };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    away = true;
    throw new Refusal('node-away', 'Node n1 is not connected now');
  };
  const a = join(hub);
  watch(a, 'logs:web.0.aaaaaaaa');
  await until('it is asked for again while the node is away', () => asked.length > 2);
  away = false;
  const text = () =>
    a
      .of('log')
      .map((f) => f.text)
      .join('');
  await until('all of it', () => text().endsWith('last line\n'));
  assert.is(text(), 'first line\ngrüße\nlast line\n');
  assert.equal(asked[0], null);
  assert.equal(asked.at(-1), { stdout: cut, stderr: 7 });
  assert.equal(
    a.of('problem').map((p) => p.code),
    ['node-away', 'log-back'],
  );
  assert.match(a.of('problem')[0]!.detail, /^Node n1 is not connected now\. It goes on where it was/);
  a.connection.closed();
  await until('it is let go', () => hub.idle);
});

test('a flood of output reaches a slow reader as its newest lines, and memory stays bounded', async () => {
  const { cluster, hub } = setUp();
  let written = 0;
  let restarts = 0;
  cluster.output = async function* (request, signal) {
    if (request.tail === 200 && written > 0) restarts++;
    const chunk = new Uint8Array(32 * 1024).fill(120);
    while (!signal.aborted) {
      written += chunk.length;
      yield { stream: 'stdout' as const, cursor: written, bytes: chunk };
      await new Promise(setImmediate);
    }
  };
  const a = join(hub);
  watch(a, 'logs:web.0.aaaaaaaa', { tail: 5 });
  await until('it flows', () => a.of('log').length > 2);
  a.socket.bufferedAmount = highWater + 1;
  await letPass(300);
  const atRest = written;
  await letPass(500);
  assert.ok(written - atRest < 64 * 1024, 'nothing more is read while the reader is full');
  await until(
    'it skips to the newest lines',
    () => restarts > 0 && a.of('problem').some((p) => p.code === 'log-skipped'),
  );
  a.socket.bufferedAmount = 0;
  const before = a.of('log').length;
  await until('it flows again', () => a.of('log').length > before);
  a.connection.closed();
  await until('the log is let go', () => hub.idle);
});

test('steps of an actor: the chart survives a slow reader, the newest step wins', async () => {
  const { cluster, hub } = setUp();
  cluster.actorList = [
    {
      id: 'master',
      parent: null,
      machine: 'master',
      label: 'master',
      where: 'master',
      state: 'serving',
      status: 'active',
      at: 1,
    },
  ];
  const a = join(hub);
  watch(a, 'actors');
  watch(a, 'inspect:master');
  await until('watched', () => cluster.inspecting.has('master') && a.of('snapshot', 'actors').length);
  const frame = (seq: number, more = {}) => ({
    actor: 'master',
    machine: 'master',
    seq,
    at: 1,
    event: 'x',
    edges: [],
    state: ['serving'],
    context: {},
    source: null,
    status: 'active' as const,
    ...more,
  });
  a.socket.bufferedAmount = highWater + 1;
  const tell = cluster.inspecting.get('master')!;
  tell(frame(0, { chart: { id: 'master', states: [], edges: [] } }));
  for (let seq = 1; seq <= 20; seq++) tell(frame(seq));
  assert.is(a.of('inspect').length, 0);
  a.socket.bufferedAmount = 0;
  await until('the newest', () => a.of('inspect').length);
  assert.equal(
    [a.of('inspect').length, a.of('inspect')[0]!.frame.seq, a.of('inspect')[0]!.frame.chart?.id],
    [1, 20, 'master'],
  );
  cluster.actorList = [{ ...cluster.actorList[0]!, state: 'stopping' }];
  await until('the tree changes', () =>
    a.of('change', 'actors').some((c) => c.actors!['master']!.state === 'stopping'),
  );
  a.connection.closed();
  assert.equal([cluster.inspecting.size, hub.idle], [0, true]);
});

test('a real reader that stops reading does not grow the hub', async () => {
  const made = sample();
  for (let i = 0; i < 1500; i++)
    made.cluster.addInstance(`web.${i}.aaaaaaaa`, { reason: { code: 'x', text: 'y'.repeat(300), next: null } });
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  const reader = await watcher(port.address);
  reader.watch('cluster');
  await reader.next('snapshot', 'cluster');
  (reader.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  const ids = [...made.cluster.instanceMap.keys()];
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 30; i++) {
    made.cluster.changed({ instances: ids });
    await letPass(110);
  }
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
  // 30 changes of 1 MB each; the socket's own buffers take some, the hub keeps none.
  assert.ok(grown < 80, `grew by ${grown.toFixed(0)} MiB`);
  (reader.socket as unknown as { _socket: { resume(): void } })._socket.resume();
  const frames = reader.frames.length;
  await until('it gets the whole anew', () => reader.frames.slice(frames).some((f) => f.type === 'snapshot'));
  assert.ok(reader.frames.length < 20, `${reader.frames.length} frames for 30 changes`);
  reader.socket.close();
  await port.close();
});

test('more events at once than one frame takes come in the next, though nothing else happens', async () => {
  const { cluster, hub } = setUp();
  const a = join(hub);
  cluster.addEvent('first');
  watch(a, 'events');
  await until('a snapshot', () => a.of('snapshot', 'events').length > 0);
  const first = cluster.log.at(-1)!;
  for (let n = 0; n < 5_600; n += 1) cluster.log.push({ ...first, seq: first.seq + 1 + n, message: `event ${n}` });
  cluster.changed({ events: true });
  const told = (): string[] =>
    a
      .of('change', 'events')
      .flatMap((frame) => frame.events ?? [])
      .map(({ message }) => message);
  await until('all are told', () => told().at(-1) === 'event 5599');
  assert.is(told().length, 5_600);
  a.connection.closed();
  assert.ok(hub.idle);
});

test.run();

// Where new instances go, and why not.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { place } from '../../src/placement/place.ts';
import { isMade, isSettled } from '../../src/placement/snapshot.ts';
import { Simulation } from './simulation.ts';

const three = (wish = {}): Simulation => {
  const simulation = new Simulation();
  for (const id of ['n1', 'n2', 'n3']) simulation.node(id, wish);
  return simulation;
};

test('1 -> 5 -> 2 over three nodes of one machine is balanced at every step', () => {
  const simulation = three({ hostname: 'same' });
  simulation.deploy({ name: 'web', placement: { scale: 1 } });
  simulation.settle();
  assert.equal(simulation.perNode('web'), { n1: 1 });
  const [first] = simulation.held('web');
  simulation.change('web', { scale: 5 });
  simulation.settle();
  assert.equal(simulation.perNode('web'), { n1: 2, n2: 2, n3: 1 });
  simulation.change('web', { scale: 2 });
  const plan = simulation.step();
  assert.is(plan.changes.length, 3);
  const youngest =
    /5 there, 2 wanted: this one stops because \S+ has the most of them, 2, and it is the youngest there/;
  const evenly = /because no node has more than one/;
  for (const { what, reason } of plan.changes) {
    assert.is(what, 'stop');
    assert.ok(youngest.test(reason) || evenly.test(reason), reason);
  }
  simulation.settle();
  assert.equal(Object.values(simulation.perNode('web')), [1, 1]);
  assert.ok(
    simulation.held('web').some(({ id }) => id === first!.id),
    'the oldest stays',
  );
});

test('growing one at a time is balanced too', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 0 } });
  for (let scale = 1; scale <= 9; scale += 1) {
    simulation.change('web', { scale });
    simulation.settle();
    const counts = Object.values(simulation.perNode('web'));
    assert.ok(
      Math.max(...counts) - Math.min(...['n1', 'n2', 'n3'].map((id) => simulation.perNode('web')[id] ?? 0)) <= 1,
      `${scale}: ${counts.join(' ')}`,
    );
  }
});

test('many apps of one instance are spread over the nodes', () => {
  const simulation = three();
  for (let i = 0; i < 9; i += 1) simulation.deploy({ name: `app-${i}` });
  simulation.settle();
  const total: Record<string, number> = {};
  for (let i = 0; i < 9; i += 1)
    for (const [node, n] of Object.entries(simulation.perNode(`app-${i}`))) total[node] = (total[node] ?? 0) + n;
  assert.equal(total, { n1: 3, n2: 3, n3: 3 });
});

test('slots take the lowest free numbers, ids and epochs come from the committer', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 3 } });
  const plan = simulation.plan();
  assert.equal(
    plan.changes.map(({ slot, a, b, what }) => ({ slot, place: a?.place, b, what })),
    [0, 1, 2].map((slot) => ({ slot, place: 'a', b: null, what: 'place' })),
  );
  assert.not.ok('id' in plan.changes[0]!.a!);
  assert.match(plan.changes[0]!.a!.because, /^best of 3 matching nodes: none of web there before/);
});

test('only nodes that match, take work, and have room are used', () => {
  const simulation = new Simulation();
  simulation.node('n1', { tags: ['ssd'] });
  simulation.node('n2', { tags: ['ssd'], status: 'cordoned' });
  simulation.node('n3');
  simulation.node('n4', { tags: ['ssd'], mem: 2 * 1024 ** 3 });
  simulation.deploy({ name: 'db', placement: { scale: 5, query: 'tags:ssd' }, resAlloc: { mem: '4GB' } });
  const plan = simulation.step();
  assert.equal(simulation.perNode('db'), { n1: 4 });
  assert.is(plan.waiting.length, 1);
  assert.is(
    plan.waiting[0]!.reason,
    '3 of 4 nodes match `tags:ssd`, none has 4 GiB of memory left; nearest: host-n4 lacks 2 GiB of memory',
  );
});

test('waiting says what is missing, and who misses it least', () => {
  const simulation = new Simulation();
  const reason = (app: Record<string, unknown>): string => {
    simulation.deploy({ name: 'x', ...app });
    const { waiting } = simulation.plan();
    return waiting[0]?.reason ?? 'placed';
  };
  assert.is(reason({}), 'there is no node yet');
  simulation.node('n1', { tags: ['ssd'], hostname: 'db-1' });
  simulation.node('n2', { hostname: 'db-2', mem: 1.8 * 1024 ** 3 });
  assert.is(reason({ placement: { query: 'tags:gpu' } }), 'none of 2 nodes matches `tags:gpu`');
  assert.is(
    reason({ placement: { query: 'tags:ssd AND os.cpus:>100' } }),
    'none of 2 nodes matches `tags:ssd AND os.cpus:>100`; nearest: db-1 does not match `os.cpus:>100`',
  );
  assert.is(
    reason({ resAlloc: { mem: '2GB' }, placement: { query: 'hostname:db-2' } }),
    '1 of 2 nodes matches `hostname:db-2`, none has 2 GiB of memory left; nearest: db-2 lacks 205 MiB of memory',
  );
  assert.is(reason({ resAlloc: { cpus: 9 } }), 'none of 2 nodes has 9 cores left; nearest: db-1 lacks 1 core');
  assert.is(
    reason({ placement: { scale: 3, maxPerNode: 1 } }),
    'none of 2 nodes has fewer than 1 of x; nearest: db-1 already has 1 of x',
  );
  simulation.deploy({ name: 'x', ports: [8080], placement: { scale: 2 } });
  simulation.settle();
  simulation.deploy({ name: 'y', ports: [8080] });
  assert.is(
    simulation.plan().waiting.find((w) => w.app === 'y')!.reason,
    'none of 2 nodes has port 8080 free; nearest: db-1 has port 8080 taken',
  );
  simulation.setStatus('n1', 'cordoned');
  simulation.setStatus('n2', 'suspect');
  simulation.deploy({ name: 'z' });
  assert.is(
    simulation.plan().waiting.find((w) => w.app === 'z')!.reason,
    'none of 2 nodes takes work: db-1 is cordoned, db-2 is suspect',
  );
});

test('stopped and deleted apps stop everything; nothing is placed for them', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 3 } });
  simulation.settle();
  simulation.change('web', { start: false });
  const plan = simulation.step();
  assert.ok(plan.changes.every(({ reason }) => reason === 'the app is stopped'));
  simulation.settle();
  assert.is(simulation.held('web').length, 0);
  simulation.change('web', { start: true, restartedAt: simulation.now });
  simulation.settle();
  assert.is(simulation.held('web', 'run').length, 3);
  simulation.change('web', { deleting: true, start: false });
  simulation.settle();
  assert.not.ok(simulation.apps.has('web'), 'the app is gone with its last slot');
});

test('a scale taken back while instances stop is filled beside them', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 4 } });
  simulation.settle();
  simulation.change('web', { scale: 1 });
  simulation.step();
  simulation.change('web', { scale: 4 });
  simulation.step();
  assert.is(simulation.held('web', 'run').length, 4);
  assert.is(simulation.held('web', 'stop').length, 3);
  assert.equal([...simulation.apps.get('web')!.slots.keys()].sort(), [0, 1, 2, 3]);
});

test('what is surplus goes least useful first: unhealthy, on a cordoned node, on the crowded node, the youngest', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 6 } });
  simulation.settle();
  const at = (node: string): string[] =>
    simulation
      .held('web', 'run')
      .filter((h) => h.node === node)
      .map(({ id }) => id);
  const sick = at('n1')[0]!;
  const cordoned = at('n2')[0]!;
  simulation.set(sick, { status: 'running', healthySince: null });
  simulation.setStatus('n2', 'cordoned');
  simulation.change('web', { scale: 5 });
  assert.equal(stopping(simulation), [sick]);
  simulation.change('web', { scale: 4 });
  assert.equal(stopping(simulation).length, 1);
  assert.ok(at('n2').length === 1 && stoppedAt(simulation, 'n2').length === 1, `${cordoned} or its neighbour`);
  simulation.change('web', { scale: 3 });
  simulation.step();
  assert.equal(simulation.perNode('web'), { n1: 1, n3: 2 });
  simulation.change('web', { scale: 2 });
  simulation.step();
  assert.equal(simulation.perNode('web'), { n1: 1, n3: 1 });
  simulation.finishStops();

  function stopping(s: Simulation): string[] {
    return s
      .step()
      .changes.flatMap(({ a, b }) => [a, b])
      .filter((h) => h !== null)
      .filter((h) => h.goal === 'stop' && isMade(h))
      .map((h) => (isMade(h) ? h.id : ''));
  }
  function stoppedAt(s: Simulation, node: string): string[] {
    return s
      .held('web', 'stop')
      .filter((h) => h.node === node)
      .map(({ id }) => id);
  }
});

test('of equals the youngest goes', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 2 } });
  simulation.settle();
  simulation.change('web', { scale: 3 });
  simulation.settle();
  const young = simulation.held('web').reduce((x, y) => (x.at > y.at ? x : y));
  simulation.change('web', { scale: 2 });
  simulation.step();
  assert.equal(
    simulation.held('web', 'stop').map(({ id }) => id),
    [young.id],
  );
});

test('on equally crowded nodes the youngest goes, whatever its slot', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 3 } });
  simulation.settle();
  const { slots } = simulation.apps.get('web')!;
  const first = slots.get(0)!;
  slots.set(0, { ...first, a: { ...first.a!, at: simulation.now } });
  simulation.change('web', { scale: 2 });
  simulation.step();
  assert.equal(
    simulation.held('web', 'stop').map(({ id }) => id),
    [first.a!.id],
  );
});

test('a system app runs once on every matching node, and follows the nodes', () => {
  const simulation = three();
  simulation.setStatus('n3', 'cordoned');
  simulation.deploy({ name: 'agentd', type: 'system', placement: { query: 'NOT tags:db' } });
  simulation.settle();
  assert.equal(simulation.perNode('agentd'), { n1: 1, n2: 1 });
  simulation.node('n4');
  simulation.node('n5', { tags: ['db'] });
  simulation.settle();
  assert.equal(simulation.perNode('agentd'), { n1: 1, n2: 1, n4: 1 });
  simulation.setStatus('n1', 'draining');
  simulation.setStatus('n2', 'cordoned');
  simulation.settle();
  assert.equal(simulation.perNode('agentd'), { n2: 1, n4: 1 }, 'a drained node is left, a cordoned one is not');
  simulation.setStatus('n4', 'lost');
  assert.ok(isSettled(simulation.plan()), 'it is started nowhere else, and waits for its node');
  simulation.setStatus('n4', 'ready');
  simulation.deploy({ name: 'agentd', type: 'system', args: ['2'], placement: { query: 'NOT tags:db' } });
  simulation.settle();
  assert.equal(simulation.perNode('agentd'), { n2: 1, n4: 1 });
  assert.ok(
    simulation.held('agentd').every(({ revision, node }) => revision === 2 || node === 'n2'),
    'updated in its place; a cordoned node takes no new one',
  );
});

test('an unknown instance blocks its slot, and only that', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', placement: { scale: 2 } });
  simulation.apps.get('web')!.held.set(4, 'web.4.abcdefgh');
  const plan = simulation.step();
  assert.equal(plan.waiting, [
    {
      app: 'web',
      slot: 4,
      code: 'unknown-instance',
      reason: 'web.4.abcdefgh of this slot runs, and the hub does not know why: adopt or stop it',
    },
  ]);
  assert.equal(
    simulation.held('web').map(({ slot }) => slot),
    [0],
  );
  simulation.apps.get('web')!.held.clear();
  simulation.settle();
  assert.equal(
    simulation.held('web').map(({ slot }) => slot),
    [0, 1],
  );
});

test('dependencies hold the first start, and nothing later', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', dependsOn: [{ app: 'db' }] });
  assert.is(simulation.plan().waiting[0]!.reason, 'it depends on db, which does not exist');
  simulation.deploy({ name: 'db', placement: { scale: 2 } });
  simulation.step();
  assert.is(simulation.plan().waiting[0]!.reason, 'it depends on db being healthy, and 0 of 2 are');
  simulation.becomeHealthy();
  simulation.step();
  assert.is(simulation.held('web').length, 1);
  simulation.becomeHealthy();
  simulation.set(simulation.held('db')[0]!.id, { healthySince: null });
  simulation.setStatus(simulation.held('web')[0]!.node, 'lost');
  const [moved] = simulation.step().changes.filter(({ app }) => app === 'web');
  assert.ok(moved?.b && !('id' in moved.b), 'what ran before is replaced in any case');
});

test('a slot that ran before is filled again whatever becomes of its dependencies', () => {
  const simulation = three();
  simulation.deploy({ name: 'web', dependsOn: [{ app: 'db' }] });
  simulation.apps.get('web')!.slots.set(0, {
    app: 'web',
    slot: 0,
    a: null,
    b: null,
    term: 1,
    moves: { count: 1, lastAt: simulation.now, from: 'n1' },
  });
  simulation.step();
  assert.equal(
    simulation.held('web').map(({ node }) => node),
    ['n2'],
    'and not where it failed',
  );
});

test('with and notWith, whichever of the two says so', () => {
  const simulation = three();
  simulation.deploy({ name: 'cache', placement: { scale: 1, maxPerNode: 1 } });
  simulation.deploy({ name: 'web', placement: { scale: 2, with: ['cache'] } });
  simulation.deploy({ name: 'noisy', placement: { scale: 2, notWith: ['cache'] } });
  simulation.settle();
  const [home] = simulation.held('cache');
  assert.equal(Object.keys(simulation.perNode('web')), [home!.node]);
  assert.not.ok(Object.keys(simulation.perNode('noisy')).includes(home!.node));
  simulation.change('cache', { scale: 3 });
  const plan = simulation.settle();
  assert.is(simulation.held('cache').length, 1);
  assert.match(
    plan.waiting[0]!.reason,
    /^none of 3 nodes has fewer than 1 of cache and is without noisy; nearest: host-n1 already has 1 of cache$/,
  );
});

test('prefer is worth as many instances of crowding as its boost says', () => {
  const simulation = three();
  simulation.node('n3', { tags: ['ssd'] });
  simulation.deploy({ name: 'web', placement: { scale: 6, prefer: ['tags:ssd^3'] } });
  const plan = simulation.step();
  assert.equal(simulation.perNode('web'), { n1: 1, n2: 1, n3: 4 });
  const [first] = plan.decisions;
  assert.is(first!.node, 'n3');
  assert.equal(first!.scores[0], { node: 'n3', score: 3, parts: { spread: 0, load: 0, prefer: 3 } });
});

test('a spread key may be a tag of the form key=value; racks are filled evenly', () => {
  const simulation = new Simulation();
  for (const [id, rack] of [
    ['n1', 'a'],
    ['n2', 'a'],
    ['n3', 'a'],
    ['n4', 'b'],
  ] as const)
    simulation.node(id, { tags: [`rack=${rack}`] });
  simulation.deploy({ name: 'web', placement: { scale: 4, spread: ['rack', 'id'] } });
  simulation.step();
  const racks = simulation
    .held('web')
    .map(({ node }) => (node === 'n4' ? 'b' : 'a'))
    .sort()
    .join('');
  assert.is(racks, 'aaab', 'one more beside another costs as much as one more in the rack');
  simulation.deploy({ name: 'only-racks', placement: { scale: 4, spread: ['rack'] } });
  simulation.step();
  assert.equal(simulation.perNode('only-racks').n4, 2);
});

test('bin-pack fills nodes one after the other', () => {
  const simulation = three();
  simulation.settings = { ...simulation.settings, algorithm: 'binpack' };
  for (let i = 0; i < 6; i += 1) simulation.deploy({ name: `app-${i}`, resAlloc: { mem: '4GB' } });
  simulation.step();
  const total: Record<string, number> = {};
  for (let i = 0; i < 6; i += 1)
    for (const [node, n] of Object.entries(simulation.perNode(`app-${i}`))) total[node] = (total[node] ?? 0) + n;
  assert.equal(Object.values(total).sort(), [2, 4]);
});

test('what runs beside the hub counts against a node', () => {
  const simulation = three();
  const snapshot = {
    ...simulation.snapshot(),
    otherUse: new Map([
      ['n1', { cpus: 0, mem: 15 * 1024 ** 3, disk: 0, ports: [] }],
      ['n2', { cpus: 0, mem: 0, disk: 0, ports: [8080] }],
    ]),
  };
  simulation.deploy({ name: 'web', ports: [8080], resAlloc: { mem: '2GB' } });
  const plan = place({ ...snapshot, apps: simulation.snapshot().apps });
  assert.is(plan.changes[0]!.a!.node, 'n3');
});

test('cron apps are kept and say that they do not run yet', () => {
  const simulation = three();
  simulation.deploy({ name: 'nightly', type: 'cron', schedule: { cron: '0 3 * * *' } });
  const plan = simulation.plan();
  assert.is(plan.changes.length, 0);
  assert.is(plan.waiting[0]!.code, 'cron');
});

test('a batch that did its work is not started again, whatever becomes of its node', () => {
  const simulation = three();
  simulation.deploy({ name: 'job', type: 'batch', resAlloc: { mem: '16GB' } });
  simulation.settle();
  const [job] = simulation.held('job');
  simulation.set(job!.id, { status: 'stopped', healthySince: null });
  assert.ok(isSettled(simulation.plan()));
  simulation.deploy({ name: 'other', resAlloc: { mem: '16GB' }, placement: { scale: 3 } });
  simulation.settle();
  assert.equal(simulation.perNode('other'), { n1: 1, n2: 1, n3: 1 }, 'it holds nothing any more');
  simulation.setStatus(job!.node, 'lost');
  simulation.settle();
  assert.equal(
    simulation.held('job').map(({ id }) => id),
    [job!.id],
  );
});

test.run();

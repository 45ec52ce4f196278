// Updates, restarts, moves and drains: what is there is replaced, and never before it may be.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSettled } from '../../../src/placement/snapshot.ts';
import type { Plan } from '../../../src/placement/snapshot.ts';
import { Simulation } from '../simulation.ts';

const begin = (nodes = 3): Simulation => {
  const simulation = new Simulation();
  for (let n = 1; n <= nodes; n += 1) simulation.node(`n${n}`);
  return simulation;
};
const web = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'web',
  placement: { scale: 3 },
  ...more,
});
const what = (plan: Plan): string[] => plan.changes.map((c) => `${c.slot} ${c.what}`);
/** Revisions that are not leaving, by slot. */
const revisions = (s: Simulation): number[] => s.held('web', 'run').map(({ revision }) => revision);

test('start-first: one more, healthy for minHealthySeconds, then the old one stops, then the next', () => {
  const s = begin();
  s.deploy(web());
  s.settle();
  s.deploy(web({ args: ['2'] }));
  let plan = s.step();
  assert.equal(what(plan), ['0 replace']);
  assert.match(plan.changes[0]!.reason, /^web\.0\.\w+ is of revision 1, revision 2 is in force, to host-/);
  assert.is(s.held('web', 'leave').length, 1);
  assert.is(s.held('web').length, 4);
  assert.ok(isSettled(s.plan()), 'it waits');
  s.becomeHealthy();
  plan = s.plan();
  assert.ok(isSettled(plan));
  assert.is(plan.wakeAt, s.now + 10_000);
  s.now += 10_000;
  assert.equal(what(s.step()), ['0 stop']);
  s.finishStops();
  assert.equal(what(s.step()), ['1 replace']);
  s.settle();
  assert.equal(revisions(s), [2, 2, 2]);
  assert.is(s.held('web').length, 3);
});

test('on one node, start-first puts the new one into the other place of the slot', () => {
  const s = begin(1);
  s.deploy(web({ placement: { scale: 1 } }));
  s.settle();
  s.deploy(web({ placement: { scale: 1 }, args: ['2'] }));
  s.step();
  assert.equal(
    s.held('web').map(({ place, goal, node }) => `${place} ${goal} ${node}`),
    ['a leave n1', 'b run n1'],
  );
  s.settle();
  assert.equal(
    s.held('web').map(({ place, goal }) => `${place} ${goal}`),
    ['b run'],
  );
});

test('a fixed port, no room for one more, or a shared directory with other files: stop-first', () => {
  const cases: [string, Record<string, unknown>, Record<string, unknown>, string][] = [
    ['a fixed port', { ports: [8080] }, { ports: [8080], args: ['2'] }, 'stop'],
    ['no room', { resAlloc: { mem: '9GB' } }, { resAlloc: { mem: '9GB' }, args: ['2'] }, 'stop'],
    [
      'other files',
      { workingDirectory: '/srv/web', uris: ['http://x/a.zip'] },
      { workingDirectory: '/srv/web', uris: ['http://x/b.zip'] },
      'stop',
    ],
    [
      'same directory, no files',
      { workingDirectory: '/srv/web' },
      { workingDirectory: '/srv/web', args: ['2'] },
      'leave',
    ],
    ['asked for', {}, { args: ['2'], update: { order: 'stop-first' } }, 'stop'],
  ];
  for (const [name, before, after, goal] of cases) {
    const s = begin(1);
    s.deploy(web({ placement: { scale: 1 }, ...before }));
    s.settle();
    s.deploy(web({ placement: { scale: 1 }, ...after }));
    s.step();
    assert.equal(
      s
        .held('web')
        .filter((h) => h.revision === 1)
        .map((h) => h.goal),
      [goal],
      name,
    );
    assert.is(s.held('web', 'run').length, goal === 'stop' ? 0 : 1, name);
    assert.ok(s.plan().changes.length === 0, `${name}: it waits`);
    s.settle();
    assert.equal(
      s.held('web').map(({ revision }) => revision),
      [2],
      name,
    );
  }
});

test('explicit start-first waits for room instead of stopping first', () => {
  const s = begin(1);
  s.deploy(web({ placement: { scale: 1 }, resAlloc: { mem: '9GB' } }));
  s.settle();
  s.deploy(web({ placement: { scale: 1 }, resAlloc: { mem: '9GB' }, args: ['2'], update: { order: 'start-first' } }));
  const plan = s.step();
  assert.equal(revisions(s), [1]);
  assert.match(
    plan.waiting[0]!.reason,
    /^its replacement has no room beside it: none of 1 node has 9 GiB of memory left; nearest: host-n1 lacks 2 GiB of memory$/,
  );
  s.node('n2');
  s.settle();
  assert.equal(revisions(s), [2]);
});

test('stop-first ends nothing on a node whose disk has no room for what is to come', () => {
  const s = begin(1);
  s.deploy(web({ placement: { scale: 1 } }));
  s.settle();
  const healthy = s.nodes.get('n1')!;
  const trouble = { code: 'disk-full', text: 'Nothing can be started there because its disk is full', since: 1 };
  const load = { at: 1, load: [0, 0, 0], cpu: 0, memUsed: 0, diskUsed: 0, netIn: 0, netOut: 0, trouble };
  s.nodes.set('n1', { ...healthy, load: load as never });
  s.deploy(web({ placement: { scale: 1 }, args: ['2'], update: { order: 'stop-first' } }));
  const plan = s.step();
  assert.equal(revisions(s), [1], 'what runs stays');
  assert.match(
    plan.waiting[0]!.reason,
    /even after it stopped: .*Nothing can be started there because its disk is full/,
  );
  s.nodes.set('n1', healthy);
  s.settle();
  assert.equal(revisions(s), [2], 'it goes on when there is room');
});

test('stop-first takes no more than maxUnavailable, and nothing that would find no node after it', () => {
  const s = begin();
  s.deploy(web({ ports: [8080] }));
  s.settle();
  s.deploy(web({ ports: [8080], args: ['2'] }));
  s.step();
  assert.is(s.held('web', 'stop').length, 1);
  s.finishStops();
  s.step();
  assert.is(s.held('web', 'run').length, 3);
  assert.is(s.step().changes.length, 0, 'not before the new one stands');
  s.deploy(web({ ports: [8080], args: ['3'], resAlloc: { mem: '99GB' } }));
  s.becomeHealthy();
  s.now += 11_000;
  const plan = s.step();
  assert.is(plan.changes.length, 0);
  assert.match(plan.waiting[0]!.reason, /would find no node even after it stopped: none of 3 nodes has 99 GiB/);
  s.deploy(web({ ports: [8080], args: ['4'], update: { maxUnavailable: 2 } }));
  s.settle();
  assert.equal(revisions(s), [4, 4, 4]);
});

test('while one has room beside it, none is stopped for want of room', () => {
  const s = begin(1);
  const two = { placement: { scale: 2 }, resAlloc: { mem: '5GB' }, update: { maxSurge: 2 } };
  s.deploy(web(two));
  s.settle();
  s.deploy(web({ ...two, args: ['2'] }));
  s.step();
  assert.equal(
    s.held('web').map(({ slot, goal }) => `${slot} ${goal}`),
    ['0 leave', '0 run', '1 run'],
  );
  s.settle();
  assert.equal(revisions(s), [2, 2]);
});

test('a bad revision stays within its batch, the old ones go on; it is late after its progress deadline', () => {
  const s = begin();
  s.deploy(web());
  s.settle();
  s.deploy(web({ args: ['bad'], update: { progressDeadlineSeconds: 60 } }));
  s.step();
  const bad = s.held('web', 'run').find(({ revision }) => revision === 2)!;
  s.set(bad.id, { status: 'restarting', escalated: { launch: 4, deaths: 4 } });
  const plan = s.step();
  assert.match(
    plan.changes[0]!.reason,
    /ended 4 times and goes on in place on host-n\d: the other place of its slot is in use/,
  );
  assert.equal(s.held('web', 'run').find(({ id }) => id === bad.id)!.onFull, { stay: 4 });
  assert.equal(plan.late, []);
  s.now += 61_000;
  assert.is(s.plan().late.length, 1);
  assert.ok(isSettled(s.plan()));
  assert.is(s.held('web').filter(({ revision, goal }) => revision === 1 && goal !== 'stop').length, 3);
  s.deploy(web());
  s.step();
  assert.is(s.held('web', 'leave').length, 0, 'back to revision 1: the replacement is withdrawn, the old one stays');
  assert.equal(
    s.held('web', 'stop').map(({ id }) => id),
    [bad.id],
  );
  s.settle();
  assert.equal(
    s.held('web').map(({ revision }) => revision),
    [3, 3, 3],
    'and takes the new number without a restart',
  );
  assert.equal(
    s.held('web').map(({ epoch }) => epoch),
    [1, 2, 3],
  );
});

test('a third instance is never started: a newer revision waits until the withdrawn one is gone', () => {
  const s = begin();
  s.deploy(web({ placement: { scale: 1 } }));
  s.settle();
  s.deploy(web({ placement: { scale: 1 }, args: ['2'] }));
  s.step();
  s.deploy(web({ placement: { scale: 1 }, args: ['3'] }));
  let plan = s.step();
  assert.match(plan.changes[0]!.reason, /is withdrawn: another revision is in force/);
  assert.equal(
    s
      .held('web')
      .map(({ revision, goal }) => `${revision} ${goal}`)
      .sort(),
    ['1 run', '2 stop'],
  );
  plan = s.step();
  assert.is(plan.changes.length, 0);
  s.finishStops();
  s.step();
  assert.equal(
    s
      .held('web')
      .map(({ revision, goal }) => `${revision} ${goal}`)
      .sort(),
    ['1 leave', '3 run'],
  );
});

test('where nothing works, a repair does not wait for itself', () => {
  const s = begin();
  s.deploy(web({ args: ['bad'] }));
  s.step();
  s.deploy(web({ args: ['good'] }));
  s.step();
  assert.equal(revisions(s), [2, 2, 2]);
  s.settle();
  assert.is(s.held('web').length, 3);
});

test('changes that need no restart restart nothing', () => {
  const s = begin();
  s.deploy(web());
  s.settle();
  const ids = s.held('web').map(({ id }) => id);
  s.deploy(web({ meta: { team: 'x' }, routes: ['a.example.com'], placement: { scale: 3, query: 'hostname:*' } }));
  const plan = s.step();
  assert.ok(plan.changes.every((c) => c.what === 'keep' && c.reason === 'revision 2 needs no restart'));
  assert.equal(
    s.held('web').map(({ id, revision }) => `${id} ${revision}`),
    ids.map((id) => `${id} 2`),
  );
});

test('a restart of an app is a rollout of the healthy ones; what is not healthy starts again where it is', () => {
  const s = begin();
  s.deploy(web());
  s.settle();
  const sick = s.held('web')[1]!;
  s.set(sick.id, { status: 'restarting', healthySince: null });
  s.now += 1000;
  s.change('web', { restartedAt: s.now });
  const plan = s.step();
  assert.equal(s.held('web').find(({ id }) => id === sick.id)!.nudge, s.now);
  assert.match(plan.changes.find((c) => c.slot === 0)!.reason, /is restarted as asked/);
  const before = s
    .held('web')
    .filter(({ goal }) => goal !== 'leave')
    .map(({ id }) => id);
  s.settle();
  const after = s.held('web').map(({ id }) => id);
  assert.ok(after.includes(sick.id) && before.filter((id) => after.includes(id)).length === 2);
  assert.is(after.length, 3);
});

test('an escalated slot moves at once, later after 30 s, doubling; where none fits it stays, until one does', () => {
  const s = begin(3);
  s.deploy(web({ placement: { scale: 1 } }));
  s.settle();
  const fail = (): void => {
    const [run] = s.held('web', 'run');
    s.set(run!.id, { status: 'restarting', healthySince: null, escalated: { launch: 4, deaths: 4 } });
  };
  const first = s.held('web', 'run')[0]!;
  fail();
  let plan = s.step();
  assert.equal(what(plan), ['0 move']);
  assert.match(plan.changes[0]!.reason, /ended 4 times on host-n1 and moves, to host-n2/);
  assert.equal(s.apps.get('web')!.slots.get(0)!.moves, { count: 1, lastAt: s.now, from: 'n1' });
  assert.equal(
    s
      .held('web')
      .map(({ goal }) => goal)
      .sort(),
    ['run', 'stop'],
  );
  s.finishStops();
  fail();
  plan = s.step();
  assert.equal(what(plan), ['0 keep']);
  assert.match(plan.changes[0]!.reason, /it has moved once already; the next move is due in 30 s/);
  assert.is(plan.wakeAt, s.now + 30_000);
  assert.ok(isSettled(s.plan()), 'stay is answered once');
  s.now += 30_000;
  plan = s.step();
  assert.equal(what(plan), ['0 move']);
  assert.is(s.held('web', 'run')[0]!.node, 'n3', 'not where it failed before');
  s.finishStops();
  fail();
  s.step();
  assert.is(s.plan().wakeAt, s.now + 60_000);
  s.setStatus('n1', 'cordoned');
  s.setStatus('n2', 'cordoned');
  s.now += 60_000;
  assert.ok(isSettled(s.plan()));
  s.setStatus('n1', 'ready');
  assert.equal(what(s.step()), ['0 move'], 'as soon as a node fits');
  assert.is.not(s.held('web', 'run')[0]!.id, first.id);
});

test('where there is only one node the answer is stay, once', () => {
  const s = begin(1);
  s.deploy(web({ placement: { scale: 1 } }));
  s.settle();
  s.set(s.held('web')[0]!.id, { status: 'restarting', healthySince: null, escalated: { launch: 7, deaths: 4 } });
  assert.match(s.step().changes[0]!.reason, /ended 4 times and goes on in place on host-n1: no other node fits/);
  assert.equal(s.held('web')[0]!.onFull, { stay: 7 });
  assert.ok(isSettled(s.plan()));
});

test('a draining node is left start-first, one at a time; nothing moves back by itself', () => {
  const s = begin();
  s.deploy(web({ placement: { scale: 6 } }));
  s.settle();
  s.setStatus('n1', 'draining');
  const plan = s.step();
  assert.equal(what(plan), ['0 move']);
  assert.match(plan.changes[0]!.reason, /^host-n1 is drained: web\.0\.\w+ is replaced, to host-/);
  assert.is(s.held('web', 'leave').length, 1);
  s.settle();
  assert.equal(s.perNode('web'), { n2: 3, n3: 3 });
  s.setStatus('n1', 'ready');
  assert.ok(isSettled(s.plan()), 'a healthy instance is never moved unasked');
});

test('what waits for an instance to be healthy for long enough looks again then', () => {
  const s = begin();
  s.deploy(web({ placement: { scale: 2 } }));
  s.settle();
  s.setStatus('n1', 'draining');
  s.set(s.held('web').find(({ node }) => node === 'n2')!.id, { healthySince: s.now });
  const plan = s.plan();
  assert.ok(isSettled(plan));
  assert.is(plan.wakeAt, s.now + 10_000);
  s.now += 10_000;
  assert.equal(what(s.step()), ['0 move']);
});

test('an instance that falls ill long after the last update makes no update late', () => {
  const s = begin();
  s.deploy(web());
  s.settle();
  s.now += 86_400_000;
  s.set(s.held('web')[0]!.id, { status: 'restarting', healthySince: null });
  assert.equal(s.plan().late, []);
});

test('what finds no other node stays on a draining one and says why, until the deadline', () => {
  const s = begin(1);
  s.deploy(web({ placement: { scale: 1 } }));
  s.deploy({ name: 'job', type: 'batch' });
  s.settle();
  s.setStatus('n1', 'draining');
  s.drainDeadlines.set('n1', s.now + 60_000);
  let plan = s.step();
  assert.is(plan.changes.length, 0);
  assert.match(
    plan.waiting.find((w) => w.app === 'web')!.reason,
    /cannot leave host-n1: none of 1 node takes work: host-n1 is draining/,
  );
  assert.is(plan.wakeAt, s.now + 60_000);
  s.now += 60_000;
  plan = s.step();
  assert.equal(
    plan.changes.map((c) => `${c.app} ${c.what}`),
    ['job stop', 'web stop'],
  );
});

test('nothing is placed onto cordoned nodes, and what is there stays', () => {
  const s = begin(2);
  s.deploy(web({ placement: { scale: 4 } }));
  s.settle();
  s.setStatus('n1', 'cordoned');
  assert.ok(isSettled(s.plan()));
  s.change('web', { scale: 6 });
  s.settle();
  assert.equal(s.perNode('web'), { n1: 2, n2: 4 });
});

test('on a drained node an app of type system stays until everything else has left, or the time is up', () => {
  for (const overdue of [false, true]) {
    const s = new Simulation();
    for (const id of ['n1', 'n2']) s.node(id, { tags: id === 'n1' ? ['home'] : [] });
    s.deploy({ name: 'every', type: 'system' });
    s.deploy({ name: 'web' });
    s.deploy({ name: 'fixed', placement: { query: 'tags:home' } });
    s.settle();
    s.setStatus('n1', 'draining');
    s.settle();
    assert.equal([s.perNode('every'), s.perNode('web'), s.perNode('fixed')], [{ n1: 1, n2: 1 }, { n2: 1 }, { n1: 1 }]);
    if (overdue) {
      s.drainDeadlines.set('n1', s.now);
      s.settle();
      assert.equal([s.perNode('every'), s.perNode('fixed')], [{ n2: 1 }, {}]);
      assert.match(s.plan().waiting[0]!.reason, 'tags:home');
    } else {
      s.deploy({ name: 'fixed' });
      s.settle();
      assert.equal([s.perNode('every'), s.perNode('fixed')], [{ n2: 1 }, { n2: 1 }]);
    }
  }
});

test('what came back with a lost node and has no place yet holds it, too: system apps stay', () => {
  const s = new Simulation();
  for (const id of ['n1', 'n2']) s.node(id, { tags: id === 'n1' ? ['home'] : [] });
  s.deploy({ name: 'every', type: 'system' });
  s.deploy({ name: 'fixed', placement: { query: 'tags:home' } });
  s.settle();
  s.setStatus('n1', 'lost');
  s.settle();
  assert.equal(s.perNode('fixed'), {}, 'it gave up its place');
  s.setStatus('n1', 'draining');
  for (let plans = 0; plans < 5; plans++) {
    s.step();
    assert.equal(s.perNode('every'), { n1: 1, n2: 1 });
  }
  assert.equal(s.perNode('fixed'), { n1: 1 }, 'and has it again');
});

test('scaled down in the middle of an update, what is updated stays and what is not goes', () => {
  const simulation = new Simulation();
  for (const id of ['n1', 'n2', 'n3']) simulation.node(id);
  simulation.deploy({ name: 'web', placement: { scale: 6 } });
  simulation.settle();
  simulation.deploy({ name: 'web', args: ['2'], placement: { scale: 6 } });
  for (let slot = 0; slot < 2; slot += 1) {
    simulation.step();
    simulation.becomeHealthy();
    simulation.now += 10_000;
    simulation.step();
    simulation.finishStops();
  }
  const done = simulation.held('web').filter(({ revision }) => revision === 2);
  assert.equal(
    done.map(({ slot }) => slot),
    [0, 1],
  );
  simulation.change('web', { scale: 2 });
  simulation.settle();
  assert.equal([...simulation.apps.get('web')!.slots.keys()].sort(), [0, 1]);
  assert.equal(
    simulation
      .held('web')
      .map(({ id }) => id)
      .sort(),
    done.map(({ id }) => id).sort(),
    'what was updated runs on',
  );
});

/** Steps until nothing changes; at no moment does a node hold two that run of one slot. */
function neverTwoOf(s: Simulation, meanwhile: () => void): void {
  for (let i = 0; i < 60; i += 1) {
    const plan = s.step();
    for (const { id, slot } of s.held('web', 'run')) {
      const beside = [...s.running.values()].filter(
        ({ assignment, status }) => assignment.slot === slot && assignment.id !== id && status !== 'stopped',
      );
      assert.equal(beside, [], `slot ${slot} has another one`);
    }
    meanwhile();
    if (isSettled(plan) && isSettled(s.plan())) return;
  }
  throw new Error('the cluster does not settle');
}

test('with stop-self, auto never runs two of a slot: updates, restarts, drains, moves; start-first by name does', () => {
  const once = { placement: { scale: 2, onPartition: 'stop-self' } };
  const s = begin();
  const settle = (): void =>
    neverTwoOf(s, () => {
      s.becomeHealthy();
      s.finishStops();
      s.now += 11_000;
    });
  s.deploy(web(once));
  settle();
  s.deploy(web({ ...once, args: ['2'] }));
  assert.match(s.plan().changes[0]!.reason, /revision 2 is in force; it stops first$/);
  settle();
  assert.equal(revisions(s), [2, 2]);
  s.change('web', { restartedAt: s.now });
  settle();
  const node = s.held('web')[0]!.node;
  s.setStatus(node, 'draining');
  const plan = s.step();
  assert.equal(what(plan), ['0 move']);
  assert.match(plan.changes[0]!.reason, /is drained: web\.0\.\w+ is replaced; it stops first$/);
  assert.equal(
    s
      .held('web')
      .filter(({ slot }) => slot === 0)
      .map(({ goal }) => goal),
    ['stop'],
  );
  settle();
  assert.is(s.perNode('web')[node], undefined);
  assert.is(s.held('web', 'run').length, 2);
  s.setStatus(node, 'ready');
  s.set(s.held('web')[0]!.id, { status: 'restarting', healthySince: null, escalated: { launch: 4, deaths: 4 } });
  const from = s.held('web')[0]!.node;
  assert.match(s.step().changes[0]!.reason, /ended 4 times on host-\w+ and moves; it stops first$/);
  settle();
  assert.is.not(s.held('web', 'run').find(({ slot }) => slot === 0)!.node, from);

  s.deploy(web({ ...once, args: ['3'], update: { order: 'start-first' } }));
  s.step();
  assert.is(s.held('web', 'leave').length, 1, 'asked for by name');
});

test('a drain of what stops first leaves it where no other node fits', () => {
  const s = begin(1);
  s.deploy(web({ placement: { scale: 1, onPartition: 'stop-self' } }));
  s.settle();
  s.setStatus('n1', 'draining');
  const plan = s.step();
  assert.is(plan.changes.length, 0);
  assert.match(plan.waiting[0]!.reason, /cannot leave host-n1/);
});

test.run();

// Lost nodes and what comes back with them: tombstones, onPartition, the brake.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSettled } from '../../../src/placement/snapshot.ts';
import { Simulation } from '../simulation.ts';

function running(onPartition = 'replace', scale = 1, nodes = 3): Simulation {
  const s = new Simulation();
  for (let n = 1; n <= nodes; n += 1) s.node(`n${n}`);
  s.deploy({ name: 'web', killTimeoutSeconds: 10, placement: { scale, onPartition } });
  s.settle();
  return s;
}

test('a lost node is replaced at once, in the other place, with a tombstone that does not stop it yet', () => {
  const s = running();
  const [old] = s.held('web');
  s.setStatus('n1', 'suspect');
  assert.ok(isSettled(s.plan()), 'suspect is not lost');
  s.setStatus('n1', 'lost');
  const plan = s.step();
  assert.equal(
    plan.changes[0]!.bury.map(({ id, goal }) => ({ id, goal })),
    [{ id: old!.id, goal: 'leave' }],
  );
  const [fresh] = s.held('web');
  assert.is(fresh!.place, 'b');
  assert.is.not(fresh!.node, 'n1');
  assert.ok(fresh!.epoch > old!.epoch);
});

test('replace: the replacement was ready, so what returns stops', () => {
  const s = running();
  const [old] = s.held('web');
  s.setStatus('n1', 'lost');
  s.step();
  s.becomeHealthy();
  s.step();
  assert.is(s.tombstones.get(old!.id)!.assignment.goal, 'stop', 'decided before it returns');
  s.setStatus('n1', 'ready');
  s.deliver();
  s.settle();
  assert.is(s.tombstones.size, 0);
  assert.is(s.running.size, 1);
  assert.is.not(s.held('web')[0]!.id, old!.id);
});

test('replace: the replacement was never ready, so the older stays', () => {
  const s = running();
  const [old] = s.held('web');
  s.setStatus('n1', 'lost');
  s.step();
  const [fresh] = s.held('web');
  s.setStatus('n1', 'ready');
  s.deliver();
  const plan = s.step();
  assert.match(
    plan.changes[0]!.reason,
    new RegExp(`host-n1 is back with ${old!.id}, which stays; ${fresh!.id} had not been ready yet and stops`),
  );
  assert.equal(
    s.held('web', 'run').map(({ id, place }) => ({ id, place })),
    [{ id: old!.id, place: 'a' }],
  );
  assert.equal(
    s.held('web', 'stop').map(({ id }) => id),
    [fresh!.id],
  );
  s.settle();
  assert.equal([...s.running.keys()], [old!.id]);
});

test('what ended while its node was away gives nothing back', () => {
  const s = running();
  const [old] = s.held('web');
  s.setStatus('n1', 'lost');
  s.step();
  s.running.get(old!.id)!.status = 'failed';
  s.setStatus('n1', 'ready');
  s.deliver();
  s.settle();
  assert.is(s.tombstones.size, 0);
  assert.is.not(s.held('web')[0]!.id, old!.id);
});

test('what had ended for good is neither waited for nor done again when its node is lost', () => {
  for (const [status, policy] of [
    ['stopped', 'always'],
    ['failed', 'never'],
  ] as const) {
    for (const onPartition of ['wait', 'replace', 'stop-self']) {
      const s = new Simulation();
      for (const node of ['n1', 'n2']) s.node(node);
      s.deploy({ name: 'job', type: 'batch', restart: { policy }, placement: { onPartition } });
      s.settle();
      const [held] = s.held('job');
      s.running.get(held!.id)!.status = status;
      s.report();
      s.setStatus(held!.node, 'lost');
      const plan = s.plan();
      assert.ok(isSettled(plan), `${status} ${onPartition}: ${JSON.stringify(plan.waiting)}`);
      assert.equal(plan.waiting, []);
    }
  }
});

test('scaled down, stopped or deleted while a node was away: what returns stops', () => {
  for (const change of [{ scale: 0 }, { start: false }, { deleting: true, start: false }]) {
    const s = running();
    s.setStatus('n1', 'lost');
    s.step();
    s.change('web', change);
    s.step();
    s.step();
    assert.ok(
      [...s.tombstones.values()].every(({ assignment }) => assignment.goal === 'stop'),
      JSON.stringify(change),
    );
    if (change.deleting) continue;
    s.setStatus('n1', 'ready');
    s.deliver();
    s.settle();
    assert.is(s.running.size, 0);
  }
});

test('wait: the slot waits for its node', () => {
  const s = running('wait');
  s.setStatus('n1', 'lost');
  const plan = s.plan();
  assert.ok(isSettled(plan));
  assert.is(plan.waiting[0]!.reason, 'host-n1 is lost, and placement.onPartition is "wait": it waits for its node');
  s.change('web', { start: false });
  s.step();
  assert.equal(
    [...s.tombstones.values()].map(({ assignment }) => assignment.goal),
    ['stop'],
  );
});

test('stop-self: replaced only once the node has stopped it itself', () => {
  const s = running('stop-self');
  s.setStatus('n1', 'lost');
  s.now = s.nodes.get('n1')!.beatAt + 30_000;
  const plan = s.plan();
  assert.ok(isSettled(plan));
  assert.is(plan.wakeAt, s.nodes.get('n1')!.beatAt + 35_000);
  s.now = plan.wakeAt!;
  assert.is(s.step().changes.length, 1);
});

test('the brake: nothing is replaced while too many nodes are gone at once', () => {
  const s = running('replace', 3);
  s.setStatus('n1', 'lost');
  s.setStatus('n2', 'lost');
  s.frozenUntil = s.now + 300_000;
  const plan = s.plan();
  assert.ok(isSettled(plan));
  assert.is(plan.waiting.length, 2);
  assert.is(plan.waiting[0]!.code, 'frozen');
  assert.is(plan.wakeAt, s.now + 300_000);
  s.now += 300_000;
  s.step();
  assert.equal(s.perNode('web'), { n3: 3 });
});

test('the replacement of an update is lost with its node: the old one stays and is replaced again', () => {
  const s = running();
  s.deploy({ name: 'web', args: ['2'], placement: { scale: 1 } });
  s.step();
  const fresh = s.held('web', 'run')[0]!;
  s.setStatus(fresh.node, 'lost');
  const plan = s.step();
  assert.match(plan.changes[0]!.reason, /is lost: web\.0\.\w+ gave up its place; web\.0\.\w+ stays/);
  assert.is(s.held('web', 'run').filter(({ revision }) => revision === 1).length + s.held('web', 'leave').length, 1);
  s.settle();
  assert.equal(
    s.held('web').map(({ revision }) => revision),
    [2],
  );
});

test('a deleted node needs no tombstone', () => {
  const s = running();
  s.nodes.delete('n1');
  const plan = s.step();
  assert.equal(plan.changes[0]!.bury, []);
  assert.match(plan.changes[0]!.reason, /n1 is deleted/);
  assert.is(s.held('web', 'run').length, 1);
});

test('a place that a tombstone names is not used on that node again', () => {
  const s = running('replace', 1, 2);
  const [old] = s.held('web');
  s.setStatus('n1', 'lost');
  s.step(); // to n2, place b
  s.becomeHealthy();
  s.now += 11_000;
  s.step(); // what is on n1 is to stop
  // n1 is back and has not stopped it yet; n2 is drained, so that place a, on n1, would be the only choice.
  s.setStatus('n1', 'ready');
  s.setStatus('n2', 'draining');
  const plan = s.plan();
  assert.is(old!.place, 'a');
  assert.equal([plan.changes.length, plan.waiting.map(({ code }) => code)], [0, ['drain']]);
  s.deliver();
  s.finishStops();
  assert.is(s.step().changes.length, 1, 'as soon as its tree is empty');
  assert.equal(
    s.held('web', 'run').map(({ node, place }) => `${node} ${place}`),
    ['n1 a'],
  );
});

test('partition, then a new version: one instance is left, of the new version', () => {
  const s = running('replace', 2);
  s.setStatus('n1', 'lost');
  s.step();
  s.deploy({ name: 'web', args: ['2'], placement: { scale: 2 } });
  s.settle();
  s.setStatus('n1', 'ready');
  s.deliver();
  s.settle();
  assert.equal(
    s.held('web').map(({ revision, goal }) => `${revision} ${goal}`),
    ['2 run', '2 run'],
  );
  assert.is(s.running.size, 2);
});

test('with stop-self, what comes back to a slot that has a replacement stops, ready or not: never two', () => {
  const s = new Simulation();
  s.node('n1');
  s.node('n2');
  s.deploy({ name: 'web', placement: { scale: 1, onPartition: 'stop-self' } });
  s.settle();
  const [old] = s.held('web');
  s.setStatus(old!.node, 'lost');
  s.now += s.settings.stopSelfMs + 1;
  s.step();
  const [instead] = s.held('web', 'run');
  assert.is.not(instead!.id, old!.id);
  s.setStatus(old!.node, 'ready');
  s.report();
  s.step();
  assert.is(s.tombstones.get(old!.id)!.assignment.goal, 'stop');
  assert.equal(
    s.held('web').map(({ id, goal }) => [id, goal]),
    [[instead!.id, 'run']],
  );
});

test.run();

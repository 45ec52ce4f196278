// Random clusters and random sequences of what may happen to them.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { place } from '../../src/placement/place.ts';
import { isSettled } from '../../src/placement/snapshot.ts';
import type { Plan, Snapshot } from '../../src/placement/snapshot.ts';
import { checkPlaces, checkRecords, checkRoom } from './invariants.ts';
import { Simulation } from './simulation.ts';
import { runs } from '../support/runs.ts';

// The same cases in every run, so that a red test is a change's doing; SEED=$RANDOM looks for new ones.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20261122) });

type Happening =
  | {
      kind: 'deploy';
      app: number;
      scale: number;
      mem: number;
      port: boolean;
      query: string;
      args: number;
      order: string;
      maxPerNode: number | null;
      type: string;
    }
  | { kind: 'scale'; app: number; scale: number }
  | { kind: 'stop' | 'start' | 'delete' | 'restart'; app: number }
  | { kind: 'node'; node: number; status: 'ready' | 'cordoned' | 'draining' | 'suspect' | 'lost' }
  | { kind: 'forget'; node: number }
  | { kind: 'healthy' | 'stopsDone' | 'time' }
  | { kind: 'crash' | 'escalate' | 'sick' | 'done' | 'again'; instance: number };

const apps = 3;
const nodes = 4;
const app = fc.nat(apps - 1);
const node = fc.nat(nodes - 1);
const instance = fc.nat(30);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('deploy' as const),
      app,
      scale: fc.nat(5),
      mem: fc.constantFrom(0, 1, 4, 9),
      port: fc.boolean(),
      query: fc.constantFrom('*', 'tags:ssd', 'hostname:host-n1'),
      args: fc.nat(2),
      order: fc.constantFrom('auto', 'start-first', 'stop-first'),
      maxPerNode: fc.constantFrom(null, 1, 2),
      type: fc.constantFrom('service', 'service', 'batch', 'system'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('scale' as const), app, scale: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('stop' as const, 'start' as const, 'delete' as const, 'restart' as const),
      app,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('node' as const),
      node,
      status: fc.constantFrom(
        'ready' as const,
        'ready' as const,
        'cordoned' as const,
        'draining' as const,
        'suspect' as const,
        'lost' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), node }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('healthy' as const, 'stopsDone' as const, 'time' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('crash' as const, 'escalate' as const, 'sick' as const, 'done' as const, 'again' as const),
      instance,
    }),
  },
);

function begin(): Simulation {
  const simulation = new Simulation();
  for (let n = 0; n < nodes; n += 1) simulation.node(`n${n}`, { tags: n % 2 ? ['ssd'] : [], mem: 16 * 1024 ** 3 });
  return simulation;
}

function happen(simulation: Simulation, what: Happening): void {
  const name = 'app' in what ? `app${what.app}` : '';
  const ids = [...simulation.running.keys()]
    .filter((id) => simulation.running.get(id)!.assignment.goal !== 'stop')
    .sort();
  const id = 'instance' in what ? ids[what.instance % Math.max(1, ids.length)] : undefined;
  const ended = id !== undefined && simulation.running.get(id)!.status === 'stopped';
  switch (what.kind) {
    case 'deploy':
      if (simulation.apps.get(name)?.record.deleting) return;
      simulation.deploy({
        name,
        args: [what.args],
        type: what.type,
        ports: [what.port ? 8080 : 0],
        resAlloc: what.mem > 0 ? { mem: `${what.mem}GB`, cpus: 0.5 } : null,
        placement: { scale: what.scale, query: what.query, maxPerNode: what.maxPerNode },
        update: { order: what.order },
      });
      return;
    case 'scale':
      if (simulation.apps.has(name)) simulation.change(name, { scale: what.scale });
      return;
    case 'start':
    case 'stop':
      if (simulation.apps.has(name) && !simulation.apps.get(name)!.record.deleting)
        simulation.change(name, { start: what.kind === 'start' });
      return;
    case 'restart':
      if (simulation.apps.has(name)) simulation.change(name, { restartedAt: simulation.now });
      return;
    case 'delete':
      if (simulation.apps.has(name)) simulation.change(name, { deleting: true, start: false });
      return;
    case 'node':
      if (!simulation.nodes.has(`n${what.node}`))
        simulation.node(`n${what.node}`, { tags: what.node % 2 ? ['ssd'] : [] });
      simulation.setStatus(`n${what.node}`, what.status);
      simulation.deliver();
      return;
    case 'forget': {
      const id2 = `n${what.node}`;
      if (simulation.nodes.get(id2)?.status !== 'lost') return;
      simulation.nodes.delete(id2);
      for (const [known, { assignment }] of simulation.running)
        if (assignment.node === id2) {
          simulation.running.delete(known);
          simulation.seen.delete(known);
        }
      for (const stone of simulation.tombstones.values())
        if (stone.node === id2) simulation.tombstones.delete(stone.id);
      return;
    }
    case 'healthy':
      simulation.becomeHealthy();
      return;
    case 'stopsDone':
      simulation.finishStops();
      return;
    case 'time':
      simulation.now += 15_000;
      return;
    case 'crash':
      if (id && !ended) simulation.set(id, { status: 'restarting', healthySince: null });
      return;
    case 'sick':
      if (id && !ended) simulation.set(id, { status: 'running', healthySince: null });
      return;
    case 'escalate':
      if (id && !ended)
        simulation.set(id, { status: 'restarting', healthySince: null, escalated: { launch: 4, deaths: 4 } });
      return;
    case 'done':
      if (id) simulation.set(id, { status: 'stopped', healthySince: null });
      return;
    // An operator starts again what had ended its work: it takes up what it had given back, whatever was placed there meanwhile.
    case 'again':
      if (id && ended) simulation.set(id, { status: 'starting', healthySince: null });
      return;
  }
}

/** One step, with everything checked. */
function checkedStep(simulation: Simulation): Plan {
  const plan = simulation.plan();
  checkRoom(simulation, plan);
  simulation.commit(plan);
  checkRecords(simulation);
  checkPlaces(simulation);
  return plan;
}

const sequences = fc.array(happening, { maxLength: 40 });

test('whatever happens, a slot has one instance that is not leaving, and no node gives away more than it has', () => {
  fc.assert(
    fc.property(sequences, (happenings) => {
      const simulation = begin();
      for (const what of happenings) {
        happen(simulation, what);
        checkedStep(simulation);
      }
    }),
    { numRuns: runs(160) },
  );
});

test('placing again after committing changes nothing', () => {
  fc.assert(
    fc.property(sequences, (happenings) => {
      const simulation = begin();
      for (const what of happenings) {
        happen(simulation, what);
        let steps = 0;
        // A commit may open the way for a next step (a tombstone that is no longer needed), but never for ever.
        while (!isSettled(checkedStep(simulation)))
          if ((steps += 1) > 20) throw new Error(`not settled: ${JSON.stringify(simulation.plan().changes)}`);
      }
    }),
    { numRuns: runs(120) },
  );
});

test('when nodes are well and time passes, the cluster becomes what is wanted, evenly', () => {
  fc.assert(
    fc.property(sequences, (happenings) => {
      const simulation = begin();
      for (const what of happenings) {
        happen(simulation, what);
        checkedStep(simulation);
      }
      for (let n = 0; n < nodes; n += 1) happen(simulation, { kind: 'node', node: n, status: 'ready' });
      for (const [, running] of simulation.running) if (running.status === 'restarting') running.escalated = null;
      simulation.settle();
      checkRecords(simulation);
      const waiting = new Set(simulation.plan().waiting.map((w) => w.app));
      for (const [name, { record, revisions }] of simulation.apps) {
        const spec = revisions.get(record.revision)!;
        const held = simulation.held(name, 'run');
        const matching = [...simulation.nodes.values()].filter(
          (view) =>
            spec.placement.query === '*' ||
            (spec.placement.query === 'tags:ssd' ? view.tags.includes('ssd') : view.id === 'n1'),
        );
        const wanted = !record.start ? 0 : spec.type === 'system' ? matching.length : record.scale;
        if (waiting.has(name)) assert.ok(held.length <= wanted, name);
        else assert.is(held.length, wanted, `${name} has what is wanted`);
        // What ended with its work done is replaced by nothing; everything else is what is in force.
        for (const h of held)
          assert.is(h.revision, waiting.has(name) ? h.revision : record.revision, `${h.id} is up to date`);
        assert.is(simulation.held(name).length, held.length, `${name}: nothing is left leaving`);
      }
    }),
    { numRuns: runs(80) },
  );
});

test('what ended and was started again holds its port beside the one placed since; what comes next is placed around both', () => {
  const simulation = begin();
  const deploy = (scale: number, port: boolean, query: string): void => {
    happen(simulation, {
      kind: 'deploy',
      app: 0,
      scale,
      mem: 0,
      port,
      query,
      args: 0,
      order: 'auto',
      maxPerNode: null,
      type: 'service',
    });
    checkedStep(simulation);
  };
  deploy(2, true, 'hostname:host-n1');
  for (const kind of ['done', 'again'] as const) {
    happen(simulation, { kind, instance: 0 });
    checkedStep(simulation);
  }
  assert.equal(simulation.perNode('app0'), { n1: 2 }, 'both are there, of which one cannot have its port');
  deploy(3, false, 'tags:ssd');
  simulation.settle();
  assert.equal(Object.values(simulation.perNode('app0')).sort(), [1, 2]);
  assert.ok(simulation.held('app0').every(({ goal, revision }) => goal === 'run' && revision === 2));
});

test('the same snapshot gives the same plan, in whatever order its lists are', () => {
  fc.assert(
    fc.property(sequences, fc.infiniteStream(fc.nat()), (happenings, chances) => {
      const simulation = begin();
      const shuffle = <T>(list: readonly T[]): T[] =>
        list
          .map((item) => ({ item, chance: chances.next().value as number }))
          .sort((x, y) => x.chance - y.chance)
          .map(({ item }) => item);
      for (const what of happenings) {
        happen(simulation, what);
        const snapshot = simulation.snapshot();
        const mixed: Snapshot = {
          ...snapshot,
          nodes: shuffle(snapshot.nodes),
          apps: shuffle(snapshot.apps).map((a) => ({
            ...a,
            slots: shuffle(a.slots),
            tombstones: shuffle(a.tombstones),
            seen: new Map(shuffle([...a.seen])),
          })),
        };
        const before = JSON.stringify(snapshot);
        const plan = place(snapshot);
        assert.is(JSON.stringify(snapshot), before, 'the snapshot is left as it was');
        assert.equal(place(mixed), plan);
        simulation.commit(plan);
      }
    }),
    { numRuns: runs(40) },
  );
});

test('an update never goes below what has to stay healthy', () => {
  const update = fc.record({
    order: fc.constantFrom('auto', 'start-first', 'stop-first'),
    maxSurge: fc.integer({ min: 1, max: 3 }),
    maxUnavailable: fc.nat(3),
    scale: fc.integer({ min: 1, max: 8 }),
    port: fc.boolean(),
    mem: fc.constantFrom(0, 3, 7),
    sick: fc.array(fc.nat(7), { maxLength: 2 }),
    fails: fc.boolean(),
  });
  fc.assert(
    fc.property(update, ({ order, maxSurge, maxUnavailable, scale, port, mem, sick, fails }) => {
      const simulation = begin();
      const spec = (args: string[]): Record<string, unknown> => ({
        name: 'web',
        args,
        ports: [port ? 8080 : 0],
        resAlloc: mem ? { mem: `${mem}GB` } : null,
        placement: { scale },
        update: { order, maxSurge, maxUnavailable },
      });
      simulation.deploy(spec(['1']));
      simulation.settle();
      const before = simulation.held('web', 'run');
      for (const index of sick) {
        const id = before[index % Math.max(1, before.length)]?.id;
        if (id) simulation.set(id, { status: 'running', healthySince: null });
      }
      const healthyNow = (): number =>
        [...simulation.apps.get('web')!.slots.values()].filter(({ a, b }) =>
          [a, b].some((h) => h && h.goal !== 'stop' && simulation.seen.get(h.id)?.healthySince != null),
        ).length;
      const least = healthyNow() - Math.max(1, maxUnavailable);
      const surge = Math.max(1, maxSurge, maxUnavailable, healthyNow() === 0 ? scale : 0);
      simulation.deploy(spec(['2']));
      for (let i = 0; i < 60; i += 1) {
        checkedStep(simulation);
        const now = healthyNow();
        assert.ok(now >= least, `${now} healthy, ${least} have to be`);
        if (order === 'start-first' && !port && mem < 7)
          assert.ok(now >= least + Math.max(1, maxUnavailable), 'start-first loses none');
        const extra = simulation.held('web').filter((h) => h.goal !== 'stop').length - before.length;
        assert.ok(extra <= surge, `${extra} more than wanted`);
        // A new revision that does not become healthy goes no further than one batch.
        simulation.becomeHealthy(
          (id) =>
            !fails ||
            before.some((h) => h.id === id && !sick.some((index) => before[index % before.length]!.id === id)),
        );
        simulation.finishStops();
        simulation.now += 5_000;
      }
      const outdated = simulation.held('web', 'run').filter((h) => h.revision === 1).length;
      if (fails && healthyNow() > 0)
        assert.ok(
          before.length - outdated <= Math.max(maxSurge, maxUnavailable, 1),
          'a bad revision stays within one batch',
        );
      if (!fails && simulation.plan().waiting.length === 0) assert.is(outdated, 0, 'a good revision comes to an end');
    }),
    { numRuns: runs(80) },
  );
});

test('scaling down takes away exactly the surplus, and leaves the rest alone', () => {
  fc.assert(
    fc.property(fc.nat(12), fc.nat(12), fc.array(fc.nat(11), { maxLength: 4 }), (from, to, sick) => {
      const simulation = begin();
      simulation.deploy({ name: 'web', placement: { scale: from } });
      simulation.settle();
      const before = simulation.held('web', 'run');
      const ill = new Set(
        sick.map((index) => before[index % Math.max(1, before.length)]?.id).filter((id) => id !== undefined),
      );
      for (const id of ill) simulation.set(id, { status: 'running', healthySince: null });
      simulation.change('web', { scale: to });
      simulation.step();
      const stopping = simulation.held('web', 'stop');
      assert.is(stopping.length, Math.max(0, from - to));
      assert.is(simulation.held('web', 'run').length, to);
      const sickStopping = stopping.filter(({ id }) => ill.has(id)).length;
      assert.is(sickStopping, Math.min(ill.size, stopping.length), 'what is unhealthy goes first');
      for (const kept of before)
        if (!stopping.some(({ id }) => id === kept.id))
          assert.ok(
            simulation.held('web', 'run').some(({ id }) => id === kept.id),
            'the rest is the same',
          );
      if (ill.size === 0 && to > 0) {
        const counts = [...simulation.nodes.keys()].map((id) => simulation.perNode('web')[id] ?? 0);
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `balanced: ${counts.join(' ')}`);
      }
    }),
    { numRuns: runs(80) },
  );
});

test.run();

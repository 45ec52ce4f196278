// What must hold after every commit, whatever happened before.
import { demandOf } from '../../src/placement/choosing/demand.ts';
import { isMade } from '../../src/placement/snapshot.ts';
import type { Plan } from '../../src/placement/snapshot.ts';
import type { Simulation } from './simulation.ts';

const fail = (what: string): never => {
  throw new Error(what);
};

/** Records as they lie in the store: at most one of a slot is not leaving, places and epochs are right. */
export function checkRecords(simulation: Simulation): void {
  const ids = new Set<string>();
  const epochs = new Set<number>();
  for (const [name, app] of simulation.apps) {
    for (const [slot, record] of app.slots) {
      const held = [record.a, record.b].filter((h) => h !== null);
      if (held.filter((h) => h.goal === 'run').length > 1)
        fail(`${name}.${slot} has two instances that are not leaving`);
      if (record.a && record.a.place !== 'a') fail(`${name}.${slot}: place a holds ${record.a.place}`);
      if (record.b && record.b.place !== 'b') fail(`${name}.${slot}: place b holds ${record.b.place}`);
      for (const h of held) {
        if (ids.has(h.id) || epochs.has(h.epoch)) fail(`${h.id} or its epoch is there twice`);
        ids.add(h.id);
        epochs.add(h.epoch);
      }
    }
  }
  for (const { id } of simulation.tombstones.values()) if (ids.has(id)) fail(`${id} has a tombstone and a place`);
}

/** A slot and place is on a node at most once, tombstones included; no third instance of a slot runs anywhere that is linked. */
export function checkPlaces(simulation: Simulation): void {
  const seen = new Set<string>();
  const held = [
    ...[...simulation.apps.values()]
      .flatMap((app) => [...app.slots.values()].flatMap(({ a, b }) => [a, b]))
      .filter((h) => h !== null),
    ...[...simulation.tombstones.values()].map((t) => t.assignment),
  ];
  for (const h of held) {
    const key = `${h.node} ${h.app}.${h.slot} ${h.place}`;
    if (seen.has(key)) fail(`${key} is held twice`);
    seen.add(key);
  }
}

/** Nothing that a plan adds goes beyond what a node has, nor beyond maxPerNode, nor onto a node that takes no work or does not match. */
export function checkRoom(simulation: Simulation, plan: Plan): void {
  const added = plan.changes.flatMap((change) =>
    [change.a, change.b].filter((h) => h !== null && !isMade(h)).map((h) => ({ app: change.app, held: h! })),
  );
  const nodes = new Set(added.map(({ held }) => held.node));
  const use = new Map<string, { cpus: number; mem: number; disk: number; ports: number[] }>();
  const running = new Map<string, number>();
  const count = (name: string, held: { node: string; goal: string; revision: number; id?: string }): void => {
    const app = simulation.apps.get(name)!;
    if (held.goal === 'run') running.set(`${held.node} ${name}`, (running.get(`${held.node} ${name}`) ?? 0) + 1);
    const status = held.id === undefined ? undefined : simulation.seen.get(held.id)?.status;
    if (status === 'stopped' || status === 'failed') return; // nothing of it runs, and its agent has given it back
    const demand = demandOf(app.revisions.get(held.revision)!);
    const sum = use.get(held.node) ?? { cpus: 0, mem: 0, disk: 0, ports: [] };
    use.set(held.node, {
      cpus: sum.cpus + demand.cpus,
      mem: sum.mem + demand.mem,
      disk: sum.disk + demand.disk,
      ports: [...sum.ports, ...demand.ports],
    });
  };
  for (const [name, app] of simulation.apps) {
    for (const [slot, record] of app.slots) {
      const change = plan.changes.find((c) => c.app === name && c.slot === slot);
      for (const held of change ? [change.a, change.b] : [record.a, record.b]) if (held) count(name, held);
    }
    const begun = plan.changes.filter((change) => change.app === name && !app.slots.has(change.slot));
    for (const held of begun.flatMap((change) => [change.a, change.b])) if (held) count(name, held);
  }
  for (const { assignment } of simulation.tombstones.values())
    if (simulation.apps.has(assignment.app)) count(assignment.app, { ...assignment, goal: 'stop' });
  for (const node of nodes) {
    const view = simulation.nodes.get(node) ?? fail(`${node} does not exist`);
    const sum = use.get(node)!;
    // What an operator started again may hold more than is left: that is not the plan's doing, but nothing may be added to it.
    const more = added
      .filter(({ held }) => held.node === node)
      .map(({ app, held }) => demandOf(simulation.apps.get(app)!.revisions.get(held.revision)!));
    const over = (key: 'cpus' | 'mem' | 'disk'): boolean =>
      sum[key] > view.allocatable[key] + 1e-6 && more.some((demand) => demand[key] > 0);
    if (over('cpus') || over('mem') || over('disk')) fail(`${node} gives away more than it has`);
    if (more.some(({ ports }) => ports.some((port) => sum.ports.filter((other) => other === port).length > 1)))
      fail(`${node} has a fixed port twice`);
    if (view.status !== 'ready') fail(`${node} is ${view.status} and was given work`);
  }
  for (const { app: name, held } of added) {
    const { maxPerNode } = simulation.apps
      .get(name)!
      .revisions.get(simulation.apps.get(name)!.record.revision)!.placement;
    if (maxPerNode !== null && (running.get(`${held.node} ${name}`) ?? 0) > maxPerNode)
      fail(`${name} is on ${held.node} more than ${maxPerNode} times`);
  }
}

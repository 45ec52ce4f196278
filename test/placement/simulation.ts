// A cluster for tests of placement: nodes, apps, and what agents would report. Commits plans as the master does.
import { parseApp } from '../../src/model/app/app-schema.ts';
import type { AppSpec } from '../../src/model/app/app.ts';
import type { Assignment, SlotRecord, Tombstone } from '../../src/model/assignment.ts';
import type { InstanceStatus } from '../../src/model/instance/instance.ts';
import type { NodeStatus, NodeView } from '../../src/model/node.ts';
import { restartKey } from '../../src/model/app/restart-fields.ts';
import { place } from '../../src/placement/place.ts';
import { defaultSettings, isMade, isSettled } from '../../src/placement/snapshot.ts';
import type { NewAssignment, Plan, SeenInstance, Snapshot } from '../../src/placement/snapshot.ts';

const GiB = 1024 ** 3;

interface NodeWish {
  tags?: string[];
  cpus?: number;
  mem?: number;
  disk?: number;
  hostname?: string;
  status?: NodeStatus;
}

/** A node as the API gives it. */
function nodeView(id: string, wish: NodeWish = {}): NodeView {
  const { tags = [], cpus = 8, mem = 16 * GiB, disk = 100 * GiB, hostname = `host-${id}`, status = 'ready' } = wish;
  return {
    id,
    hostname,
    status,
    reason: null,
    tags,
    envs: {},
    agentAddress: `http://10.0.0.1:51025`,
    os: { name: 'Linux', version: '6.1', cpus, architecture: 'x86_64', distribution: 'Debian GNU/Linux 12' },
    hardware: { vendor: '', model: '', cpu: '' },
    memory: { total: mem, ram: mem },
    networks: [],
    disks: [],
    capabilities: { membership: 'session', limits: 'rlimits', rotation: 'copy-truncate' },
    isolation: { cgroup: 'none', enforced: [], not: [] },
    allocatable: { cpus, mem, disk },
    ports: [20000, 29999],
    version: '1',
    allocated: { cpus: 0, mem: 0, disk: 0, instances: 0 },
    load: null,
    beatAt: 0,
    link: 'websocket',
  };
}

/** A spec from a few keys. */
function specOf(app: Record<string, unknown>): AppSpec {
  const parsed = parseApp({ toProcess: 'sleep', ...app });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}

interface SimApp {
  record: Snapshot['apps'][number]['record'];
  revisions: Map<number, AppSpec>;
  slots: Map<number, SlotRecord>;
  held: Map<number, string>;
}

/** The one clock, the records of the hub, and the truth on the nodes. */
export class Simulation {
  now = 1_000_000;
  readonly nodes = new Map<string, NodeView>();
  readonly apps = new Map<string, SimApp>();
  readonly tombstones = new Map<string, Tombstone>();
  /** What each agent holds and would report, linked or not. */
  readonly running = new Map<
    string,
    {
      assignment: Assignment;
      status: InstanceStatus;
      healthySince: number | null;
      everReady: boolean;
      escalated: SeenInstance['escalated'];
      launch: number;
    }
  >();
  /** What the master was told last. */
  readonly seen = new Map<string, SeenInstance>();
  frozenUntil: number | null = null;
  settings = { ...defaultSettings };
  drainDeadlines = new Map<string, number>();
  #epoch = 0;

  node(id: string, wish: NodeWish = {}): void {
    this.nodes.set(id, { ...nodeView(id, wish), beatAt: this.now });
  }
  setStatus(id: string, status: NodeStatus): void {
    this.nodes.set(id, {
      ...this.nodes.get(id)!,
      status,
      beatAt: status === 'lost' || status === 'suspect' ? this.nodes.get(id)!.beatAt : this.now,
    });
  }

  deploy(app: Record<string, unknown>): void {
    const spec = specOf(app);
    const known = this.apps.get(spec.name);
    const revision = (known?.record.revision ?? 0) + 1;
    const record = {
      name: spec.name,
      revision,
      scale: spec.placement.scale,
      start: spec.start,
      deleting: false,
      restartedAt: known?.record.restartedAt ?? null,
      createdAt: this.now,
      updatedAt: this.now,
      term: 1,
    };
    if (known) {
      known.record = record;
      known.revisions.set(revision, spec);
    } else
      this.apps.set(spec.name, { record, revisions: new Map([[revision, spec]]), slots: new Map(), held: new Map() });
  }

  change(name: string, fields: Partial<SimApp['record']>): void {
    const app = this.apps.get(name)!;
    app.record = { ...app.record, ...fields };
  }

  snapshot(): Snapshot {
    return {
      now: this.now,
      nodes: [...this.nodes.values()],
      otherUse: new Map(),
      drainDeadlines: this.drainDeadlines,
      silentSince: new Map([...this.nodes.values()].map(({ id, beatAt }) => [id, beatAt])),
      frozenUntil: this.frozenUntil,
      settings: this.settings,
      apps: [...this.apps.values()].map(({ record, revisions, slots, held }) => {
        const spec = revisions.get(record.revision)!;
        const tombstones = [...this.tombstones.values()].filter((t) => t.assignment.app === record.name);
        const ids = [
          ...[...slots.values()]
            .flatMap(({ a, b }) => [a, b])
            .filter((h) => h !== null)
            .map((h) => h.id),
          ...tombstones.map((t) => t.id),
        ];
        return {
          record,
          spec,
          hash: restartKey(spec),
          older: new Map([...revisions].filter(([n]) => n !== record.revision)),
          slots: [...slots.values()],
          tombstones,
          held,
          seen: new Map(
            ids.flatMap((id) => {
              const seen = this.seen.get(id);
              return seen ? [[id, seen] as const] : [];
            }),
          ),
        };
      }),
    };
  }

  plan(): Plan {
    return place(this.snapshot());
  }

  /** Writes a plan as the master does, the agents hear of it at once. */
  commit(plan: Plan): void {
    for (const stone of plan.tombstones) this.tombstones.set(stone.id, stone);
    for (const change of plan.changes) {
      const app = this.apps.get(change.app)!;
      for (const assignment of change.bury)
        this.tombstones.set(assignment.id, {
          id: assignment.id,
          node: assignment.node,
          assignment,
          term: 1,
          at: this.now,
        });
      const made = (held: Assignment | NewAssignment | null): Assignment | null => {
        if (!held || isMade(held)) return held;
        this.#epoch += 1;
        return {
          ...held,
          id: `${change.app}.${change.slot}.${this.#epoch.toString(32).padStart(8, '0')}`,
          app: change.app,
          slot: change.slot,
          epoch: this.#epoch,
          owner: 'hub',
          onFull: null,
          at: this.now,
        };
      };
      const next: SlotRecord = {
        app: change.app,
        slot: change.slot,
        a: made(change.a),
        b: made(change.b),
        moves: change.moves,
        term: 1,
      };
      if (next.a || next.b || next.moves) app.slots.set(change.slot, next);
      else app.slots.delete(change.slot);
      for (const held of [next.a, next.b]) if (held) this.tombstones.delete(held.id);
    }
    this.deliver();
  }

  #assignments(): Assignment[] {
    const held = [...this.apps.values()]
      .flatMap((app) => [...app.slots.values()].flatMap(({ a, b }) => [a, b]))
      .filter((h) => h !== null);
    return [...held, ...[...this.tombstones.values()].map((t) => t.assignment)];
  }

  #linked(node: string): boolean {
    const status = this.nodes.get(node)?.status;
    return status !== undefined && status !== 'lost' && status !== 'suspect';
  }

  /** Agents that are linked take up what they are told, and report. Stops are done by `finishStops`. */
  deliver(): void {
    for (const assignment of this.#assignments()) {
      if (!this.#linked(assignment.node)) continue;
      const running = this.running.get(assignment.id);
      if (running) running.assignment = assignment;
      else
        this.running.set(assignment.id, {
          assignment,
          status: assignment.goal === 'stop' ? 'stopped' : 'starting',
          healthySince: null,
          everReady: false,
          escalated: null,
          launch: 1,
        });
    }
    this.report();
  }

  report(): void {
    for (const [id, { assignment, status, healthySince, everReady, escalated, launch }] of this.running) {
      if (this.#linked(assignment.node))
        this.seen.set(id, { id, node: assignment.node, status, launch, healthySince, everReady, escalated });
    }
  }

  /** Everything that starts on linked nodes becomes healthy now. */
  becomeHealthy(which: (id: string) => boolean = () => true): void {
    for (const [id, instance] of this.running) {
      if (
        instance.assignment.goal !== 'stop' &&
        this.#linked(instance.assignment.node) &&
        which(id) &&
        instance.healthySince === null &&
        instance.status !== 'failed' &&
        instance.status !== 'stopped'
      ) {
        Object.assign(instance, { status: 'running', healthySince: this.now, everReady: true, escalated: null });
      }
    }
    this.report();
  }

  set(
    id: string,
    fields: Partial<{
      status: InstanceStatus;
      healthySince: number | null;
      escalated: SeenInstance['escalated'];
      launch: number;
    }>,
  ): void {
    Object.assign(this.running.get(id)!, fields);
    this.report();
  }

  /** Agents end what is to stop, and the master frees the places. */
  finishStops(): void {
    for (const [id, { assignment }] of this.running) {
      if (assignment.goal !== 'stop' || !this.#linked(assignment.node)) continue;
      this.running.delete(id);
      this.seen.delete(id);
      if (this.tombstones.delete(id)) continue;
      const app = this.apps.get(assignment.app);
      const record = app?.slots.get(assignment.slot);
      if (!app || !record) continue;
      const next = { ...record, a: record.a?.id === id ? null : record.a, b: record.b?.id === id ? null : record.b };
      if (next.a || next.b || (next.moves && app.record.start && !app.record.deleting))
        app.slots.set(assignment.slot, next);
      else app.slots.delete(assignment.slot);
    }
    for (const app of this.apps.values())
      if (app.record.deleting && app.slots.size === 0) this.apps.delete(app.record.name);
  }

  /** Plans and commits once. */
  step(): Plan {
    const plan = this.plan();
    this.commit(plan);
    return plan;
  }

  /** Plans, commits, lets agents do it and time pass, until nothing changes any more. */
  settle(most = 200): Plan {
    for (let i = 0; i < most; i += 1) {
      const plan = this.step();
      this.becomeHealthy();
      this.finishStops();
      this.now += 11_000;
      for (const node of this.nodes.values()) if (this.#linked(node.id)) node.beatAt = this.now;
      if (isSettled(plan) && isSettled(this.plan())) return plan;
    }
    throw new Error('the cluster does not settle');
  }

  /** Assignments in force of an app, by goal. */
  held(name: string, goal?: Assignment['goal']): Assignment[] {
    const all = [...(this.apps.get(name)?.slots.values() ?? [])]
      .flatMap(({ a, b }) => [a, b])
      .filter((h) => h !== null);
    return goal ? all.filter((h) => h.goal === goal) : all;
  }

  /** Instances that are not leaving by node id, sorted. */
  perNode(name: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { node } of this.held(name, 'run')) counts[node] = (counts[node] ?? 0) + 1;
    return Object.fromEntries(Object.entries(counts).sort());
  }
}
